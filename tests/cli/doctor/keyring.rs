//! The same in the real gnome-keyring: what is there is listed, and nothing is unlocked for it.

use keyfob::store::Kind;

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::secret_service::{Keyring, SecretService};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Puts a secret under a key, as another home of the same user would.
fn put(session: &SecretService, key: &str) {
    let mut command = std::process::Command::new("sh");
    session.join(&mut command);
    let line = "echo something | secret-tool store --label=x service keyfob username \"$0\"";
    let status = command.args(["-c", line, key]).status().expect("sh starts");
    assert!(status.success(), "{status}");
}

#[test]
fn index_and_keyring_are_compared_both_ways() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = session.signed_in();
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
    assert!(session.holds("keyfob", KEY));

    session.remove("keyfob", KEY);
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

/// A login that is killed between keyring and index leaves this, and so does an account of another index.
#[track_caller]
fn is_told_and_left(session: &SecretService, home: &Home, id: &str) {
    let words = format!(
        "no account here leads to the secret `{id}` in the keyring; another KEYFOB_HOME or data folder may"
    );
    let told = one(&look(home, &["--mend"]), "warn", "index", &words);
    let command = format!("`secret-tool clear service keyfob username {id}`");
    assert!(!told.mendable && told.hint.contains(&command), "{told:?}");
    assert!(session.holds("keyfob", id));
}

#[test]
fn a_secret_with_a_lock_here_is_told_and_left_alone() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = session.signed_in();
    let id = home.account("acme/julien").id;
    std::fs::remove_file(home.path("data/accounts/acme/julien.json")).expect("an entry");
    is_told_and_left(&session, &home, &id);
}

#[test]
fn accounts_of_another_home_with_the_same_state_folder_keep_their_secrets() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, _provider) = session.signed_in();
    let first = home.text_path("");
    let state = format!("state_dir = \"{}\"\n", home.text_path("shared"));
    home.write("config/config.toml", &state);
    home.login(&["acme", "--replace"]).ok();
    let id = home.account("acme/julien").id;
    assert!(home.path(&format!("shared/locks/{id}.lock")).exists());
    home.write("other/config/config.toml", &state);
    home.set("KEYFOB_HOME", home.text_path("other"));
    is_told_and_left(&session, &home, &id);
    home.set("KEYFOB_HOME", first);
    home.run(&["token", "acme"]).ok();
}

#[test]
fn accounts_of_another_data_folder_keep_their_secrets() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = (session.home(), Provider::start());
    home.set("KEYFOB_HOME", "");
    for (name, folder) in [("CONFIG", "config"), ("DATA", "one"), ("STATE", "state")] {
        home.set(&format!("XDG_{name}_HOME"), home.text_path(folder));
    }
    home.write(
        "config/keyfob/providers/acme.toml",
        &provider.definition(""),
    );
    home.login(&["acme"]).ok();
    let entry = std::fs::read(home.path("one/keyfob/accounts/acme/julien.json"));
    let entry: Value = serde_json::from_slice(&entry.expect("an entry")).expect("JSON");
    let id = entry["id"].as_str().expect("an id");
    home.set("XDG_DATA_HOME", home.text_path("two"));
    is_told_and_left(&session, &home, id);
    home.set("XDG_DATA_HOME", home.text_path("one"));
    home.run(&["token", "acme"]).ok();
}

/// What a killed move leaves: the index says which store counts.
#[test]
fn a_secret_in_two_stores_loses_the_one_that_does_not_count() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (home, _provider) = session.signed_in();
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
    is_told_and_left(&session, &home, &account.id);
    assert!(copy.exists());
}

#[test]
fn what_is_locked_is_not_unlocked_and_says_nothing_of_accounts() {
    let Some(mut session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, _provider) = session.signed_in();
    session.lock();
    let run = home.run(&["doctor", "--json"]);
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
    home.set("KEYFOB_TEST_KEYRING", "1");
    let run = home.run(&["doctor", "--json"]);
    one(
        &findings(&run),
        "fail",
        "store",
        "the keyring did not answer within 1 s",
    );
    session.resume();
}

#[test]
fn without_a_collection_only_the_rehearsal_tells() {
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, _provider) = session.signed_in();
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
