//! Secrets that go to another store: written there and read back, then the record leads there, and then
//! they are removed here.
//!
//! Before the first write the record says that a copy may be in the other store, and until the last removal
//! it goes on saying so. Killed anywhere, it leads to a whole secret and names every place where another may
//! be; moving again ends it, and so does logging out.

#[cfg(test)]
mod tests;

use super::{KeptClient, LOCK_TIMEOUT, Vault, unavailable};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::interrupts::uninterrupted;
use crate::store::Kind;

/// How a move ended.
#[derive(Debug)]
pub struct Moved {
    /// The account as it now is.
    pub account: Account,
    /// Where its secret was.
    pub from: Kind,
    /// The other store from which a copy is gone that an earlier move had left.
    pub cleared: Option<Kind>,
    /// Why a copy is still in the old store; the account's entry remembers it.
    pub left: Option<Error>,
}

/// Where a secret is, as the record of it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    store: Kind,
    copy_in: Option<Kind>,
}

/// A secret on its way.
struct Transfer<'a, N> {
    vault: &'a Vault,
    key: &'a str,
    /// Writes the record with another place.
    note: N,
}

impl Vault {
    /// Moves an account's secret to another store. Where that cannot be used the account is as it was.
    pub fn move_account(&self, account: &Account, to: Kind) -> Result<Moved> {
        let _turn = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
        let mut now = self.still_there(account)?;
        self.is_sole(&now)?;
        let before = Place {
            store: now.store,
            copy_in: now.copy_in,
        };
        let carried = if before.store == to {
            let left = self.clear_copy(&mut now).err();
            Ok(left.map_or(Carried::Whole, Carried::Copied))
        } else {
            let id = now.id.clone();
            self.transfer(&id, &mut now).carry(before, to)
        };
        let left = match carried.map_err(|error| error.account(account))? {
            Carried::Whole => None,
            Carried::Copied(why) => Some(why),
            Carried::Nothing => return Err(self.secret_gone(&now)),
        };
        Ok(Moved {
            from: before.store,
            cleared: before
                .copy_in
                .filter(|_| before.store == to && left.is_none()),
            left: left.map(|error| error.account(&now)),
            account: now,
        })
    }

    /// Removes the copy that a move has left of an account's secret, and then the name of its store from the
    /// entry; the account's lock is held.
    pub fn clear_copy(&self, account: &mut Account) -> Result<()> {
        let place = Place {
            store: account.store,
            copy_in: account.copy_in,
        };
        let id = account.id.clone();
        self.transfer(&id, account).clear(place)
    }

    /// An account's secret on its way; `now` follows what is recorded.
    fn transfer<'a>(
        &'a self,
        key: &'a str,
        now: &'a mut Account,
    ) -> Transfer<'a, impl FnMut(Place) -> Result<()>> {
        Transfer {
            vault: self,
            key,
            note: move |place: Place| {
                let noted = Account {
                    store: place.store,
                    copy_in: place.copy_in,
                    ..now.clone()
                };
                self.record(&noted)?;
                *now = noted;
                Ok(())
            },
        }
    }

    /// Moves what is kept of a provider's client, where it is in another store; whether it was, and why a copy is
    /// still there.
    pub fn move_client_secrets(&self, provider: &str, to: Kind) -> Result<(bool, Option<Error>)> {
        let _turn = self.client_turn(provider)?;
        let Some(mut now) = self.client(provider)? else {
            return Ok((false, None));
        };
        let before = Place {
            store: now.store,
            copy_in: now.copy_in,
        };
        let id = now.id.clone();
        let _own = self.wait_for_lock(&id, LOCK_TIMEOUT)?; // until the record leads to what is written
        let mut transfer = Transfer {
            vault: self,
            key: &id,
            note: |place: Place| {
                let noted = KeptClient {
                    store: place.store,
                    copy_in: place.copy_in,
                    ..now.clone()
                };
                self.record_client(provider, &noted)?;
                now = noted;
                Ok(())
            },
        };
        if before.store == to {
            return Ok((false, transfer.clear(before).err()));
        }
        match transfer.carry(before, to)? {
            Carried::Whole => Ok((true, None)),
            Carried::Copied(why) => Ok((true, Some(why))),
            Carried::Nothing => {
                // A public client has no secret, and later ones go where the record says.
                (transfer.note)(Place {
                    store: to,
                    copy_in: None,
                })?;
                Ok((true, None))
            }
        }
    }
}

/// What became of a secret.
enum Carried {
    /// It is in the new store alone.
    Whole,
    /// It is in the new store, and for this reason still in the old one.
    Copied(Error),
    /// The old store has none.
    Nothing,
}

impl<N: FnMut(Place) -> Result<()>> Transfer<'_, N> {
    fn carry(&mut self, before: Place, to: Kind) -> Result<Carried> {
        let (vault, from) = (self.vault, before.store);
        if before.copy_in != Some(to) {
            self.clear(before)?;
        }
        let read = |store: Kind| {
            let secret = vault.store(store).get(self.key);
            secret.map_err(|error| unavailable(store, &error))
        };
        let Some(secret) = read(from)? else {
            return Ok(Carried::Nothing);
        };
        (self.note)(Place {
            store: from,
            copy_in: Some(to),
        })?;
        let put = vault.store(to).put(self.key, &secret);
        let written = put
            .map_err(|error| unavailable(to, &error))
            .and_then(|()| read(to))
            .and_then(|back| match back {
                Some(back) if back == secret => Ok(()),
                _ => Err(garbled(to)),
            });
        if let Err(error) = written {
            // As it was; what cannot be undone here the record still names.
            let _ = self.clear(Place {
                store: from,
                copy_in: Some(to),
            });
            return Err(error);
        }
        uninterrupted(|| {
            let moved = Place {
                store: to,
                copy_in: Some(from),
            };
            (self.note)(moved)?;
            Ok(self
                .clear(moved)
                .err()
                .map_or(Carried::Whole, Carried::Copied))
        })
    }

    /// Removes the copy that the record names, then the name.
    fn clear(&mut self, place: Place) -> Result<()> {
        let Some(store) = place.copy_in else {
            return Ok(());
        };
        if store != place.store {
            self.vault.erase(store, self.key)?;
        }
        (self.note)(Place {
            copy_in: None,
            ..place
        })
    }
}

fn garbled(store: Kind) -> Error {
    let message = format!("{} does not give back what was written to it", store.noun());
    Error::new(Code::StoreUnavailable, message)
        .hint("the secret is where it was; mend that store, or move to another")
}
