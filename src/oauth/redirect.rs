//! The authorization response (RFC 6749 §4.1.2), judged from its query string in one fixed order:
//! `state`, then `iss` (RFC 9207), then `error`, then `code`.

use super::ErrorResponse;
use crate::secret::Secret;

/// What the answer to one authorization request must show.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The `state` that was sent.
    pub state: Secret,
    /// The issuer the request went to, where it has one.
    pub issuer: Option<String>,
    /// Whether that server announces `iss`, so that its absence is refused (RFC 9207 §2.4).
    pub iss_required: bool,
}

/// The judgement.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the answer to this request; the wait goes on. Says why, in a few words without input.
    NotOurs(&'static str),
    /// The right `state` and a wrong or missing `iss`: the login ends, nothing of it is shown.
    WrongIssuer,
    /// The server or the person said no.
    Refused(ErrorResponse),
    /// Ours, but without a code or with a parameter twice.
    Malformed(&'static str),
    /// The authorization code.
    Code(Secret),
}

/// Judges a query string, as it stood after the `?`.
pub fn judge(_query: &str, _expected: &Expected) -> Verdict {
    todo!()
}
