//! Which account here one of a backup is.

use std::sync::Arc;

use super::*;
use crate::account::Identity;
use crate::paths::Paths;
use crate::store::Nobody;
use crate::token_set::TokenSet;
use crate::verbs::fixture;
use keyfob_base::secret::Secret;

fn account(id: &str, name: &str, subject: &str) -> Account {
    let fixture = fixture::account();
    Account {
        id: id.into(),
        name: name.into(),
        store: Kind::File,
        identity: Identity {
            subject: subject.into(),
            ..fixture.identity.clone()
        },
        ..fixture
    }
}

fn saved(account: Account) -> Saved {
    Saved {
        secrets: Secrets {
            tokens: TokenSet {
                access_token: Secret::new("a"),
                refresh_token: Some(Secret::new("r")),
                id_token: None,
                token_type: "Bearer".into(),
                scopes: Vec::new(),
                received_at: account.received_at,
                expires_at: account.expires_at,
            },
            client_secret: None,
            generation: account.generation,
        },
        account,
        default: false,
    }
}

fn found(here: &[Account], wanted: &Saved) -> Option<String> {
    let known = Listing {
        accounts: here.to_vec(),
        broken: Vec::new(),
    };
    counterpart(&known, wanted).map(|account| account.id)
}

#[test]
fn an_account_is_known_by_its_id_then_its_name_and_never_by_its_person_alone() {
    let one = saved(account("1a", "ada", "ada"));
    for (here, expected) in [
        (vec![], None),
        (
            vec![account("1a", "work", "ada"), account("2b", "ada", "ada")],
            Some("1a"),
        ),
        (
            vec![account("2b", "ada", "ada"), account("3c", "x", "ada")],
            Some("2b"),
        ),
        (vec![account("2b", "mine", "ada")], None),
        (vec![account("2b", "ada-3", "ada")], Some("2b")),
        (vec![account("2b", "ada-read", "ada")], None),
        (vec![account("1a", "ada", "grace")], None),
    ] {
        assert_eq!(found(&here, &one).as_deref(), expected, "{here:?}");
    }
}

/// Two accounts of one person are two, though one of them is not here.
#[test]
fn a_further_account_of_a_person_takes_the_place_of_none() {
    let read = saved(account("1a", "ada-read", "ada"));
    let publish = saved(account("2b", "ada-publish", "ada"));
    let here = [account("1a", "ada-read", "ada")];
    assert_eq!(found(&here, &read).as_deref(), Some("1a"));
    assert_eq!(found(&here, &publish), None);
}

/// Of a token that was given, and never asked about, nobody knows whose it is.
#[test]
fn an_unknown_person_is_nobody_else() {
    let one = saved(account("1a", "ci", ""));
    let here = [account("2b", "other", "")];
    assert_eq!(found(&here, &one), None);
    let here = [account("2b", "ci", "")];
    assert_eq!(found(&here, &one).as_deref(), Some("2b"));
}

#[test]
fn an_account_that_is_changed_meanwhile_is_judged_again() {
    let home = tempfile::tempdir().unwrap();
    let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
    let place = Place {
        asked: None,
        usual: Kind::File,
    };
    let old = saved(account("1a", "ada", "ada"));
    assert!(matches!(
        vault.restore(&old, place, Over::Never).unwrap(),
        Restored::New(..)
    ));
    let mut newer = old.clone();
    let seen = old.account.updated_at.plus(10);
    newer.secrets.tokens.received_at = seen;
    newer.account.describe(&newer.secrets.tokens, 2);
    assert!(matches!(
        vault.restore(&newer, place, Over::Never).unwrap(),
        Restored::Updated(..)
    ));
    let here = vault.newer_than(&old).unwrap().unwrap();
    assert_eq!(here.updated_at, seen);
    for (over, updated) in [
        (Over::Never, false),
        (Over::Seen(seen.plus(1)), false), // somebody was asked about another state
        (Over::Seen(seen), true),
    ] {
        let result = vault.restore(&old, place, over).unwrap();
        assert_eq!(matches!(result, Restored::Updated(..)), updated, "{over:?}");
    }
    let now = vault.find("huggingface", "ada").unwrap().unwrap();
    let secrets = vault.secrets(&now).unwrap().unwrap();
    assert_eq!(secrets.tokens, old.secrets.tokens);
    assert_eq!(secrets.generation, now.generation);
    assert!(
        now.generation > newer.account.generation,
        "whoever waits adopts it"
    );
}

/// Writing an entry may fail after it is there: what may lead to the secret keeps it.
#[test]
fn a_new_secret_is_taken_back_only_where_nothing_leads_to_it() {
    let home = tempfile::tempdir().unwrap();
    let vault = Vault::new(Paths::under(home.path()), false, Arc::new(Nobody));
    let one = saved(account("1a", "ada", "ada"));
    let entry = Paths::under(home.path())
        .accounts()
        .join("huggingface/ada.json");
    let kept = |before: Option<&[u8]>| {
        vault.keep(&one.account, &one.secrets).unwrap();
        if let Some(before) = before {
            std::fs::write(&entry, before).unwrap();
        }
        vault.undo_new(&one.account);
        vault.secrets(&one.account).unwrap().is_some()
    };
    assert!(!kept(None));
    vault.record(&one.account).unwrap();
    assert!(kept(None), "the entry leads to it");
    assert!(kept(Some(b"{")), "it may");
    vault.record(&account("2b", "ada", "ada")).unwrap();
    assert!(!kept(None), "it leads elsewhere");
}
