//! What an authorization server issued: the tokens and the facts about them (RFC 6749 §5.1).

use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// One answer of a token endpoint, kept whole in the account's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSet {
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    pub id_token: Option<Secret>,
    /// How the access token is presented, normally `Bearer`.
    pub token_type: String,
    /// What the server granted, or what was asked where it did not say.
    pub scopes: Vec<String>,
    /// When the answer arrived, by this machine's clock.
    pub received_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// The margin at most: a token with less life than this is renewed before it is handed out.
const MARGIN: u64 = 60;

impl TokenSet {
    /// An access token that came without a word about it, at `received_at`.
    pub(crate) fn of_stranger(access_token: Secret, received_at: Timestamp) -> Self {
        Self {
            access_token,
            refresh_token: None,
            id_token: None,
            token_type: "Bearer".into(),
            scopes: Vec::new(),
            received_at,
            expires_at: None,
        }
    }

    /// The lifetime the access token was issued with, in seconds.
    pub fn lifetime(&self) -> Option<u64> {
        self.expires_at.map(|end| end.since(self.received_at))
    }

    /// Seconds of life left at `now`; `None` where the server gave no expiry.
    pub(crate) fn remaining(&self, now: Timestamp) -> Option<u64> {
        self.expires_at.map(|end| end.since(now))
    }
}

/// The longest token or code that is kept, in bytes; no header could carry it.
pub(crate) const TOKEN_LIMIT: usize = 64 * 1024;

/// Whether `text` can be a token: `[\x21-\x7E]+`, at most [`TOKEN_LIMIT`] long. What passes fits a header, a
/// line and a shell's word.
pub(crate) fn is_token(text: &str) -> bool {
    (1..=TOKEN_LIMIT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The margin for a token issued with `lifetime` seconds: 60 s or a tenth of it, whichever is less.
pub(crate) fn margin(lifetime: u64) -> u64 {
    MARGIN.min(lifetime / 10)
}

#[cfg(test)]
mod tests {
    use super::{TOKEN_LIMIT, is_token, margin};

    #[test]
    fn a_token_is_printable_ascii_without_blanks() {
        let printable: String = ('!'..='~').collect();
        let longest = "x".repeat(TOKEN_LIMIT);
        for good in ["x", printable.as_str(), longest.as_str()] {
            assert!(is_token(good));
        }
        let longer = "x".repeat(TOKEN_LIMIT + 1);
        for bad in ["", " ", "a b", "a\n", "\ta", "a\0", "a\u{7f}", "é", &longer] {
            assert!(!is_token(bad), "{bad:.20?}");
        }
    }

    #[test]
    fn margin_is_a_tenth_of_short_lives_and_a_minute_of_long_ones() {
        assert_eq!(margin(3600), 60);
        assert_eq!(margin(300), 30);
        assert_eq!(margin(5), 0);
    }
}
