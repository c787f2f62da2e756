//! Secrets that go to another store: written there and read back, then the record leads there, and then
//! they are removed here.
//!
//! Before the first write the record says that a copy may be in the other store, and until the last removal
//! it goes on saying so. Killed anywhere, it leads to a whole secret and names every place where another may
//! be; moving again ends it, and so does logging out.

use super::vault::unavailable;
use super::{KeptClient, LOCK_TIMEOUT, Vault};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::interrupts::uninterrupted;
use crate::store::Kind;

#[derive(Debug)]
pub(crate) struct Moved {
    pub account: Account,
    pub from: Kind,
    /// The other store from which a copy is gone that an earlier move had left.
    pub cleared: Option<Kind>,
    /// Why a copy is still in the old store; the account's entry remembers it.
    pub left: Option<Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SecretPlace {
    store: Kind,
    copy_in: Option<Kind>,
}

struct Transfer<'a, N> {
    vault: &'a Vault,
    key: &'a str,
    /// Writes the record with another place.
    note: N,
}

impl Vault {
    /// Moves an account's secret to another store. Where that cannot be used the account is as it was.
    pub(crate) fn move_account(&self, account: &Account, to: Kind) -> Result<Moved> {
        let _turn = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
        let mut now = self.reload(account)?;
        self.is_sole(&now)?;
        let before = SecretPlace {
            store: now.store,
            copy_in: now.copy_in,
        };
        let carried = if before.store == to {
            let left = self.clear_copy(&mut now).err();
            Ok(left.map_or(Carried::Whole, Carried::Copied))
        } else {
            self.settle_held(&mut now)?; // what is sealed goes, and is proved first
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
    pub(crate) fn clear_copy(&self, account: &mut Account) -> Result<()> {
        let place = SecretPlace {
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
    ) -> Transfer<'a, impl FnMut(SecretPlace) -> Result<()>> {
        Transfer {
            vault: self,
            key,
            note: move |place: SecretPlace| {
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
    pub(crate) fn move_client_secrets(
        &self,
        provider: &str,
        to: Kind,
    ) -> Result<(bool, Option<Error>)> {
        let _turn = self.client_turn(provider)?;
        let Some(mut now) = self.client(provider)? else {
            return Ok((false, None));
        };
        let before = SecretPlace {
            store: now.store,
            copy_in: now.copy_in,
        };
        let id = now.id.clone();
        let _own = self.wait_for_lock(&id, LOCK_TIMEOUT)?; // until the record leads to what is written
        let mut transfer = Transfer {
            vault: self,
            key: &id,
            note: |place: SecretPlace| {
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
                (transfer.note)(SecretPlace {
                    store: to,
                    copy_in: None,
                })?;
                Ok((true, None))
            }
        }
    }
}

enum Carried {
    Whole,
    /// It is in the new store, and for this reason still in the old one.
    Copied(Error),
    /// The old store has none.
    Nothing,
}

impl<N: FnMut(SecretPlace) -> Result<()>> Transfer<'_, N> {
    fn carry(&mut self, before: SecretPlace, to: Kind) -> Result<Carried> {
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
        (self.note)(SecretPlace {
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
            let _ = self.clear(SecretPlace {
                store: from,
                copy_in: Some(to),
            });
            return Err(error);
        }
        uninterrupted(|| {
            let moved = SecretPlace {
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

    fn clear(&mut self, place: SecretPlace) -> Result<()> {
        let Some(store) = place.copy_in else {
            return Ok(());
        };
        if store != place.store {
            self.vault.erase(store, self.key)?;
        }
        (self.note)(SecretPlace {
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

#[cfg(test)]
mod tests {
    //! A move that fails at each of its calls of either store: the entry leads to a whole secret, and names every
    //! place where another may be.

    use std::collections::HashMap;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::account::fixture;
    use crate::account::random_id;
    use crate::paths::Paths;
    use crate::provider::ClientAuth;
    use crate::store::{Nobody, Store, StoreError};
    use crate::token_set::TokenSet;
    use crate::vault::{ClientSecrets, Secrets, UnknownMembers};
    use keyfob_base::secret::Secret;
    use keyfob_base::timestamp::Timestamp;

    /// A store in memory, of which one kind of call can fail.
    #[derive(Default)]
    struct Memory {
        secrets: Mutex<HashMap<String, Secret>>,
        fails: Mutex<Option<&'static str>>,
    }

    impl Memory {
        fn call(&self, call: &'static str) -> std::result::Result<(), StoreError> {
            match *self.fails.lock().unwrap() {
                Some(fails) if fails == call => Err(StoreError {
                    cause: "it is broken".into(),
                    hint: "mend it".into(),
                }),
                _ => Ok(()),
            }
        }

        fn fail(&self, call: Option<&'static str>) {
            *self.fails.lock().unwrap() = call;
        }

        fn count(&self) -> usize {
            self.secrets.lock().unwrap().len()
        }
    }

    impl Store for Memory {
        fn get(&self, key: &str) -> std::result::Result<Option<Secret>, StoreError> {
            self.call("get")?;
            let garbled = self.call("keep whole").is_err();
            let found = self.secrets.lock().unwrap().get(key).cloned();
            Ok(found.map(|secret| if garbled { Secret::new("x") } else { secret }))
        }

        fn put(&self, key: &str, secret: &Secret) -> std::result::Result<(), StoreError> {
            self.call("put")?;
            let mut secrets = self.secrets.lock().unwrap();
            secrets.insert(key.to_owned(), secret.clone());
            Ok(())
        }

        fn remove(&self, key: &str) -> std::result::Result<bool, StoreError> {
            self.call("remove")?;
            Ok(self.secrets.lock().unwrap().remove(key).is_some())
        }

        fn probe(&self) -> std::result::Result<(), StoreError> {
            self.call("put")
        }

        fn keys(&self) -> std::result::Result<Option<Vec<String>>, StoreError> {
            Ok(Some(self.secrets.lock().unwrap().keys().cloned().collect()))
        }

        fn protection(&self) -> String {
            "in memory".into()
        }
    }

    struct Scene {
        _home: tempfile::TempDir,
        vault: Vault,
        file: Arc<Memory>,
        keyring: Arc<Memory>,
        account: Account,
        secrets: Secrets,
    }

    /// An account whose secret is in the file store.
    fn scene() -> Scene {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
        let (file, keyring) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
        let stores: [(Kind, Arc<Memory>); 2] = [
            (Kind::File, Arc::clone(&file)),
            (Kind::Keyring, Arc::clone(&keyring)),
        ];
        for (kind, store) in stores {
            vault.stores.lock().unwrap().insert(kind, store);
        }
        let account = Account {
            id: random_id(),
            store: Kind::File,
            ..fixture::account()
        };
        let secrets = Secrets {
            tokens: TokenSet {
                access_token: Secret::new("a"),
                refresh_token: Some(Secret::new("r")),
                id_token: None,
                token_type: "Bearer".into(),
                scopes: Vec::new(),
                received_at: Timestamp::from_unix(10),
                expires_at: None,
            },
            client_secret: None,
            generation: 1,
            unknown: UnknownMembers::default(),
        };
        vault.keep(&account, &secrets).unwrap();
        vault.record(&account).unwrap();
        Scene {
            _home: home,
            vault,
            file,
            keyring,
            account,
            secrets,
        }
    }

    impl Scene {
        fn now(&self) -> Account {
            self.vault.reread(&self.account).unwrap().unwrap()
        }

        /// What the entry leads to is whole, and every other secret is in the place that it names.
        #[track_caller]
        fn assert_whole(&self) {
            let mut now = self.now();
            for store in [&self.file, &self.keyring] {
                store.fail(None);
            }
            let found = self.vault.secrets_of_now(&mut now).unwrap();
            assert_eq!(found.as_ref(), Some(&self.secrets));
            let other = match now.store {
                Kind::File => &self.keyring,
                Kind::Keyring => &self.file,
            };
            assert!(other.count() == 0 || now.copy_in.is_some(), "{now:?}");
        }

        fn copies(&self) -> usize {
            self.file.count() + self.keyring.count()
        }
    }

    #[test]
    fn whatever_call_fails_nothing_is_lost_and_the_next_move_ends_it() {
        for (broken, call, moved) in [
            ("file", "get", false),
            ("keyring", "put", false),
            ("keyring", "get", false),
            ("keyring", "keep whole", false),
            ("file", "remove", true),
        ] {
            let scene = scene();
            let store = if broken == "file" {
                &scene.file
            } else {
                &scene.keyring
            };
            store.fail(Some(call));
            let result = scene.vault.move_account(&scene.account, Kind::Keyring);
            let left = match &result {
                Ok(done) => done.left.as_ref(),
                Err(error) => Some(error),
            };
            let left = left.unwrap_or_else(|| panic!("{broken} {call}: {result:?}"));
            assert_eq!(left.code, Code::StoreUnavailable, "{left}");
            assert_eq!(left.account, Some(scene.account.to_string()));
            assert_eq!(result.is_ok(), moved, "{broken} {call}");
            let expected = if moved { Kind::Keyring } else { Kind::File };
            assert_eq!(scene.now().store, expected);
            scene.assert_whole();
            if !moved {
                assert_eq!(scene.now(), scene.account, "as it was");
                assert_eq!(scene.copies(), 1, "{broken} {call}");
            }
            let done = scene
                .vault
                .move_account(&scene.now(), Kind::Keyring)
                .unwrap();
            assert!(done.left.is_none());
            assert_eq!(done.cleared, moved.then_some(Kind::File));
            assert_eq!((scene.file.count(), scene.keyring.count()), (0, 1));
            assert_eq!(scene.now().copy_in, None);
            scene.assert_whole();
        }
    }

    /// Nobody is signed out while a copy of their secret is left anywhere.
    #[test]
    fn signing_out_removes_a_copy_as_well() {
        let scene = scene();
        let noted = Account {
            copy_in: Some(Kind::Keyring),
            ..scene.account.clone()
        };
        scene.vault.record(&noted).unwrap();
        scene.keyring.put(&noted.id, &Secret::new("x")).unwrap();
        scene.keyring.fail(Some("remove"));
        scene.vault.forget(&noted).unwrap_err();
        assert_eq!(scene.now(), noted);
        scene.keyring.fail(None);
        scene.vault.forget(&noted).unwrap();
        assert_eq!(scene.copies(), 0);
    }

    #[test]
    fn whoever_has_read_the_entry_before_finds_the_secret_after() {
        let scene = scene();
        let mut seen = scene.account.clone();
        scene
            .vault
            .move_account(&scene.account, Kind::Keyring)
            .unwrap();
        assert_eq!(scene.vault.secrets(&seen).unwrap(), None);
        let found = scene.vault.secrets_of_now(&mut seen).unwrap();
        assert_eq!(found, Some(scene.secrets.clone()));
        assert_eq!(seen.store, Kind::Keyring);
    }

    #[test]
    fn without_a_secret_there_is_nothing_to_move() {
        let scene = scene();
        scene.vault.discard(&scene.account).unwrap();
        let error = scene
            .vault
            .move_account(&scene.account, Kind::Keyring)
            .unwrap_err();
        assert_eq!(error.code, Code::LoginRequired);
        assert_eq!(scene.now(), scene.account);
        scene.file.fail(Some("put"));
        let error = scene
            .vault
            .move_account(&scene.account, Kind::Keyring)
            .unwrap_err();
        assert_eq!(error.code, Code::StoreUnavailable, "it may hold one");
    }

    #[test]
    fn a_client_with_and_without_secrets_goes_where_its_record_says() {
        let scene = scene();
        let client = KeptClient {
            id: random_id(),
            client_id: "fob".into(),
            auth: ClientAuth::None,
            pin: "https://id.example.com".into(),
            store: Kind::File,
            copy_in: None,
            secret_expires_at: None,
            configuration_endpoint: None,
        };
        let secrets = ClientSecrets {
            client_secret: Some(Secret::new("s")),
            registration_access_token: None,
        };
        for secrets in [ClientSecrets::default(), secrets] {
            scene.vault.keep_client("acme", &client, &secrets).unwrap();
            let moved = scene.vault.move_client_secrets("acme", Kind::Keyring);
            assert!(matches!(moved, Ok((true, None))), "{moved:?}");
            let now = scene.vault.client("acme").unwrap().unwrap();
            assert_eq!((now.store, now.copy_in), (Kind::Keyring, None));
            assert_eq!(scene.vault.client_secrets(&now).unwrap(), secrets);
            assert_eq!(scene.file.count(), 1, "the account's");
            let again = scene.vault.move_client_secrets("acme", Kind::Keyring);
            assert!(matches!(again, Ok((false, None))), "{again:?}");
        }
    }
}
