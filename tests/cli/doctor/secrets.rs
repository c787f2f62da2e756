//! Secrets in the file store that cannot be read, and entries that lead to one.

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::provider::acme;

fn secret_of(home: &Home, account: &str) -> std::path::PathBuf {
    home.path(&format!("data/secrets/{}.age", home.account(account).id))
}

#[test]
fn a_damaged_secret_is_found_and_named_with_what_mends_it() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let path = secret_of(&home, "acme/work");
    let whole = std::fs::read(&path).expect("a secret");
    let others = std::fs::read(secret_of(&home, "acme/julien")).expect("a secret");
    let end = whole.len();
    for (bytes, why) in [
        (&b""[..], "it is empty"),
        (b"MARKED-SECRET-garbage", "it is no age file"),
        (&whole[..40], "its beginning is damaged"),
        (&whole[..end - 1], "acme/work: its secret cannot be read"),
        (&others, "does not carry keyfob's seal"),
    ] {
        std::fs::write(&path, bytes).expect("a file");
        let found = look(&home, &["--mend"]);
        let damaged = one(&found, "fail", "index", why);
        for hint in [
            "`keyfob login acme/work`",
            "`keyfob restore FILE acme/work --replace`",
        ] {
            assert!(damaged.hint.contains(hint), "{damaged:?}");
        }
        assert!(
            !found
                .iter()
                .any(|one| one.message.contains("have their secrets"))
        );
        assert!(!format!("{found:?}").contains(MARK), "{found:?}");
        assert_eq!(std::fs::read(&path).expect("a file"), bytes, "left alone");
    }
    let token = home
        .run(&["token", "acme/work"])
        .fails(1, &["keyfob's seal", "keyfob doctor"]);
    assert_eq!(token.stdout, "", "nobody else's token");
    home.login(&["acme/work"]).ok();
    well(&look(&home, &[]));
}

#[test]
fn a_secret_that_is_no_file_or_older_than_its_entry_is_found() {
    let (home, _provider) = signed_in();
    let path = secret_of(&home, "acme/julien");
    let before = std::fs::read(&path).expect("a secret");
    home.run(&["refresh"]).ok();
    std::fs::write(&path, before).expect("a file");
    one(&look(&home, &[]), "fail", "index", "older than its entry");
    std::fs::remove_file(&path).expect("a file");
    std::fs::create_dir(&path).expect("a folder");
    one(&look(&home, &[]), "fail", "index", "not a regular file");
}

#[test]
fn a_backup_brings_a_damaged_secret_back() {
    let keys = keyfob_testkit::backup::Keys::generate();
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let others = std::fs::read(secret_of(&home, "acme/work")).expect("a secret");
    let file = home.backed_up(&keys, &[]);
    home.write("key.txt", &keys.identity);
    for bytes in [&b"none"[..], &others] {
        std::fs::write(secret_of(&home, "acme/julien"), bytes).expect("a file");
        home.restore(&file, &["acme/julien", "--replace"]).ok();
        well(&look(&home, &[]));
    }
}

#[test]
fn without_its_passphrase_the_store_is_looked_at_from_outside() {
    let (mut home, _provider) = acme();
    home.set("KEYFOB_PASSPHRASE", "MARKED-SECRET-right");
    home.login(&["acme"]).ok();
    let path = secret_of(&home, "acme/julien");
    let whole = std::fs::read(&path).expect("a secret");
    let said = "the secret of one account could not be looked at";
    well(&look(&home, &[]));
    home.unset("KEYFOB_PASSPHRASE");
    one(&look(&home, &[]), "pass", "index", said);
    std::fs::write(&path, "none").expect("a file");
    one(&look(&home, &[]), "fail", "index", "it is no age file");
    std::fs::write(&path, &whole[..whole.len() - 1]).expect("a file");
    one(&look(&home, &[]), "pass", "index", said);
    home.set("KEYFOB_PASSPHRASE", "MARKED-SECRET-right");
    one(
        &look(&home, &[]),
        "fail",
        "index",
        "its secret cannot be read",
    );
}

#[test]
fn entries_that_share_a_secret_are_told_and_logging_one_out_leaves_the_other() {
    let (home, provider) = signed_in();
    let entry = |name: &str| home.path(&format!("data/accounts/acme/{name}.json"));
    std::fs::copy(entry("julien"), entry("copy")).expect("an entry");
    let words = "acme/copy and acme/julien lead to one secret";
    let shared = one(&look(&home, &[]), "fail", "index", words);
    assert!(
        shared.hint.contains("`keyfob logout acme/copy`"),
        "{shared:?}"
    );
    home.run(&["move", "acme/copy", "--store", "file"])
        .fails(1, &["lead to one secret"]);
    for how in [&["--local"][..], &["--local", "--leave-secret"], &[]] {
        std::fs::copy(entry("julien"), entry("copy")).expect("an entry");
        let run = home.run(&[&["logout", "acme/copy"], how].concat()).ok();
        let said = "acme/copy: acme/julien has the same tokens, and keeps them";
        assert!(run.stderr.contains(said), "{run:?}");
        assert!(provider.asked("/revoke").is_empty());
        assert_eq!(home.accounts(), ["acme/julien"]);
        home.run(&["refresh"]).ok();
        well(&look(&home, &[]));
    }
    std::fs::copy(entry("julien"), entry("copy")).expect("an entry");
    home.run(&["logout", "--all", "--yes"]).ok();
    assert!(
        !provider.asked("/revoke").is_empty(),
        "the last one is revoked"
    );
    assert!(home.stored().is_empty(), "{:?}", home.stored());
}
