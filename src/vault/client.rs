//! A client that is kept: what is remembered of it, and what is secret about it, which is one versioned JSON
//! object, encoded here and nowhere else.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::payload::{Unreadable, decode_secret};
use crate::error::{Code, Error, Result};
use crate::provider::ClientAuth;
use crate::store::Kind;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The format of the secrets written here. A higher number is refused.
const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptClient {
    /// Random; the key of its secrets in the store.
    pub id: String,
    pub client_id: String,
    pub auth: ClientAuth,
    /// The origin of the token endpoint that it was registered for; no other gets its secret.
    pub pin: String,
    pub store: Kind,
    /// Another store that may hold a copy of them, which a move that was cut off has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_in: Option<Kind>,
    /// When the client secret ends, where the server said so (RFC 7591 §3.2.1).
    pub secret_expires_at: Option<Timestamp>,
    /// Where the registration can be read, changed and deleted (RFC 7592 §3).
    pub configuration_endpoint: Option<url::Url>,
}

impl KeptClient {
    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        self.secret_expires_at.is_some_and(|end| end <= now)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientSecrets {
    pub client_secret: Option<Secret>,
    /// Manages the registration (RFC 7592 §3).
    pub registration_access_token: Option<Secret>,
}

/// The secrets in a store. Borrows on the way out, so that no plain copy of one is left behind.
#[derive(Serialize, Deserialize)]
pub(super) struct ClientPayload<'a> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<Cow<'a, str>>,
}

impl<'a> ClientPayload<'a> {
    pub(crate) fn of(secrets: &'a ClientSecrets) -> Self {
        Self {
            version: VERSION,
            client_secret: secrets.client_secret.as_ref().map(|s| s.expose().into()),
            registration_access_token: secrets
                .registration_access_token
                .as_ref()
                .map(|s| s.expose().into()),
        }
    }
}

impl From<ClientPayload<'_>> for ClientSecrets {
    fn from(payload: ClientPayload<'_>) -> Self {
        Self {
            client_secret: payload.client_secret.map(Secret::new),
            registration_access_token: payload.registration_access_token.map(Secret::new),
        }
    }
}

pub(super) fn encode(secrets: &ClientSecrets) -> Secret {
    let json = serde_json::to_string(&ClientPayload::of(secrets));
    Secret::new(json.expect("strings and numbers serialise"))
}

/// Decodes what a store gave. The error shows nothing of it.
pub(super) fn decode(secret: &Secret) -> Result<ClientSecrets> {
    let payload: ClientPayload = decode_secret(secret, VERSION).map_err(|why| {
        let (what, hint) = match why {
            Unreadable::Damaged => (
                "is damaged",
                "give it again in the provider's `KEYFOB_<PROVIDER>_CLIENT_SECRET`",
            ),
            Unreadable::Newer => ("was written by a newer keyfob", "update this one"),
        };
        let what = format!("the stored secret of the client {what}");
        Error::new(Code::InternalError, what).hint(hint)
    })?;
    Ok(payload.into())
}
