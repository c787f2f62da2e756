//! `restore`: every store to every store, beside what is here already, and never more than it says.

#[cfg(unix)]
mod hostile;

use serde_json::{Value, json};

use crate::backup::{PASSPHRASE, STEADY, registered};
use crate::vault::HomeVault as _;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::{signed_in, signed_in_to};

/// Another machine: nothing on it, but the identity.
pub fn elsewhere(keys: &Keys) -> Home {
    let home = Home::new();
    home.write("key.txt", &keys.identity);
    home
}

/// The results of a restore, account by account.
#[track_caller]
fn results(answer: &Value) -> Vec<(String, String)> {
    let accounts = answer["accounts"].as_array().expect("accounts");
    let text = |one: &Value, member: &str| one[member].as_str().expect("text").to_owned();
    accounts
        .iter()
        .map(|one| (text(one, "account"), text(one, "result")))
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn from_every_store_to_every_store() {
    use keyfob_testkit::secret_service::{Keyring, SecretService};
    let keys = Keys::generate();
    for from in ["file", "keyring"] {
        let Some(here) = SecretService::for_test(Keyring::Unlocked) else {
            return;
        };
        let (mut home, provider) = (Home::new(), Provider::start());
        home.set("DBUS_SESSION_BUS_ADDRESS", here.address());
        home.provider("acme", &provider.definition(STEADY));
        home.login(&["acme", "--store", from]).ok();
        let token = home.run(&["token"]).ok().stdout;
        let file = home.backed_up(&keys, &[]);
        for to in ["file", "keyring"] {
            let session = SecretService::start(Keyring::Unlocked);
            let mut there = elsewhere(&keys);
            there.set("DBUS_SESSION_BUS_ADDRESS", session.address());
            let run = there.restore(&file, &["--store", to]).ok();
            assert!(run.stderr.contains("restored acme/julien\n"), "{run:?}");
            assert_eq!(there.run(&["token"]).ok().stdout, token, "{from} to {to}");
            assert_eq!(session.count("keyfob"), usize::from(to == "keyring"));
            let list = there.run(&["list", "--json"]).ok().json();
            let account = &list["accounts"][0];
            assert_eq!(
                (&account["store"], &account["default"]),
                (&json!(to), &json!(true))
            );
            there.run(&["whoami"]).ok();
            provider.state(|state| state.rotates = false);
            there.run(&["refresh"]).ok();
            home.run(&["refresh"]).ok();
        }
        assert_eq!(provider.state(|state| state.reuses), 0);
    }
}

/// A keyring is one for all homes, and so are the ids in it.
#[cfg(target_os = "linux")]
#[test]
fn a_secret_of_another_home_in_the_same_keyring_stays() {
    use keyfob_testkit::secret_service::{Keyring, SecretService};
    let keys = Keys::generate();
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    let (mut home, provider) = (Home::new(), Provider::start());
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.provider("acme", &provider.definition(STEADY));
    home.login(&["acme", "--store", "keyring"]).ok();
    let file = home.backed_up(&keys, &[]);
    home.run(&["refresh"]).ok(); // what is here is newer by now
    let token = home.run(&["token"]).ok().stdout;

    let mut there = elsewhere(&keys);
    there.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    there.restore(&file, &["--store", "keyring"]).ok();
    assert_eq!(session.count("keyfob"), 2);
    assert_eq!(home.run(&["token"]).ok().stdout, token);
    assert_ne!(
        there.entry("acme/julien")["id"],
        home.entry("acme/julien")["id"]
    );
    let before = there.kept();
    let again = there.restore(&file, &["--store", "keyring"]).ok();
    assert!(
        again.stderr.contains("is here as it is in the backup"),
        "{again:?}"
    );
    assert!(there.kept() == before);
    there.run(&["logout", "acme", "--local"]).ok();
    home.run(&["token"]).ok();
}

#[test]
fn a_passphrase_serves_as_well() {
    let (mut home, _provider) = signed_in();
    home.set("KEYFOB_BACKUP_PASSPHRASE", PASSPHRASE);
    let file = home.text_path("keyfob.age");
    home.run(&["backup", &file]).ok();
    let mut there = Home::new();
    there
        .run(&["restore", &file])
        .fails(2, &["nobody can be asked here", "KEYFOB_BACKUP_PASSPHRASE"]);
    there.set("KEYFOB_BACKUP_PASSPHRASE", "wrong");
    there
        .run(&["restore", &file])
        .fails(1, &["wrong passphrase", "keyfob.age"]);
    assert!(there.stored().is_empty());
    there.set("KEYFOB_BACKUP_PASSPHRASE", PASSPHRASE);
    let run = there.run(&["restore", &file]).ok();
    let words = "restored acme/julien, without a refresh token: it ends at ";
    assert!(run.stderr.contains(words), "{run:?}");
    assert_eq!(
        there.run(&["token"]).ok().stdout,
        home.run(&["token"]).ok().stdout
    );
    assert_eq!(there.entry("acme/julien")["refreshable"], false);
    there
        .run(&["refresh", "acme"])
        .fails(4, &["no refresh token"]);
    home.run(&["refresh"]).ok();
}

#[test]
fn restoring_again_changes_nothing() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let file = home.backed_up(&keys, &[]);
    let there = elsewhere(&keys);
    let first = there.restore(&file, &["--json"]).ok().json();
    let restored = |name: &str| (format!("acme/{name}"), "restored".to_owned());
    assert_eq!(results(&first), [restored("julien"), restored("work")]);
    assert_eq!(
        first["providers"],
        json!([{"provider": "acme", "result": "restored", "error": null}])
    );
    let before = there.kept();
    for more in [&[][..], &["--replace"], &["--store", "file"]] {
        let again = there.restore(&file, more).ok();
        assert!(
            again
                .stderr
                .contains("acme/work is here as it is in the backup\n"),
            "{again:?}"
        );
        assert!(!again.stderr.contains("restored"), "{again:?}");
        assert!(there.kept() == before, "{more:?}");
    }
    // On the machine that it comes from as well.
    home.write("key.txt", &keys.identity);
    let before = home.kept();
    home.restore(&file, &[]).ok();
    assert!(home.kept() == before);
}

#[test]
fn a_newer_account_here_stays_unless_somebody_says_otherwise() {
    let keys = Keys::generate();
    let (home, provider) = signed_in_to(STEADY);
    home.copy_account("acme/julien", "acme/work");
    let file = home.backed_up(&keys, &[]);
    let old = home.run(&["token", "acme/julien"]).ok().stdout;
    provider.state(|state| state.rotates = false);
    home.later("acme/julien", 60); // the file's is newer
    let there = home.copy();
    there.write("key.txt", &keys.identity);
    there.run(&["refresh", "acme/work"]).ok();
    there.later("acme/work", 0);
    let newer = newer(&there, "acme/work");

    let run = there.restore(&file, &["--json"]);
    assert_eq!(run.status, 1, "{run:?}");
    let failure = run.failure();
    assert_eq!(
        (&failure["error"], &failure["account"]),
        (&json!("account_conflict"), &json!("acme/work"))
    );
    let expected = [("acme/julien", "updated"), ("acme/work", "kept")];
    assert_eq!(
        results(&run.json()),
        expected.map(|(a, r)| (a.to_owned(), r.to_owned()))
    );
    assert_eq!(there.run(&["token", "acme/work"]).ok().stdout, newer);
    assert_eq!(there.run(&["token", "acme/julien"]).ok().stdout, old);

    let run = there
        .restore(&file, &["acme/work", "--replace", "--json"])
        .ok();
    assert_eq!(
        results(&run.json()),
        [("acme/work".to_owned(), "updated".to_owned())]
    );
    assert_eq!(
        there.run(&["token", "acme/work"]).ok().stdout,
        home.run(&["token", "acme/work"]).ok().stdout
    );
}

/// Makes the account's tokens some of a later time; what they are.
fn newer(home: &Home, account: &str) -> String {
    let (mut entry, mut secrets) = (home.account(account), home.secrets(account));
    let at = secrets.tokens.received_at;
    secrets.tokens.received_at = at.plus(600);
    entry.describe(&secrets.tokens, entry.generation);
    let vault = home.vault();
    vault.keep(&entry, &secrets).expect("a working store");
    vault.record(&entry).expect("a file in the home");
    home.run(&["token", account]).ok().stdout
}

#[cfg(unix)]
#[test]
fn a_person_is_asked_about_a_newer_account() {
    use keyfob_testkit::screen::Screen;
    let keys = Keys::generate();
    let (home, _provider) = signed_in_to(STEADY);
    let file = home.backed_up(&keys, &[]);
    home.write("key.txt", &keys.identity);
    newer(&home, "acme/julien");
    let key = home.text_path("key.txt");
    let before = home.entry("acme/julien");
    for (answer, replaced) in [("n\r", false), ("y\r", true)] {
        let mut screen = Screen::start(&home.keyfob(&["restore", &file, "--identity", &key]));
        screen.wait_for("acme/julien here is of ");
        screen.wait_for("put the older one in its place? [y/N]");
        screen.press(answer);
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        assert_eq!(home.entry("acme/julien") != before, replaced, "{shown}");
    }
}

/// Newer tokens are no gain where they are the last.
#[cfg(unix)]
#[test]
fn a_refresh_token_here_makes_room_for_none_only_on_a_yes() {
    use keyfob_testkit::screen::Screen;
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let there = home.copy();
    there.write("key.txt", &keys.identity);
    there.later("acme/julien", 60);
    let file = home.backed_up(&keys, &[]);
    let before = there.kept();
    let run = there.restore(&file, &["--json"]);
    let run = run.fails(
        1,
        &[
            "acme/julien has a refresh token here and none in the backup",
            "--replace",
        ],
    );
    assert_eq!(
        results(&run.json()),
        [("acme/julien".to_owned(), "kept".to_owned())]
    );
    assert!(there.kept() == before);
    let key = there.text_path("key.txt");
    for (answer, refreshable) in [("n\r", true), ("y\r", false)] {
        let mut screen = Screen::start(&there.keyfob(&["restore", &file, "--identity", &key]));
        screen.wait_for(", without a refresh token; put that in its place? [y/N]");
        screen.press(answer);
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
        assert_eq!(there.entry("acme/julien")["refreshable"], refreshable);
    }

    // What was refused is no loss.
    let refused = home.copy();
    refused.write("key.txt", &keys.identity);
    refused.later("acme/julien", 60);
    let mut account = refused.account("acme/julien");
    account.refused_generation = Some(account.generation);
    refused
        .vault()
        .record(&account)
        .expect("a file in the home");
    refused.restore(&file, &[]).ok();
    assert_eq!(refused.entry("acme/julien")["refreshable"], false);
}

#[test]
fn an_older_account_keeps_its_id_and_its_name() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in_to(STEADY);
    let there = home.copy();
    there.write("key.txt", &keys.identity);
    there.run(&["rename", "acme/julien", "mine"]).ok();
    there.later("acme/mine", 60);
    let before = there.entry("acme/mine");
    let file = home.backed_up(&keys, &[]);
    let run = there.restore(&file, &[]).ok();
    assert!(run.stderr.contains("updated acme/mine"), "{run:?}");
    assert_eq!(there.accounts(), ["acme/mine"]);
    let after = there.entry("acme/mine");
    assert_eq!(after["id"], before["id"]);
    assert_eq!(
        after["generation"],
        before["generation"].as_u64().expect("a number") + 1
    );
    assert_eq!(
        there.run(&["token"]).ok().stdout,
        home.run(&["token"]).ok().stdout
    );
}

/// One identity may have several accounts, each with a grant of its own.
#[test]
fn another_name_is_another_account_of_the_same_person() {
    let keys = Keys::generate();
    let (home, provider) = signed_in_to(STEADY);
    let file = home.backed_up(&keys, &[]);
    let there = elsewhere(&keys);
    there.provider("acme", &provider.definition(""));
    there.login(&["acme", "--as", "mine"]).ok();
    let mine = there.entry("acme/mine");
    let run = there.restore(&file, &[]).ok();
    assert!(run.stderr.contains("restored acme/julien"), "{run:?}");
    assert_eq!(there.accounts(), ["acme/julien", "acme/mine"]);
    assert_eq!(there.entry("acme/mine"), mine);
    let before = there.kept();
    there.restore(&file, &[]).ok();
    assert!(there.kept() == before);
}

#[test]
fn a_name_that_somebody_else_has_gets_a_number() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    let file = home.backed_up(&keys, &[]);
    let there = elsewhere(&keys);
    there.provider("acme", &provider.definition(""));
    provider.state(|state| state.person["sub"] = json!("u-2"));
    there.login(&["acme"]).ok();
    let other = there.entry("acme/julien");
    let run = there.restore(&file, &[]).ok();
    assert!(
        run.stderr
            .contains("restored acme/julien-2 (`julien` is another's)"),
        "{run:?}"
    );
    assert_eq!(there.entry("acme/julien"), other);
    assert_ne!(there.entry("acme/julien-2")["identity"], other["identity"]);
    let before = there.kept();
    there.restore(&file, &[]).ok();
    assert!(there.kept() == before, "and is known by its id");
    let which = there.run(&["which", "acme"]).ok().stdout;
    assert!(
        which.starts_with("acme/julien: it is the default"),
        "{which}"
    );
}

#[test]
fn a_secret_that_was_lost_comes_back() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.backed_up(&keys, &[]);
    home.write("key.txt", &keys.identity);
    home.vault()
        .discard(&home.account("acme/julien"))
        .expect("a working store");
    home.run(&["token"]).fails(4, &["its secret was removed"]);
    let run = home.restore(&file, &[]).ok();
    assert!(run.stderr.contains("updated acme/julien"), "{run:?}");
    home.run(&["token"]).ok();
}

/// A backup without refresh tokens takes none away, and one that moves brings them.
#[test]
fn a_refresh_token_is_gained_and_never_lost() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    let plain = home.backed_up(&keys, &[]);
    home.write("key.txt", &keys.identity);
    home.restore(&plain, &["--replace"]).ok();
    assert_eq!(home.entry("acme/julien")["refreshable"], true);

    let there = elsewhere(&keys);
    there.restore(&plain, &[]).ok();
    assert_eq!(there.entry("acme/julien")["refreshable"], false);
    let moved = home.backed_up(&keys, &["--replace", "--move", "--yes"]);
    there.restore(&moved, &[]).ok();
    assert_eq!(there.entry("acme/julien")["refreshable"], true);
    there.run(&["refresh"]).ok();
    provider.assert_refreshes(1);
}

#[test]
fn a_definition_here_is_never_written_over() {
    let keys = Keys::generate();
    let (home, provider) = signed_in();
    home.run(&["provider", "set", "github", "client_id=theirs"])
        .ok();
    let file = home.backed_up(&keys, &[]);
    let there = elsewhere(&keys);
    let ours = provider
        .definition("title = \"Ours\"\n")
        .replace("title = \"Acme\"\n", "");
    there.provider("acme", &ours);
    let run = there.restore(&file, &["--json"]).ok();
    assert_eq!(run.json()["providers"][0]["result"], "kept");
    assert!(
        run.stderr
            .contains("the definition of acme here is another"),
        "{run:?}"
    );
    let kept = std::fs::read_to_string(there.path("config/providers/acme.toml"));
    assert_eq!(kept.expect("a definition"), ours);
    there.run(&["token"]).ok();
    assert!(
        !there.path("config/providers/github.toml").exists(),
        "no account needs it"
    );
}

#[test]
fn what_is_kept_of_a_client_comes_along() {
    let keys = Keys::generate();
    let (home, provider) = registered();
    let file = home.backed_up(&keys, &["--move", "--yes"]);
    let there = elsewhere(&keys);
    let run = there.restore(&file, &["--json"]).ok();
    let part = json!([{"provider": "acme", "result": "restored", "error": null}]);
    assert_eq!(run.json()["clients"], part);
    there.run(&["refresh"]).ok();
    there.login(&["acme"]).ok();
    assert_eq!(provider.asked("/register").len(), 1);
    for request in &provider.asked("/token")[1..] {
        assert_eq!(request.form["client_secret"], format!("{MARK}client"));
    }
    let again = there.restore(&file, &["--json"]);
    assert_eq!(again.json()["clients"][0]["result"], "unchanged");

    let other = elsewhere(&keys);
    other.provider("acme", &provider.bare_definition());
    other.login(&["acme", "--register"]).ok();
    let before = std::fs::read(other.path("data/clients/acme.json")).expect("a client");
    let run = other.restore(&file, &[]);
    assert!(
        run.stderr.contains("another client of acme is kept here")
            || before == std::fs::read(other.path("data/clients/acme.json")).expect("a client"),
        "{run:?}"
    );
}

#[test]
fn only_what_was_named_is_restored() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let file = home.backed_up(&keys, &[]);
    let there = elsewhere(&keys);
    there
        .restore(&file, &["acme/wrok"])
        .fails(2, &["the backup has no account acme/wrok", "acme/work"]);
    there
        .restore(&file, &["beta/*"])
        .fails(2, &["matches nothing in the backup"]);
    assert!(there.stored().is_empty());
    there.restore(&file, &["*/work"]).ok();
    assert_eq!(there.accounts(), ["acme/work"]);
    there.restore(&file, &["acme"]).ok();
    assert_eq!(
        there.accounts(),
        ["acme/julien", "acme/work"],
        "its default"
    );
}

#[test]
fn a_store_that_refuses_is_found_out_before_anything_is_written() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.backed_up(&keys, &[]);
    let there = elsewhere(&keys);
    let before = there.kept();
    there
        .restore(&file, &["--store", "keyring"])
        .fails(5, &["the keyring cannot be used"]);
    assert!(there.kept() == before);
}

#[test]
fn an_account_in_a_dead_keyring_is_replaced_on_a_yes() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in_to(STEADY);
    let file = home.backed_up(&keys, &[]);
    let there = home.copy();
    there.write("key.txt", &keys.identity);
    let mut account = there.account("acme/julien");
    let vault = there.vault();
    vault.discard(&account).expect("a working store");
    account.store = keyfob::store::Kind::Keyring;
    vault.record(&account).expect("a file in the home");
    let before = there.kept();
    there
        .restore(&file, &["--store", "file"])
        .fails(5, &["acme/julien", "the keyring cannot be used"]);
    assert!(there.kept() == before);
    there
        .restore(&file, &["--replace", "--store", "keyring"])
        .fails(5, &["the keyring cannot be used"]);
    assert!(there.kept() == before);
    let run = there.restore(&file, &["--replace", "--store", "file"]);
    let run = run.fails(5, &["updated acme/julien", "the keyring cannot be used"]);
    assert_eq!(there.entry("acme/julien")["store"], "file", "{run:?}");
    assert_eq!(
        there.run(&["token"]).ok().stdout,
        home.run(&["token"]).ok().stdout
    );
}

/// Those of clients too, which go where new accounts would, although the account here is where it is.
#[test]
fn a_store_that_refuses_a_client_is_found_out_as_early() {
    let keys = Keys::generate();
    let (home, _provider) = registered();
    let file = home.backed_up(&keys, &["--move", "--yes"]);
    let mut there = elsewhere(&keys);
    there.restore(&file, &[]).ok();
    for lost in ["data/clients/acme.json", "config/providers/acme.toml"] {
        std::fs::remove_file(there.path(lost)).expect("a file");
    }
    there.set("KEYFOB_STORE", "keyring");
    let before = there.kept();
    let run = there.restore(&file, &[]);
    run.fails(5, &["the keyring cannot be used"]);
    assert!(there.kept() == before, "the definition neither");
    there.restore(&file, &["--store", "file"]).ok();
    there.restore(&file, &[]).ok(); // nothing goes there any more
}

#[test]
fn an_entry_that_cannot_be_read_is_not_passed_by() {
    let keys = Keys::generate();
    let (home, _provider) = signed_in();
    let file = home.backed_up(&keys, &[]);
    home.write("key.txt", &keys.identity);
    home.write("data/accounts/acme/julien.json", "{");
    home.restore(&file, &[]).fails(1, &["julien.json"]);
    assert_eq!(home.run(&["list"]).status, 0);
    let entries = std::fs::read_dir(home.path("data/accounts/acme")).expect("a folder");
    assert_eq!(entries.count(), 1);
}
