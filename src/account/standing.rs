//! How an account stands: what the index alone says about its token.

use serde::Serialize;

use super::SignIn;
use crate::token_set::margin;
use keyfob_base::timestamp::{Timestamp, until};

/// From this age on a given token is to be replaced, in seconds: 90 days, what most rules for secrets ask for.
const ROTATE: u64 = 90 * 24 * 60 * 60;

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

#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub kind: SignIn,
    pub received_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Whether a new one can be had without a person.
    pub renewable: bool,
}

impl Standing {
    pub(crate) fn status(self, now: Timestamp) -> Status {
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

    /// Says when a given token was given, and from 90 days on to replace it; `None` for every other kind.
    pub(crate) fn describe_age(self, now: Timestamp) -> Option<String> {
        if self.kind != SignIn::Given {
            return None;
        }
        let given = self.received_at.min(now); // a clock that was wrong makes nothing younger than new
        let rotate = if self.is_to_rotate(now) {
            ", rotate"
        } else {
            ""
        };
        Some(format!("given {}{rotate}", until(given, now)))
    }

    /// Whether a given token is to be replaced: nobody says when it ends, so its age is what tells.
    pub(crate) fn is_to_rotate(self, now: Timestamp) -> bool {
        self.kind == SignIn::Given && now.since(self.received_at) >= ROTATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::account::fixture;

    const DAY: u64 = 24 * 60 * 60;

    #[test]
    fn a_given_token_is_to_be_replaced_from_90_days_on() {
        let mut account = fixture::account();
        let said = |account: &Account, later| {
            account
                .standing()
                .describe_age(account.received_at.plus(later))
        };
        assert_eq!(said(&account, 91 * DAY), None);
        account.identity.kind = SignIn::Given;
        for (later, text) in [
            (0, "given now"),
            (12 * DAY, "given 12 d ago"),
            (90 * DAY - 1, "given 89 d ago"),
            (90 * DAY, "given 90 d ago, rotate"),
            (91 * DAY, "given 91 d ago, rotate"),
        ] {
            assert_eq!(said(&account, later).as_deref(), Some(text));
        }
        let before = Timestamp::from_unix(account.received_at.unix() - DAY);
        assert_eq!(
            account.standing().describe_age(before).as_deref(),
            Some("given now")
        );
    }
}
