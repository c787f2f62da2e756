//! What goes along with a provider's new name, and what a crash on the way leaves.

use std::sync::Arc;

use tempfile::TempDir;

use std::time::Duration;

use super::*;
use crate::account::random_id;
use crate::paths::Paths;
use crate::provider::ClientAuth;
use crate::store::{Kind, Nobody};
use crate::token_set::TokenSet;
use crate::vault::{ClientSecrets, KeptClient, Secrets};
use crate::verbs::fixture;
use keyfob_base::secret::Secret;

const OLD: &str = "id-example-com";
const NEW: &str = "acme";

fn scene() -> (TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
    (home, vault)
}

/// Signs somebody in, with `name` as the access token.
fn signed_in(vault: &Vault, provider: &str, name: &str) -> Account {
    let account = Account {
        provider: provider.into(),
        name: name.into(),
        id: random_id(),
        store: Kind::File,
        ..fixture::account()
    };
    let secrets = Secrets {
        tokens: TokenSet {
            access_token: Secret::new(name),
            refresh_token: None,
            id_token: None,
            token_type: "Bearer".into(),
            scopes: Vec::new(),
            received_at: account.received_at,
            expires_at: account.expires_at,
        },
        client_secret: None,
        generation: account.generation,
    };
    vault.keep(&account, &secrets).unwrap();
    vault.record(&account).unwrap();
    account
}

/// A provider's accounts by name, each with its access token.
fn accounts(vault: &Vault, provider: &str) -> Vec<(String, String)> {
    let read = |account: Account| {
        let secrets = vault.secrets(&account).unwrap().unwrap();
        let token = secrets.tokens.access_token.expose().to_owned();
        (account.name, token)
    };
    let accounts = vault.accounts_of(provider).accounts;
    accounts.into_iter().map(read).collect()
}

fn named(names: &[&str]) -> Vec<(String, String)> {
    let pair = |name: &&str| ((*name).to_owned(), (*name).to_owned());
    names.iter().map(pair).collect()
}

#[test]
fn accounts_go_along_with_their_secrets_and_the_default() {
    let (_home, vault) = scene();
    signed_in(&vault, OLD, "ada");
    let grace = signed_in(&vault, OLD, "grace");
    vault.make_default(&grace, false).unwrap();
    vault.move_provider(OLD, NEW).unwrap();
    assert_eq!(accounts(&vault, NEW), named(&["ada", "grace"]));
    assert_eq!(accounts(&vault, OLD), []);
    assert_eq!(vault.default_of(NEW).as_deref(), Some("grace"));
    assert_eq!(vault.default_of(OLD), None);
}

#[test]
fn whoever_gives_a_name_there_is_waited_for() {
    let (_home, vault) = scene();
    signed_in(&vault, OLD, "ada");
    for provider in [OLD, NEW] {
        let at_work = vault.wait_for_lock(&names_lock(provider), Duration::ZERO);
        let at_work = at_work.unwrap();
        std::thread::scope(|scope| {
            let moving = scope.spawn(|| vault.move_provider(OLD, NEW));
            std::thread::sleep(Duration::from_millis(100)); // time enough to go ahead wrongly
            assert!(!moving.is_finished(), "{provider}");
            drop(at_work);
            moving.join().unwrap().unwrap();
        });
    }
    assert_eq!(accounts(&vault, NEW), named(&["ada"]));
}

#[test]
fn without_a_default_none_is_made() {
    let (_home, vault) = scene();
    signed_in(&vault, OLD, "ada");
    vault.move_provider(OLD, NEW).unwrap();
    assert_eq!(vault.default_of(NEW), None);
}

#[test]
fn a_crash_between_the_two_entries_loses_nothing_and_is_mended_by_moving_again() {
    let (_home, vault) = scene();
    let ada = signed_in(&vault, OLD, "ada");
    signed_in(&vault, OLD, "grace");
    vault.make_default(&ada, false).unwrap();
    let moved = Account {
        provider: NEW.into(),
        ..ada
    };
    vault.record(&moved).unwrap();
    assert_eq!(accounts(&vault, OLD), named(&["ada", "grace"]));
    assert_eq!(accounts(&vault, NEW), named(&["ada"]));

    vault.move_provider(OLD, NEW).unwrap();
    assert_eq!(accounts(&vault, OLD), []);
    assert_eq!(accounts(&vault, NEW), named(&["ada", "grace"]));
    assert_eq!(vault.default_of(NEW).as_deref(), Some("ada"));
}

#[test]
fn the_client_goes_along_with_its_secret() {
    let (_home, vault) = scene();
    let client = KeptClient {
        id: random_id(),
        client_id: "fob".into(),
        auth: ClientAuth::ClientSecretPost,
        pin: "https://id.example.com".into(),
        store: Kind::File,
        secret_expires_at: None,
        copy_in: None,
        configuration_endpoint: None,
    };
    let secrets = ClientSecrets {
        client_secret: Some(Secret::new("hush")),
        ..ClientSecrets::default()
    };
    vault.keep_client(OLD, &client, &secrets).unwrap();
    vault.move_provider(OLD, NEW).unwrap();
    assert_eq!(vault.client(OLD).unwrap(), None);
    assert_eq!(vault.client(NEW).unwrap().as_ref(), Some(&client));
    assert_eq!(vault.client_secrets(&client).unwrap(), secrets);
    assert!(vault.is_free(OLD).is_ok());
    assert_eq!(vault.is_free(NEW).unwrap_err().code, Code::AccountConflict);
}

#[test]
fn another_account_of_that_name_is_not_overwritten() {
    let (_home, vault) = scene();
    let theirs = signed_in(&vault, NEW, "ada");
    signed_in(&vault, OLD, "ada");
    assert_eq!(vault.is_free(NEW).unwrap_err().code, Code::AccountConflict);
    let error = vault.move_provider(OLD, NEW).unwrap_err();
    assert_eq!(error.code, Code::AccountConflict, "{error}");
    assert_eq!(vault.find(NEW, "ada").unwrap(), Some(theirs));
    assert_eq!(accounts(&vault, OLD), named(&["ada"]));
}
