//! The same in the real gnome-keyring: what is there is listed, and nothing is unlocked for it.

use std::time::Duration;

use keyfob::store::Kind;

use super::*;
use crate::provider::Provider;
use crate::service::{Keyring, SecretService, available};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn signed_in(session: &SecretService) -> (Home, Provider) {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.set("KEYFOB_STORE", "keyring");
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    (home, provider)
}

/// Puts a secret under a key, as another home of the same user would.
fn put(session: &SecretService, key: &str) {
    let mut command = std::process::Command::new("sh");
    session.join(&mut command);
    let line = "echo something | secret-tool store --label=x service keyfob username \"$0\"";
    let status = command.args(["-c", line, key]).status().expect("sh starts");
    assert!(status.success(), "{status}");
}

fn has(session: &SecretService, key: &str) -> bool {
    let mut command = std::process::Command::new("secret-tool");
    session.join(&mut command);
    let found = command
        .args(["lookup", "service", "keyfob", "username", key])
        .output();
    !found.expect("secret-tool starts").stdout.is_empty()
}

#[test]
fn index_and_keyring_are_compared_both_ways() {
    if !available("index_and_keyring_are_compared_both_ways") {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    let (home, _provider) = signed_in(&session);
    let found = look(&home, &[]);
    one(
        &found,
        "pass",
        "store",
        "the keyring takes and gives secrets: in the Secret Service",
    );
    one(&found, "pass", "index", "the one account has its secret");
    well(&found);

    // Never locked here, so it may be another home's: named, with the command, and left alone.
    put(&session, KEY);
    let others = one(
        &look(&home, &["--mend"]),
        "warn",
        "index",
        &format!("`{KEY}` in the keyring, nor did one before"),
    );
    assert!(
        !others.mendable
            && others
                .hint
                .contains(&format!("secret-tool clear service keyfob username {KEY}")),
        "{others:?}"
    );
    assert!(has(&session, KEY));

    // One that was written here has its lock here.
    drop(
        home.vault()
            .wait_for_lock(KEY, Duration::ZERO)
            .expect("a lock"),
    );
    let ours = one(
        &look(&home, &[]),
        "warn",
        "index",
        &format!("no account leads to the secret `{KEY}` in the keyring"),
    );
    assert!(ours.mendable, "{ours:?}");
    assert!(one(&look(&home, &["--mend"]), "pass", "index", "mended").mended);
    assert!(!has(&session, KEY));
    well(&look(&home, &[]));

    let id = home.account("acme/julien").id;
    session.remove("keyfob", &id);
    let gone = one(
        &look(&home, &[]),
        "fail",
        "index",
        "acme/julien: its secret is gone from the keyring",
    );
    assert!(gone.hint.contains("`keyfob login acme/julien`"), "{gone:?}");
}

/// A login that is killed between keyring and index has left its lock, and so what can be mended.
#[test]
fn a_new_secret_of_this_home_is_known_by_its_lock() {
    if !available("a_new_secret_of_this_home_is_known_by_its_lock") {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    let (home, _provider) = signed_in(&session);
    let id = home.account("acme/julien").id;
    std::fs::remove_file(home.path("data/accounts/acme/julien.json")).expect("an entry");
    look(&home, &["--mend"]);
    assert!(!has(&session, &id));
    well(&look(&home, &[]));
}

/// What a killed move leaves: the index says which store counts.
#[test]
fn a_secret_in_two_stores_loses_the_one_that_does_not_count() {
    if !available("a_secret_in_two_stores_loses_the_one_that_does_not_count") {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    let (home, _provider) = signed_in(&session);
    home.run(&["login", "sandbox", "--store", "file"]).ok();
    let token = home.run(&["token", "acme"]).ok().stdout;
    let account = home.account("acme/julien");
    let mut moved = home.account("acme/julien");
    moved.store = Kind::File;
    home.vault()
        .keep(&moved, &home.secrets("sandbox/ada"))
        .expect("the file store");
    let copy = home.path(&format!("data/secrets/{}.age", account.id));
    let left = one(
        &look(&home, &[]),
        "warn",
        "index",
        &format!(
            "no account leads to the secret `{}` in the file store",
            account.id
        ),
    );
    assert!(left.mendable, "{left:?}");
    look(&home, &["--mend"]);
    assert!(!copy.exists());
    well(&look(&home, &[]));
    assert_eq!(home.run(&["token", "acme"]).ok().stdout, token);

    // The other way round: it had moved, and the keyring's was not removed yet.
    home.vault()
        .keep(&moved, &home.secrets("sandbox/ada"))
        .expect("the file store");
    home.vault().record(&moved).expect("an entry");
    one(
        &look(&home, &["--mend"]),
        "pass",
        "index",
        &format!("`{}` in the keyring; mended", account.id),
    );
    assert!(!has(&session, &account.id) && copy.exists());
    well(&look(&home, &[]));
}

#[test]
fn what_is_locked_is_not_unlocked_and_says_nothing_of_accounts() {
    if !available("what_is_locked_is_not_unlocked_and_says_nothing_of_accounts") {
        return;
    }
    let mut session = SecretService::start(Keyring::Unlocked);
    let (home, _provider) = signed_in(&session);
    session.lock();
    let run = home.run_within(Duration::from_secs(5), &["doctor", "--json"]);
    let found = findings(&run);
    let store = one(
        &found,
        "fail",
        "store",
        "the keyring is locked and nobody unlocked it",
    );
    assert!(
        store.hint.contains("unlock or start the keyring"),
        "{store:?}"
    );
    one(&found, "pass", "index", "the keyring could not be compared");
    session.stop();
    let run = home.run_within(Duration::from_secs(5 + 4), &["doctor", "--json"]);
    one(
        &findings(&run),
        "fail",
        "store",
        "the keyring did not answer within 5 s",
    );
    session.resume();
}

#[test]
fn without_a_collection_only_the_rehearsal_tells() {
    if !available("without_a_collection_only_the_rehearsal_tells") {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    let (mut home, _provider) = signed_in(&session);
    let empty = SecretService::start(Keyring::NoCollection);
    home.set("DBUS_SESSION_BUS_ADDRESS", empty.address());
    let found = look(&home, &["--mend"]);
    one(
        &found,
        "fail",
        "store",
        "the keyring has no default collection",
    );
    assert!(!format!("{found:?}").contains("is gone"), "{found:#?}");
}
