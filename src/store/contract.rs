//! What every store promises, as one test.
//!
//! Included by path where a store is to be tested from outside, so it names its imports by `super`.

use super::{Secret, Store};

/// Holds a store to its contract. It must be empty, and is left empty.
pub(crate) fn check(store: &dyn Store) {
    absence_is_no_error(store);
    a_secret_is_replaced_whole_and_removed_once(store);
    keys_are_independent(store);
    a_probe_succeeds_and_touches_nothing(store);
    keys_that_are_no_keys_are_refused(store);
    assert!(!store.protection().is_empty());
}

fn read(store: &dyn Store, key: &str) -> Option<String> {
    store
        .get(key)
        .unwrap_or_else(|error| panic!("get {key}: {error}"))
        .map(|secret| secret.expose().to_owned())
}

fn write(store: &dyn Store, key: &str, secret: &str) {
    store
        .put(key, &Secret::new(secret))
        .unwrap_or_else(|error| panic!("put {key}: {error}"));
}

fn absence_is_no_error(store: &dyn Store) {
    assert_eq!(read(store, "0a"), None);
    assert!(!store.remove("0a").unwrap());
}

fn a_secret_is_replaced_whole_and_removed_once(store: &dyn Store) {
    let long = "0123456789abcdef".repeat(9_000 / 16);
    let longer = "é漢🔑x".repeat(4_000);
    for secret in [
        "short",
        &long,
        "",
        "Zoë \n 日本 🔑 \u{0}",
        &longer,
        "shorter again",
    ] {
        write(store, "0a", secret);
        assert_eq!(read(store, "0a").as_deref(), Some(secret));
    }
    assert!(store.remove("0a").unwrap());
    assert!(!store.remove("0a").unwrap());
    assert_eq!(read(store, "0a"), None);
}

fn keys_are_independent(store: &dyn Store) {
    for (key, secret) in [("0a", "one"), ("0a-0", "two"), ("0b", "three")] {
        write(store, key, secret);
    }
    assert!(store.remove("0a").unwrap());
    assert_eq!(read(store, "0a"), None);
    assert_eq!(read(store, "0a-0").as_deref(), Some("two"));
    assert_eq!(read(store, "0b").as_deref(), Some("three"));
    assert!(store.remove("0a-0").unwrap());
    assert!(store.remove("0b").unwrap());
}

fn a_probe_succeeds_and_touches_nothing(store: &dyn Store) {
    write(store, "0a", "kept");
    store
        .probe()
        .unwrap_or_else(|error| panic!("probe: {error}"));
    assert_eq!(read(store, "0a").as_deref(), Some("kept"));
    assert!(store.remove("0a").unwrap());
}

fn keys_that_are_no_keys_are_refused(store: &dyn Store) {
    assert!(store.get("../a").is_err());
    assert!(store.put("../a", &Secret::new("x")).is_err());
    assert!(store.remove("../a").is_err());
}
