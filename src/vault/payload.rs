//! What is inside a secret: one versioned JSON object, encoded here and nowhere else.

use serde::{Deserialize, Serialize};

use super::record::Version;
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The format written here. A higher number is refused.
const VERSION: u32 = 1;

/// Why a secret cannot be read. Nothing of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    Damaged,
    Newer,
}

/// Decodes what a store gave, up to the format `version`.
pub(super) fn decode_secret<'a, T: Deserialize<'a>>(
    secret: &'a Secret,
    version: u32,
) -> std::result::Result<T, Unreadable> {
    let damaged = |_| Unreadable::Damaged;
    let found: Version = serde_json::from_str(secret.expose()).map_err(damaged)?;
    if found.version > version {
        return Err(Unreadable::Newer);
    }
    serde_json::from_str(secret.expose()).map_err(damaged)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
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
    /// The id of the account that it is of; none in a backup, which says so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<std::borrow::Cow<'a, str>>,
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
    pub(crate) fn of(secrets: &'a Secrets) -> Self {
        let Secrets {
            tokens,
            client_secret,
            generation,
        } = secrets;
        Self {
            version: VERSION,
            account: None,
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

pub(crate) fn encode(secrets: &Secrets, account: &Account) -> Secret {
    let payload = Payload {
        account: Some(account.id.as_str().into()),
        ..Payload::of(secrets)
    };
    let json = serde_json::to_string(&payload);
    Secret::new(json.expect("strings and numbers serialise"))
}

/// Decodes what a store gave for `account`. The error shows nothing of it.
pub(crate) fn decode(secret: &Secret, account: &Account) -> Result<Secrets> {
    let payload: Payload = decode_secret(secret, VERSION).map_err(|why| match why {
        Unreadable::Damaged => {
            Error::new(Code::InternalError, "its stored secret is damaged").hint(account.again())
        }
        Unreadable::Newer => Error::new(
            Code::InternalError,
            "its stored secret was written by a newer keyfob",
        )
        .hint("update this one"),
    })?;
    // A file that was copied over it would hand out somebody else's tokens under this name.
    if payload.account.as_ref().is_some_and(|id| *id != account.id) {
        let what = "its stored secret is another account's";
        return Err(Error::new(Code::LoginRequired, what).hint(account.again()));
    }
    Ok(payload.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::account;

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
        assert_eq!(
            decode(&encode(&secrets(), &account()), &account()).unwrap(),
            secrets()
        );
    }

    #[test]
    fn what_is_another_accounts_is_refused_and_what_names_none_is_taken() {
        let other = Account {
            id: "0b".into(),
            ..account()
        };
        let error = decode(&encode(&secrets(), &other), &account()).unwrap_err();
        assert_eq!(error.code, Code::LoginRequired);
        let unnamed = serde_json::to_string(&Payload::of(&secrets())).unwrap();
        let found = decode(&Secret::new(unnamed), &account());
        assert_eq!(found.unwrap(), secrets());
    }

    #[test]
    fn damage_and_newer_formats_are_said_without_the_secret() {
        for (text, word) in [
            ("{\"access_token\":\"hunter2\"", "damaged"),
            (
                &encode(&secrets(), &account())
                    .expose()
                    .replace("\"version\":1", "\"version\":2"),
                "newer",
            ),
            ("{\"version\":2,\"tokens\":[\"hunter2\"]}", "newer"),
            ("{\"version\":1,\"tokens\":[\"hunter2\"]}", "damaged"),
        ] {
            let error = decode(&Secret::new(text), &account()).unwrap_err();
            assert!(error.message.contains(word), "{error}");
            assert!(!error.message.contains("hunter2"));
        }
    }
}
