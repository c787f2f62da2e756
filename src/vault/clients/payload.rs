//! What is secret about a client: one versioned JSON object, encoded here and nowhere else.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::versioned::{self, Unreadable};
use super::{ClientSecrets, VERSION};
use crate::error::{Code, Error, Result};
use keyfob_base::secret::Secret;

/// The secrets in a store. Borrows on the way out, so that no plain copy of one is left behind.
#[derive(Serialize, Deserialize)]
pub struct Payload<'a> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<Cow<'a, str>>,
}

impl<'a> Payload<'a> {
    /// What the format has of them.
    pub fn of(secrets: &'a ClientSecrets) -> Self {
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

impl From<Payload<'_>> for ClientSecrets {
    fn from(payload: Payload<'_>) -> Self {
        Self {
            client_secret: payload.client_secret.map(Secret::new),
            registration_access_token: payload.registration_access_token.map(Secret::new),
        }
    }
}

/// Encodes for a store.
pub fn encode(secrets: &ClientSecrets) -> Secret {
    let json = serde_json::to_string(&Payload::of(secrets));
    Secret::new(json.expect("strings and numbers serialise"))
}

/// Decodes what a store gave. The error shows nothing of it.
pub fn decode(secret: &Secret) -> Result<ClientSecrets> {
    let payload: Payload = versioned::decode(secret, VERSION).map_err(|why| {
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
