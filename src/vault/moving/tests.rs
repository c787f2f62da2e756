//! A move that fails at each of its calls of either store: the entry leads to a whole secret, and names every
//! place where another may be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::account::random_id;
use crate::paths::Paths;
use crate::provider::ClientAuth;
use crate::store::{Nobody, Store, StoreError};
use crate::token_set::TokenSet;
use crate::vault::{ClientSecrets, Secrets};
use crate::verbs::fixture;
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
