//! How an account stands: what the index alone says about its token.

use serde::Serialize;

use super::SignIn;
use crate::token_set::margin;
use keyfob_base::timestamp::Timestamp;

/// What the index alone says about an account's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Status {
    /// Good, and not about to end
    Valid,
    /// Good but about to end; the next use gets a new one
    Expiring,
    /// Over; the next use gets a new one
    Expired,
    /// Over or about to be, and only a new sign-in helps
    LoginRequired,
    /// The server gave no expiry
    Unknown,
}

/// What a token's status follows from.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The kind of sign-in.
    pub kind: SignIn,
    /// When the current token set arrived.
    pub received_at: Timestamp,
    /// When its access token ends, where the server said so.
    pub expires_at: Option<Timestamp>,
    /// Whether a new one can be had without a person.
    pub renewable: bool,
}

impl Standing {
    /// Judges it at `now`.
    pub fn status(self, now: Timestamp) -> Status {
        let Some(end) = self.expires_at else {
            return Status::Unknown;
        };
        let margin = margin(end.since(self.received_at));
        if end > now && end.since(now) > margin {
            Status::Valid
        } else if !self.renewable {
            Status::LoginRequired // as `token` then says
        } else if end > now {
            Status::Expiring
        } else {
            Status::Expired
        }
    }
}
