//! What is inside a secret: one versioned JSON object, encoded here and nowhere else.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record::Version;
use super::sealed_record::SealedRecord;
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The format written here. A higher number is refused; what is only added to is no other format, for unknown members
/// are kept.
const VERSION: u32 = 2;

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
    pub unknown: UnknownMembers,
}

/// What a later keyfob has put into a secret, kept on rewriting. Nobody here knows what of it is secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UnknownMembers {
    payload: Map<String, Value>,
    record: Map<String, Value>,
}

impl fmt::Debug for UnknownMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a store gave for an account, before it is compared with the entry that led there.
#[derive(Debug)]
pub(super) struct StoredSecret {
    pub secrets: Secrets,
    /// `None` in format 1, which has the `id` alone.
    pub record: Option<SealedRecord>,
    pub id: Option<String>,
    pub renamed_from: Option<String>,
}

/// Borrows on the way out, so that no plain copy of a token is left behind.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload<'a> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<SealedRecord>,
    /// `PROVIDER/NAME` before the last rename: an entry that still goes by it was on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renamed_from: Option<Cow<'a, str>>,
    /// The id of the account, in format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<Cow<'a, str>>,
    generation: u64,
    access_token: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<Cow<'a, str>>,
    token_type: Cow<'a, str>,
    scopes: Vec<String>,
    received_at: Timestamp,
    expires_at: Option<Timestamp>,
    #[serde(flatten)]
    unknown: Cow<'a, Map<String, Value>>,
}

impl<'a> Payload<'a> {
    pub(crate) fn of(secrets: &'a Secrets, account: &Account) -> Self {
        let Secrets {
            tokens,
            client_secret,
            generation,
            unknown,
        } = secrets;
        let mut record = SealedRecord::from(account);
        record.unknown.clone_from(&unknown.record);
        Self {
            version: VERSION,
            record: Some(record),
            renamed_from: None,
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
            unknown: Cow::Borrowed(&unknown.payload),
        }
    }
}

impl From<Payload<'_>> for StoredSecret {
    fn from(payload: Payload<'_>) -> Self {
        let mut record = payload.record;
        let of_record = record.as_mut().map(|it| std::mem::take(&mut it.unknown));
        let secrets = Secrets {
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
            unknown: UnknownMembers {
                payload: payload.unknown.into_owned(),
                record: of_record.unwrap_or_default(),
            },
        };
        Self {
            secrets,
            record,
            id: payload.account.map(Cow::into_owned),
            renamed_from: payload.renamed_from.map(Cow::into_owned),
        }
    }
}

impl StoredSecret {
    /// Whether it leads from the entry to another name, which a rename that was cut off has left.
    pub(super) fn renamed(&self, account: &Account) -> Option<Account> {
        let record = self.record.as_ref()?;
        let was = self.renamed_from.as_ref()? == &account.to_string();
        let moved = Account {
            provider: record.provider.clone(),
            name: record.name.clone(),
            ..account.clone()
        };
        (was && record.is_of(&moved)).then_some(moved)
    }
}

pub(crate) fn encode(secrets: &Secrets, account: &Account) -> Secret {
    write(&Payload::of(secrets, account))
}

/// The same, for an account that had another name until now.
pub(super) fn encode_renamed(secrets: &Secrets, account: &Account, before: &Account) -> Secret {
    write(&Payload {
        renamed_from: Some(before.to_string().into()),
        ..Payload::of(secrets, account)
    })
}

fn write(payload: &Payload) -> Secret {
    let json = serde_json::to_string(payload);
    Secret::new(json.expect("strings and numbers serialise"))
}

/// Decodes what a store gave for `account`. The error shows nothing of it.
pub(super) fn decode(secret: &Secret, account: &Account) -> Result<StoredSecret> {
    let damaged =
        || Error::new(Code::InternalError, "its stored secret is damaged").hint(account.again());
    let payload: Payload = decode_secret(secret, VERSION).map_err(|why| match why {
        Unreadable::Damaged => damaged(),
        Unreadable::Newer => Error::new(
            Code::InternalError,
            "its stored secret was written by a newer keyfob",
        )
        .hint("update this one"),
    })?;
    if payload.record.is_some() != (payload.version >= VERSION) {
        return Err(damaged());
    }
    Ok(payload.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            unknown: UnknownMembers::default(),
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let found = decode(&encode(&secrets(), &account()), &account()).unwrap();
        assert_eq!(found.secrets, secrets());
        assert_eq!(found.record, Some(SealedRecord::from(&account())));
        assert!(found.renamed(&account()).is_none());
    }

    /// The stores are held to some 40 KB, in pieces of 2,560 bytes where an entry takes no more.
    #[test]
    fn a_record_adds_little_to_a_large_token() {
        let mut large = secrets();
        large.tokens.access_token = Secret::new("x".repeat(8 * 1024));
        large.tokens.refresh_token = Some(Secret::new("y".repeat(8 * 1024)));
        let size = encode(&large, &account()).expose().len();
        assert!(size < 18 * 1024, "{size}");
    }

    #[test]
    fn what_is_unknown_is_kept_and_not_shown() {
        let mut text: Value =
            serde_json::from_str(encode(&secrets(), &account()).expose()).unwrap();
        text["machine"] = json!("hunter2");
        text["record"]["policy"] = json!({"audience": ["x"]});
        let stored = decode(&Secret::new(text.to_string()), &account()).unwrap();
        assert!(!format!("{stored:?}").contains("hunter2"));
        let again = encode(&stored.secrets, &account());
        let again: Value = serde_json::from_str(again.expose()).unwrap();
        assert_eq!(again, text);
    }

    #[test]
    fn a_rename_is_known_by_the_name_before_alone() {
        let new = Account {
            name: "work".into(),
            ..account()
        };
        let stored = decode(&encode_renamed(&secrets(), &new, &account()), &new).unwrap();
        assert_eq!(stored.renamed(&account()), Some(new.clone()));
        let other = Account {
            name: "other".into(),
            ..account()
        };
        assert_eq!(stored.renamed(&other), None);
    }

    #[test]
    fn format_1_has_no_record_and_format_2_has_one() {
        let mut text: Value =
            serde_json::from_str(encode(&secrets(), &account()).expose()).unwrap();
        text["version"] = json!(1);
        assert!(decode(&Secret::new(text.to_string()), &account()).is_err());
        let record = text.as_object_mut().unwrap().remove("record");
        text["account"] = json!("0f");
        let stored = decode(&Secret::new(text.to_string()), &account()).unwrap();
        assert_eq!((stored.record, stored.id.as_deref()), (None, Some("0f")));
        text["version"] = json!(2);
        assert!(decode(&Secret::new(text.to_string()), &account()).is_err());
        assert!(record.is_some());
    }

    #[test]
    fn damage_and_newer_formats_are_said_without_the_secret() {
        for (text, word) in [
            ("{\"access_token\":\"hunter2\"", "damaged"),
            (
                &encode(&secrets(), &account())
                    .expose()
                    .replace("\"version\":2", "\"version\":3"),
                "newer",
            ),
            ("{\"version\":3,\"tokens\":[\"hunter2\"]}", "newer"),
            ("{\"version\":2,\"tokens\":[\"hunter2\"]}", "damaged"),
            ("{\"version\":1,\"tokens\":[\"hunter2\"]}", "damaged"),
        ] {
            let error = decode(&Secret::new(text), &account()).unwrap_err();
            assert!(error.message.contains(word), "{error}");
            assert!(!error.message.contains("hunter2"));
        }
    }
}
