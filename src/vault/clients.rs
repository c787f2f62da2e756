//! Our clients at providers: what a registration gave that is secret, or that has to be remembered with
//! it. The record is one JSON file a provider beside the accounts, with nothing secret in it; the
//! secrets are in a store, under the record's random id.
//!
//! A change is written secrets first, then record, and each client has an id of its own: a crash between
//! the two leaves the client there was, whole.

mod payload;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(super) use payload::Payload;
pub(super) use payload::decode;
use payload::encode;

use super::versioned::Version;
use super::{Guard, LOCK_TIMEOUT, Vault, unavailable};
use crate::account::is_id;
use crate::error::{Code, Error, Result};
use crate::provider::ClientAuth;
use crate::store::Kind;
use crate::toml_text::complaint;
use keyfob_base::files;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The format written here, of records and of secrets. A higher number is refused and never rewritten.
const VERSION: u32 = 1;

/// The largest record that is read, in bytes.
const LIMIT: u64 = 64 * 1024;

/// A client that keyfob registered, or whose secret it keeps, at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptClient {
    /// Random; the key of its secrets in the store.
    pub id: String,
    /// The client identifier (RFC 6749 §2.2).
    pub client_id: String,
    /// How it authenticates.
    pub auth: ClientAuth,
    /// The origin of the token endpoint that it was registered for; no other gets its secret.
    pub pin: String,
    /// Where its secrets are.
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
    /// Whether its secret has ended at `now`.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.secret_expires_at.is_some_and(|end| end <= now)
    }
}

/// What is secret about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientSecrets {
    /// Authenticates the client.
    pub client_secret: Option<Secret>,
    /// Manages the registration (RFC 7592 §3).
    pub registration_access_token: Option<Secret>,
}

impl Vault {
    /// The client that is kept for a provider.
    pub fn client(&self, provider: &str) -> Result<Option<KeptClient>> {
        read(&self.record_of(provider), provider)
    }

    /// Its secrets; the default where its store has none.
    pub fn client_secrets(&self, client: &KeptClient) -> Result<ClientSecrets> {
        let stored = self
            .store(client.store)
            .get(&client.id)
            .map_err(|error| unavailable(client.store, &error))?;
        stored.map_or(Ok(ClientSecrets::default()), |secret| decode(&secret))
    }

    /// Keeps a client and its secrets in the place of the one there was: secrets first, then the record,
    /// and then the secrets of that other one are removed. `client.id` is a new one, from
    /// [`crate::account::random_id`].
    ///
    /// Where it fails, what there was is still kept; but where only that last removal does, the new
    /// client is kept and the error says what is left behind.
    pub fn keep_client(
        &self,
        provider: &str,
        client: &KeptClient,
        secrets: &ClientSecrets,
    ) -> Result<()> {
        let _turn = self.client_turn(provider)?;
        let before = self.client(provider)?;
        self.replace_client(provider, before, client, secrets)
    }

    /// The same where the lock is held, in the place of `before`.
    pub(super) fn replace_client(
        &self,
        provider: &str,
        before: Option<KeptClient>,
        client: &KeptClient,
        secrets: &ClientSecrets,
    ) -> Result<()> {
        let _own = self.wait_for_lock(&client.id, LOCK_TIMEOUT)?; // until the record leads to what is written
        let store = self.store(client.store);
        if *secrets != ClientSecrets::default() {
            store
                .put(&client.id, &encode(secrets))
                .map_err(|error| unavailable(client.store, &error))?;
        }
        if let Err(error) = write(&self.record_of(provider), client) {
            // A record may be there although writing it has failed: whatever may lead to the secrets keeps them.
            let found = self.client(provider);
            if found.is_ok_and(|found| found.is_none_or(|found| found.id != client.id)) {
                let _ = store.remove(&client.id);
            }
            return Err(error);
        }
        match before {
            Some(before) if (before.store, &before.id) != (client.store, &client.id) => {
                self.discard_client(&before).map_err(|error| Error {
                    message: format!(
                        "{}; the secrets of the client before are left there as `{}`",
                        error.message, before.id
                    ),
                    ..error
                })
            }
            _ => Ok(()),
        }
    }

    /// Forgets a provider's client: its secrets, then the record. A store that fails keeps the record, so
    /// that no secret is left behind without one. With none kept there is nothing to do.
    pub fn forget_client(&self, provider: &str) -> Result<()> {
        let _turn = self.client_turn(provider)?;
        let Some(client) = self.client(provider)? else {
            return Ok(());
        };
        self.discard_client(&client)?;
        let path = self.record_of(provider);
        files::remove(&path)
            .map(|_| ())
            .map_err(|error| Error::io(format!("cannot remove {}", path.display()), &error))
    }

    /// Gives a provider's client to another name of the same provider.
    pub(super) fn move_client(&self, from: &str, to: &str) -> Result<()> {
        let _turn = self.client_turn(from)?;
        let (old, new) = (self.record_of(from), self.record_of(to));
        match std::fs::rename(&old, &new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(
                format!("cannot rename {} to {}", old.display(), new.display()),
                &error,
            )),
            _ => Ok(()),
        }
    }

    fn discard_client(&self, client: &KeptClient) -> Result<()> {
        if let Some(store) = client.copy_in {
            self.erase(store, &client.id)?;
        }
        self.erase(client.store, &client.id)
    }

    pub(super) fn record_client(&self, provider: &str, client: &KeptClient) -> Result<()> {
        write(&self.record_of(provider), client)
    }

    pub(super) fn client_turn(&self, provider: &str) -> Result<Guard> {
        self.wait_for_lock(&format!("client-{provider}"), LOCK_TIMEOUT)
    }

    fn record_of(&self, provider: &str) -> PathBuf {
        self.paths.clients().join(format!("{provider}.json"))
    }
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    #[serde(flatten)]
    client: &'a KeptClient,
}

fn read(path: &Path, provider: &str) -> Result<Option<KeptClient>> {
    let unread = |cause: &dyn std::fmt::Display, hint: String| {
        Error::new(
            Code::InternalError,
            format!("cannot read {}: {cause}", path.display()),
        )
        .hint(hint)
    };
    let damaged = |cause: &dyn std::fmt::Display| {
        unread(
            cause,
            format!(
                "remove that file, and `keyfob login {provider}` asks again for what was kept of its client"
            ),
        )
    };
    let Some(bytes) = files::read(path, LIMIT).map_err(|error| damaged(&error))? else {
        return Ok(None);
    };
    let wrong = |cause: serde_json::Error| damaged(&complaint(&cause.to_string()));
    let found: Version = serde_json::from_slice(&bytes).map_err(wrong)?;
    if found.version > VERSION {
        let hint = "it was written by a newer keyfob; update this one";
        return Err(unread(&"a newer format", hint.into()));
    }
    let client: KeptClient = serde_json::from_slice(&bytes).map_err(wrong)?;
    if !is_id(&client.id) {
        return Err(damaged(&"its `id` is no key of a secret"));
    }
    Ok(Some(client))
}

fn write(path: &Path, client: &KeptClient) -> Result<()> {
    let json = serde_json::to_vec_pretty(&Written {
        version: VERSION,
        client,
    })
    .expect("a client serialises");
    if json.len() as u64 > LIMIT {
        let what = format!(
            "{} would be larger than {} KiB",
            path.display(),
            LIMIT >> 10
        );
        let hint = "no client has that much to remember; look at what its registration gave";
        return Err(Error::new(Code::InvalidResponse, what).hint(hint));
    }
    files::replace(path, &json)
        .map_err(|error| Error::io(format!("cannot write {}", path.display()), &error))
}
