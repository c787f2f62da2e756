//! What an identity token says of itself. Nobody has checked its signature here: the provider does that,
//! and this is for people to read, and for a name.

use serde_json::Value;

use crate::claims;
use crate::oauth::id_token;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// How far our clock may be ahead, in seconds.
const TOLERANCE: u64 = 60;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Whether it is a JSON Web Token at all; of anything else nothing is known.
    pub is_token: bool,
    pub subject: Option<String>,
    pub audiences: Vec<String>,
    pub ends: Option<Timestamp>,
}

impl Claims {
    pub(crate) fn of(token: &Secret) -> Self {
        let Some(claims) = id_token::unchecked(token) else {
            return Self::default();
        };
        let audiences = match claims.get("aud") {
            Some(Value::Array(_)) => claims::texts(&claims, "/aud/*"),
            _ => claims::texts(&claims, "/aud"),
        };
        Self {
            is_token: true,
            subject: claims::text(&claims, "/sub"),
            audiences,
            ends: claims.get("exp").and_then(Value::as_f64).map(end),
        }
    }

    /// Whether the token has ended, by any clock near ours.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| end.plus(TOLERANCE) <= now)
    }
}

/// A number of seconds, cut to what a timestamp can be.
fn end(seconds: f64) -> Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float stops at both ends"
    )]
    Timestamp::from_unix(seconds as u64)
}
