//! Whether a secret can be read, as far as that asks nobody. What it is stays here.

use super::clients::{self, KeptClient};
use super::{Vault, payload};
use crate::account::Account;
use crate::error::Error;
use crate::store::{Kind, Unasked};

/// What a look at a secret gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Examined {
    /// It is what was written.
    Sound,
    /// It is of before the last change of the entry.
    Outdated,
    /// There is none.
    Gone,
    /// It was not looked at, for that would have asked somebody.
    Shut,
    /// It cannot be read.
    Unreadable {
        /// Why.
        cause: String,
        /// What helps.
        hint: String,
    },
}

impl Vault {
    /// Looks at an account's secret.
    pub fn examine(&self, account: &Account) -> Examined {
        self.look_at(account.store, &account.id, |secret| {
            let secrets = payload::decode(secret, account)?;
            Ok(secrets.generation >= account.generation)
        })
    }

    /// Looks at what is kept of a client.
    pub fn examine_client(&self, client: &KeptClient) -> Examined {
        self.look_at(client.store, &client.id, |secret| {
            clients::decode(secret).map(|_| true)
        })
    }

    fn look_at(
        &self,
        store: Kind,
        key: &str,
        current: impl Fn(&keyfob_base::secret::Secret) -> Result<bool, Error>,
    ) -> Examined {
        let secret = match self.store(store).get_unasked(key) {
            Ok(Unasked::Secret(secret)) => secret,
            Ok(Unasked::Nothing) => return Examined::Gone,
            Ok(Unasked::WouldPrompt) => return Examined::Shut,
            Err(error) => {
                return Examined::Unreadable {
                    cause: error.cause,
                    hint: error.hint,
                };
            }
        };
        match current(&secret) {
            Ok(true) => Examined::Sound,
            Ok(false) => Examined::Outdated,
            Err(error) => Examined::Unreadable {
                cause: error.message,
                hint: error.hint.unwrap_or_default(),
            },
        }
    }
}
