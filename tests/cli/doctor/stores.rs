//! Whether secrets can be written and read, with the true cause where not.

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::provider::acme;

const BUS: &str = "unix:path=/nonexistent/bus";

#[test]
fn a_usual_store_that_cannot_be_used_fails_where_nothing_else_is_in_use() {
    let mut home = Home::new();
    home.set("DBUS_SESSION_BUS_ADDRESS", BUS);
    home.set("KEYFOB_STORE", "keyring");
    let found = look(&home, &[]);
    let store = one(&found, "fail", "store", "no D-Bus session bus");
    for way in [
        "unlock or start the keyring",
        "`keyfob login PROVIDER --store file`",
        "KEYFOB_STORE=file",
    ] {
        assert!(store.hint.contains(way), "{store:?}");
    }

    let (mut home, _provider) = signed_in();
    home.set("DBUS_SESSION_BUS_ADDRESS", BUS);
    home.unset("KEYFOB_STORE");
    home.write("config/config.toml", "store = \"keyring\"");
    home.set("KEYFOB_STORE", "");
    let found = look(&home, &[]);
    one(&found, "warn", "store", "no account needs it");
    one(
        &found,
        "pass",
        "store",
        "the file store takes and gives secrets",
    );
    home.set("KEYFOB_STORE", "file");
    let found = look(&home, &[]);
    assert_eq!(
        found.iter().filter(|one| one.check == "store").count(),
        1,
        "{found:#?}"
    );
}

#[test]
fn a_store_that_takes_nothing_fails_with_the_cause() {
    let (home, _provider) = signed_in();
    let broken = home.break_writing();
    let store = one(
        &look(&home, &[]),
        "fail",
        "store",
        "recipient.txt` does not belong",
    );
    assert!(store.hint.contains("remove that file"), "{store:?}");
    drop(broken);
    well(&look(&home, &[]));
    std::fs::remove_dir_all(home.path("config/identity")).expect("a folder");
    let store = one(
        &look(&home, &[]),
        "fail",
        "store",
        "the file store's key is missing",
    );
    assert!(store.hint.contains("backup"), "{store:?}");
    assert!(!home.path("config/identity").exists(), "none is made anew");
}

#[test]
fn a_passphrase_is_checked_where_it_is_given_and_missed_where_it_is_not() {
    let (mut home, _provider) = acme();
    home.set("KEYFOB_PASSPHRASE", "MARKED-SECRET-right");
    home.login(&["acme"]).ok();
    let found = look(&home, &[]);
    one(
        &found,
        "pass",
        "store",
        "encrypted with age behind your passphrase",
    );
    well(&found);
    home.set("KEYFOB_PASSPHRASE", "MARKED-SECRET-wrong");
    one(&look(&home, &[]), "fail", "store", "wrong passphrase");
    home.unset("KEYFOB_PASSPHRASE");
    let found = look(&home, &[]);
    let store = one(&found, "warn", "store", "its passphrase is missing");
    assert!(store.hint.contains("KEYFOB_PASSPHRASE_FILE"), "{store:?}");
    one(&found, "pass", "index", "the one account has its secret");
    home.set("KEYFOB_PASSPHRASE_FILE", "/nonexistent/file");
    one(
        &look(&home, &[]),
        "fail",
        "store",
        "there is no `/nonexistent/file`",
    );
}
