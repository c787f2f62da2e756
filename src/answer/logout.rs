//! The shape of `logout --json`.

use serde::Serialize;

use crate::error::Error;
use crate::store::Kind;

/// What became of each account.
#[derive(Debug, Default, Serialize)]
pub struct Logout {
    /// In the order they were named.
    pub accounts: Vec<Forgotten>,
}

/// One account and its tokens.
#[derive(Debug, Serialize)]
pub struct Forgotten {
    /// `PROVIDER/NAME`.
    pub account: String,
    /// Whether it is gone from here.
    pub removed: bool,
    /// What the provider was told, a line a token.
    pub tokens: Vec<Revocation>,
    /// The stores that could not be used and may have its secret still.
    pub secret_left_in: Vec<Kind>,
    /// Why it is still here.
    pub error: Option<Error>,
}

/// One token's revocation (RFC 7009).
#[derive(Debug, Serialize)]
pub struct Revocation {
    /// Which token, by the registered hint.
    pub token: TokenType,
    /// How it went.
    pub result: Outcome,
    /// Why it failed or was left out, where that is known.
    pub detail: Option<String>,
}

/// The token type hints (RFC 7009 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenType {
    /// The refresh token.
    RefreshToken,
    /// The access token.
    AccessToken,
}

/// How a revocation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider confirmed it.
    Revoked,
    /// The provider did not confirm it.
    Failed,
    /// The provider offers no revocation.
    Unsupported,
    /// Nobody was asked.
    Skipped,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verbs::fixture::assert_shape;

    #[test]
    fn the_shape_is_the_documented_one() {
        let revocation = |token, result, detail: Option<&str>| Revocation {
            token,
            result,
            detail: detail.map(Into::into),
        };
        let logout = Logout {
            accounts: vec![Forgotten {
                account: "huggingface/julien".into(),
                removed: true,
                tokens: vec![
                    revocation(TokenType::RefreshToken, Outcome::Revoked, None),
                    revocation(
                        TokenType::AccessToken,
                        Outcome::Failed,
                        Some("the server answered 503"),
                    ),
                ],
                secret_left_in: vec![Kind::Keyring],
                error: None,
            }],
        };
        assert_shape(&logout, include_str!("../verbs/shapes/logout.json"));
    }

    #[test]
    fn every_outcome_has_its_word() {
        let words = [
            Outcome::Revoked,
            Outcome::Failed,
            Outcome::Unsupported,
            Outcome::Skipped,
        ];
        assert_eq!(
            serde_json::to_string(&words).unwrap(),
            r#"["revoked","failed","unsupported","skipped"]"#
        );
    }
}
