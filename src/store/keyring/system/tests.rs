//! The keyring's contract over the mock of the library that the platform's stores are built on.

use std::sync::Arc;

use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error, mock};

use super::*;
use crate::store::keyring::entries::Entries;
use crate::store::{Nobody, contract};

/// The mock store, or one that fails.
pub(crate) struct Mock(pub Arc<mock::Store>);

impl Entries for Mock {
    fn entry(&self, name: &str) -> Result<Entry, StoreError> {
        self.0
            .build("keyfob", name, None)
            .map_err(|error| cause::explain(&error))
    }
}

fn keyring(store: &Arc<mock::Store>, limit: Option<usize>) -> Keyring {
    let deadline = Box::leak(Box::new(Deadline::new()));
    let chunks = Chunks::new(Box::new(Mock(Arc::clone(store))), limit);
    Keyring::over(Arc::new(Nobody), deadline, chunks)
}

/// How many entries hold something.
pub(crate) fn filled(store: &mock::Store) -> usize {
    let mut creds = store.inner.lock().unwrap();
    let creds = creds.get_mut().iter();
    creds
        .filter(|cred| cred.inner.lock().unwrap().get_mut().secret.is_some())
        .count()
}

fn fail_next(store: &mock::Store, name: &str, error: Error) {
    let entry = store.build("keyfob", name, None).unwrap();
    let cred: &mock::Cred = entry.as_any().downcast_ref().unwrap();
    cred.set_error(error);
}

#[test]
fn the_contract_holds_with_and_without_splitting() {
    for limit in [None, Some(2_560), Some(100)] {
        let store = mock::Store::new().unwrap();
        contract::check(&keyring(&store, limit));
        assert_eq!(
            filled(&store),
            0,
            "limit {limit:?}: something was left behind"
        );
    }
}

#[test]
fn a_failure_is_told_and_is_not_absence() {
    let store = mock::Store::new().unwrap();
    let keyring = keyring(&store, None);
    keyring.put("0a", &Secret::new("kept")).unwrap();
    let locked = || {
        Error::NoStorageAccess(Box::new(std::io::Error::other(
            "SS error: prompt dismissed",
        )))
    };
    fail_next(&store, "0a", locked());
    assert_eq!(
        keyring.get("0a").unwrap_err().cause,
        "the keyring is locked and nobody unlocked it"
    );
    fail_next(&store, "0a", locked());
    assert!(keyring.put("0a", &Secret::new("new")).is_err());
    fail_next(&store, "0a", locked());
    assert!(keyring.remove("0a").is_err());
    assert_eq!(keyring.get("0a").unwrap().unwrap().expose(), "kept");
}

#[test]
fn octets_that_are_no_text_are_told_and_not_shown() {
    let store = mock::Store::new().unwrap();
    Mock(Arc::clone(&store))
        .set("0a", b"\xff\xfemarked")
        .unwrap();
    let error = keyring(&store, None).get("0a").unwrap_err();
    assert!(error.cause.contains("is not what keyfob wrote"), "{error}");
    assert!(!format!("{error:?}").contains("marked"));
}
