//! What is inside a secret: one versioned JSON object, encoded here and nowhere else.

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::token_set::TokenSet;

/// The format written here. A higher number is refused.
const VERSION: u32 = 1;

/// Everything secret about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The current token set.
    pub tokens: TokenSet,
    /// The client secret of the login, so that a refresh needs no environment.
    pub client_secret: Option<Secret>,
    /// Which of the account's token sets this is; the index entry carries the same number.
    pub generation: u64,
}

/// Borrows on the way out, so that no plain copy of a token is left behind.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload<'a> {
    version: u32,
    generation: u64,
    access_token: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<std::borrow::Cow<'a, str>>,
    token_type: std::borrow::Cow<'a, str>,
    scopes: Vec<String>,
    received_at: Timestamp,
    expires_at: Option<Timestamp>,
}

impl<'a> Payload<'a> {
    /// What the format has of them.
    pub fn of(secrets: &'a Secrets) -> Self {
        let Secrets {
            tokens,
            client_secret,
            generation,
        } = secrets;
        Self {
            version: VERSION,
            generation: *generation,
            access_token: tokens.access_token.expose().into(),
            refresh_token: tokens.refresh_token.as_ref().map(|t| t.expose().into()),
            id_token: tokens.id_token.as_ref().map(|t| t.expose().into()),
            client_secret: client_secret.as_ref().map(|s| s.expose().into()),
            token_type: tokens.token_type.as_str().into(),
            scopes: tokens.scopes.clone(),
            received_at: tokens.received_at,
            expires_at: tokens.expires_at,
        }
    }
}

impl From<Payload<'_>> for Secrets {
    fn from(payload: Payload<'_>) -> Self {
        Self {
            tokens: TokenSet {
                access_token: Secret::new(payload.access_token),
                refresh_token: payload.refresh_token.map(Secret::new),
                id_token: payload.id_token.map(Secret::new),
                token_type: payload.token_type.into_owned(),
                scopes: payload.scopes,
                received_at: payload.received_at,
                expires_at: payload.expires_at,
            },
            client_secret: payload.client_secret.map(Secret::new),
            generation: payload.generation,
        }
    }
}

/// What every format has, so that a newer one is told from a damaged one.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Encodes for a store.
pub fn encode(secrets: &Secrets) -> Secret {
    let json = serde_json::to_string(&Payload::of(secrets));
    Secret::new(json.expect("strings and numbers serialise"))
}

/// Decodes what a store gave. The error shows nothing of it.
pub fn decode(secret: &Secret) -> Result<Secrets> {
    let unreadable = |what: &str, hint: &str| {
        Error::new(Code::InternalError, format!("its stored secret {what}")).hint(hint)
    };
    let damaged = |_| unreadable("is damaged", "sign in again with `keyfob login`");
    let found: Version = serde_json::from_str(secret.expose()).map_err(damaged)?;
    if found.version > VERSION {
        return Err(unreadable(
            "was written by a newer keyfob",
            "update this one",
        ));
    }
    let payload: Payload = serde_json::from_str(secret.expose()).map_err(damaged)?;
    Ok(payload.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets {
            tokens: TokenSet {
                access_token: Secret::new("a\"b"),
                refresh_token: Some(Secret::new("r")),
                id_token: None,
                token_type: "Bearer".into(),
                scopes: vec!["openid".into()],
                received_at: Timestamp::from_unix(10),
                expires_at: Some(Timestamp::from_unix(20)),
            },
            client_secret: Some(Secret::new("s")),
            generation: 7,
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        assert_eq!(decode(&encode(&secrets())).unwrap(), secrets());
    }

    #[test]
    fn damage_and_newer_formats_are_said_without_the_secret() {
        for (text, word) in [
            ("{\"access_token\":\"hunter2\"", "damaged"),
            (
                &encode(&secrets())
                    .expose()
                    .replace("\"version\":1", "\"version\":2"),
                "newer",
            ),
            ("{\"version\":2,\"tokens\":[\"hunter2\"]}", "newer"),
            ("{\"version\":1,\"tokens\":[\"hunter2\"]}", "damaged"),
        ] {
            let error = decode(&Secret::new(text)).unwrap_err();
            assert!(error.message.contains(word), "{error}");
            assert!(!error.message.contains("hunter2"));
        }
    }
}
