//! What a new name leaves in place, and what a crash on the way leaves.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::account::random_id;
use crate::paths::Paths;
use crate::store::Nobody;
use crate::verbs::fixture;

const PROVIDER: &str = "acme";

fn scene() -> (TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
    (home, vault)
}

fn signed_in(vault: &Vault, name: &str) -> Account {
    let account = Account {
        provider: PROVIDER.into(),
        name: name.into(),
        id: random_id(),
        ..fixture::account()
    };
    vault.record(&account).unwrap();
    account
}

fn names(vault: &Vault) -> Vec<String> {
    let accounts = vault.accounts_of(PROVIDER).accounts;
    accounts.into_iter().map(|account| account.name).collect()
}

#[test]
fn the_id_stays_and_the_default_follows() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    signed_in(&vault, "grace");
    vault.make_default(&ada, false).unwrap();
    let new = vault.rename(&ada, "work").unwrap();
    assert_eq!((new.id.as_str(), new.name.as_str()), (&*ada.id, "work"));
    assert_eq!(names(&vault), ["grace", "work"]);
    assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("work"));
}

#[test]
fn the_default_of_another_stays() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    let grace = signed_in(&vault, "grace");
    vault.make_default(&grace, false).unwrap();
    vault.rename(&ada, "work").unwrap();
    assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("grace"));
}

#[test]
fn a_crash_after_each_write_loses_nothing_and_is_mended_by_renaming_again() {
    for writes in 1..=2 {
        let (_home, vault) = scene();
        let ada = signed_in(&vault, "ada");
        vault.make_default(&ada, false).unwrap();
        let begun = Account {
            name: "work".into(),
            ..ada.clone()
        };
        vault.record(&begun).unwrap();
        if writes == 2 {
            vault.make_default(&begun, false).unwrap();
        }
        assert_eq!(names(&vault), ["ada", "work"]);

        vault.rename(&ada, "work").unwrap();
        assert_eq!(names(&vault), ["work"], "after {writes} writes");
        assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("work"));
    }
}

/// A refresh under the new name, between the crash and the second try.
#[test]
fn what_happened_to_the_new_entry_since_is_kept() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    let since = Account {
        name: "work".into(),
        generation: ada.generation + 1,
        ..ada.clone()
    };
    vault.record(&since).unwrap();
    assert_eq!(vault.rename(&ada, "work").unwrap(), since);
    assert_eq!(vault.find(PROVIDER, "work").unwrap(), Some(since));
    assert_eq!(names(&vault), ["work"]);
}

#[test]
fn whoever_holds_an_account_finds_it_under_its_new_name() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    let new = vault.rename(&ada, "work").unwrap();
    assert_eq!(vault.reread(&ada).unwrap(), Some(new.clone()));
    let other = signed_in(&vault, "ada");
    assert_eq!(vault.reread(&ada).unwrap(), Some(new));
    assert_eq!(vault.reread(&other).unwrap(), Some(other));
}

#[test]
fn an_account_that_has_gone_gets_no_name_and_is_no_default() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    index::remove(&vault.paths, &ada).unwrap();
    for error in [
        vault.rename(&ada, "work").unwrap_err(),
        vault.choose_default(&ada).unwrap_err(),
    ] {
        assert_eq!(error.code, Code::UnknownAccount, "{error}");
    }
    assert!(names(&vault).is_empty());
    assert_eq!(vault.default_of(PROVIDER), None);
}

#[test]
fn a_newer_format_of_the_defaults_is_said_before_anything_is_written() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    let newer = r#"{"version": 2, "defaults": {"acme": "ada"}}"#;
    keyfob_base::files::replace(&vault.paths.defaults_file(), newer.as_bytes()).unwrap();
    for error in [
        vault.rename(&ada, "work").unwrap_err(),
        vault.choose_default(&ada).unwrap_err(),
    ] {
        assert!(error.message.contains("newer format"), "{error}");
    }
    assert_eq!(names(&vault), ["ada"]);
}

/// Such as on a disk with room for the entry alone.
#[test]
fn a_default_that_cannot_follow_leaves_everything_as_it_was() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, "ada");
    vault.make_default(&ada, false).unwrap();
    let lock = vault.paths.locks().join("defaults.lock");
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    let error = vault.rename(&ada, "work").unwrap_err();
    assert_eq!(error.account.as_deref(), Some("acme/ada"), "{error}");
    assert_eq!(names(&vault), ["ada"]);
    assert_eq!(vault.default_of(PROVIDER).as_deref(), Some("ada"));

    std::fs::remove_dir(&lock).unwrap();
    vault.rename(&ada, "work").unwrap();
    assert_eq!(names(&vault), ["work"]);
}
