//! The file store as a server or a container has it: what protects it, who is asked for the passphrase, and
//! what a disk can do to it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use keyfob_testkit::disk::SmallDisk;
use keyfob_testkit::home::Home;
use keyfob_testkit::needs::skip;
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::shell::Session;

/// A home where `ada` is signed in at the sandbox.
fn signed_in() -> Home {
    let home = Home::new();
    home.run(&["login", "sandbox"]).ok();
    home
}

/// The same behind a passphrase, which later runs are not given.
fn behind(passphrase: &str) -> Home {
    let mut home = Home::new();
    home.set("KEYFOB_PASSPHRASE", passphrase);
    home.run(&["login", "sandbox"]).ok();
    home.unset("KEYFOB_PASSPHRASE");
    home
}

/// The one account's encrypted file.
fn secret(home: &Home) -> PathBuf {
    let mut files = fs::read_dir(home.path("data/secrets")).expect("a store");
    let file = files.next().expect("a secret").expect("an entry").path();
    assert!(files.next().is_none(), "one account, one file");
    file
}

#[test]
fn what_protects_the_tokens_is_said_in_one_sentence() {
    let home = Home::new();
    let key_file = home.path("config/identity/identity.txt");
    let login = home.run(&["login", "sandbox"]).ok();
    let words = format!(
        "tokens are encrypted with age; the key lies unprotected in `{}`, so file permissions protect it\n",
        key_file.display()
    );
    assert!(login.stderr.contains(&words), "{login:?}");

    let mut home = Home::new();
    home.set("KEYFOB_PASSPHRASE", "correct horse");
    home.unset("KEYFOB_TEST_WORK_FACTOR");
    let login = home.run(&["login", "sandbox"]).ok();
    let words = "tokens are encrypted with age behind your passphrase\n";
    assert!(login.stderr.contains(words), "{login:?}");
    let identity = fs::read(home.path("config/identity/identity.age")).expect("a key");
    let head = String::from_utf8_lossy(&identity[..100]).into_owned();
    assert!(
        head.contains("-> scrypt ") && head.contains(" 17\n"),
        "{head}"
    );
}

/// Runs keyfob on a terminal.
fn on_terminal(home: &Home, args: &[&str]) -> Session {
    Session::start(&home.path(""), keyfob_testkit::program::keyfob(), args)
}

#[test]
fn a_passphrase_is_asked_for_twice_and_never_shown() {
    let home = Home::new();
    let login = ["login", "sandbox", "--store", "file", "--passphrase"];
    let mut terminal = on_terminal(&home, &login);
    terminal.wait_for("new passphrase for the file store:");
    terminal.press("correct horse\r");
    terminal.wait_for("the same again:");
    terminal.press("correct house\r");
    terminal.wait_for("the two differ; once more\nnew passphrase for the file store:");
    terminal.press("correct horse\r");
    terminal.wait_for("once more\nnew passphrase for the file store: \nthe same again:");
    terminal.press("correct horse\r");
    let (status, shown) = terminal.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("behind your passphrase"), "{shown}");
    assert!(!shown.contains("correct"), "{shown}");

    let mut terminal = on_terminal(&home, &["token"]);
    terminal.wait_for("passphrase of the file store:");
    terminal.press("correct horse\r");
    let (status, shown) = terminal.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("sandbox_") && !shown.contains("correct"),
        "{shown}"
    );

    let mut terminal = on_terminal(&home, &["token"]);
    terminal.wait_for("passphrase of the file store:");
    terminal.press("correct house\r");
    let (status, shown) = terminal.end();
    assert_eq!(status, 5, "{shown}");
    assert!(
        shown.contains("wrong passphrase for the file store: what was typed"),
        "{shown}"
    );
}

#[test]
fn a_store_without_a_passphrase_gets_none_later() {
    let home = signed_in();
    home.run(&["login", "sandbox", "--passphrase"]).fails(
        5,
        &[
            "the file store has no passphrase",
            "sign in without `--passphrase`",
        ],
    );
    home.run(&["token"]).ok();
}

#[test]
fn a_new_passphrase_without_anybody_to_ask_is_refused_before_the_sign_in() {
    let home = Home::new();
    home.run(&["login", "sandbox", "--passphrase"])
        .fails(5, &["nobody can be asked", "KEYFOB_PASSPHRASE"]);
    assert!(!home.path("config/identity").exists(), "nothing was made");
}

#[test]
fn a_passphrase_comes_from_the_environment_or_a_file() {
    let mut home = behind("correct horse");
    home.run(&["token"]).fails(
        5,
        &[
            "passphrase is missing and nobody can be asked",
            "KEYFOB_PASSPHRASE_FILE",
        ],
    );
    home.write("passphrase", "correct horse\nand a comment\n");
    let file = home.path("passphrase").display().to_string();
    home.set("KEYFOB_PASSPHRASE_FILE", &file);
    home.run(&["token"]).ok();
    home.run(&["refresh"]).ok();

    home.set("KEYFOB_PASSPHRASE", "correct house");
    home.run(&["token"]).fails(
        5,
        &[
            "wrong passphrase for the file store: KEYFOB_PASSPHRASE\n",
            "sandbox/ada",
        ],
    );
    home.unset("KEYFOB_PASSPHRASE");
    home.write("passphrase", "correct house\n");
    home.run(&["token"]).fails(5, &["wrong passphrase", &file]);
    home.write("passphrase", "");
    home.run(&["token"]).fails(5, &["is empty", &file]);
    fs::remove_file(&file).expect("it is there");
    home.run(&["token"]).fails(5, &["there is no", &file]);
    home.run(&["list"]).ok(); // looking needs none
}

#[test]
fn writing_needs_the_passphrase_as_reading_does() {
    let home = behind("correct horse");
    let login = home.run(&["login", "sandbox", "--as", "another"]);
    login.fails(5, &["passphrase is missing"]);
    home.run(&["logout", "sandbox/another", "--local"])
        .fails(2, &["no account is called"]);
    let failure = home.run(&["token", "sandbox", "--json"]).failure();
    assert_eq!(failure["error"], "store_unavailable", "{failure}");
}

#[test]
fn age_opens_what_is_kept() {
    if Command::new("age").arg("--version").output().is_err() {
        return skip("age");
    }
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    let output = Command::new("age")
        .arg("-d")
        .arg("-i")
        .arg(home.path("config/identity/identity.txt"))
        .arg(secret(&home))
        .output()
        .expect("age starts");
    let opened: serde_json::Value = {
        let text = String::from_utf8(output.stdout).expect("text");
        let (json, seal) = text.split_once('\n').expect("a line and its seal");
        assert!(seal.starts_with("keyfob-seal "), "{seal}");
        serde_json::from_str(json).expect("JSON")
    };
    assert_eq!(opened["version"], 2);
    assert_eq!(opened["record"]["provider"], "acme");
    let token = opened["access_token"].as_str().unwrap_or_default();
    assert_eq!(home.run(&["token"]).ok().line(), token);
    assert!(token.starts_with(MARK));
}

/// Demands that nobody else can look into a folder.
fn assert_private(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        let mode = metadata.permissions().mode() & 0o777;
        let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{mode:o} {}", path.display());
        if metadata.is_dir() {
            assert_private(&path);
        }
    }
}

#[test]
fn everything_in_the_home_is_its_users_alone() {
    let home = Home::new();
    // A generous umask is not inherited by what is secret.
    for verb in [
        "login sandbox",
        "token",
        "refresh",
        "whoami",
        "list",
        "login sandbox --as x",
        "logout sandbox/x",
    ] {
        home.shell(&format!("umask 000; keyfob {verb}")).ok();
    }
    assert_private(&home.path(""));
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_way_to_mend_it() {
    let home = signed_in();
    let key = home.path("config/identity/identity.txt");
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).expect("a mode");
        let chmod = format!("`chmod 600 {}`", key.display());
        home.run(&["token"])
            .fails(5, &["can be read by others", &chmod]);
        let login = home.run(&["login", "sandbox"]);
        login.fails(5, &["can be read by others"]);
    }
    fs::set_permissions(&key, Permissions::from_mode(0o666)).expect("a mode");
    home.run(&["token"])
        .fails(1, &["others may write", "`chmod go-w"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a mode");
    home.run(&["token"]).ok();
}

#[test]
fn a_damaged_secret_is_named_and_a_new_sign_in_replaces_it() {
    let home = signed_in();
    let file = secret(&home);
    let whole = fs::read(&file).expect("it is there");
    let mut flipped = whole.clone();
    *flipped.last_mut().expect("not empty") ^= 1;
    for (bytes, why) in [
        (&whole[..whole.len() - 20], "it is "),
        (&whole[..30], "it is "),
        (&flipped, "it is damaged"),
        (b"", "it is "),
    ] {
        fs::write(&file, bytes).expect("it can be written");
        for verb in ["token", "refresh", "whoami"] {
            let shown = file.display().to_string();
            home.run(&[verb, "sandbox"]).fails(
                5,
                &[
                    "sandbox/ada",
                    "cannot decrypt",
                    &shown,
                    why,
                    "sign in again",
                ],
            );
        }
        assert!(home.run(&["list"]).ok().stdout.contains("sandbox/ada"));
        home.run(&["login", "sandbox/ada"]).ok();
        home.run(&["token"]).ok();
    }
    fs::write(&file, b"x").expect("it can be written");
    home.run(&["logout", "sandbox", "--local"]).ok(); // what cannot be read can go
    assert_eq!(home.run(&["list"]).ok().stdout, "");
}

#[test]
fn a_lost_key_is_named_and_not_replaced_behind_anybodys_back() {
    let home = signed_in();
    fs::remove_dir_all(home.path("config/identity")).expect("it is there");
    let words = [
        "the file store's key is missing in",
        "bring that folder back from a backup",
    ];
    home.run(&["token"]).fails(5, &words);
    home.run(&["login", "sandbox"]).fails(5, &words);
    fs::remove_dir_all(home.path("data/secrets")).expect("it is there");
    home.run(&["login", "sandbox"]).ok();
    home.run(&["token"]).ok();
}

#[test]
fn a_full_disk_costs_nothing() {
    let (home, provider) = (Home::new(), Provider::start());
    let Some(disk) = SmallDisk::for_test(&home.path("")) else {
        return;
    };
    home.provider("acme", &provider.definition(""));
    home.login(&["acme"]).ok();
    let token = home.run(&["token"]).ok();

    disk.fill();
    let full = ["the disk is full", "free some space"];
    home.run(&["refresh", "acme"]).fails(5, &full);
    home.run(&["refresh", "--all"]).fails(5, &full);
    home.refused_login(&["acme"]).fails(5, &full);
    home.refused_login(&["acme", "--as", "other"])
        .fails(5, &full);
    provider.assert_refreshes(0);
    assert_eq!(provider.asked("/authorize").len(), 1, "nobody was troubled");
    assert_eq!(home.run(&["token"]).ok().stdout, token.stdout);
    home.run(&["whoami"]).ok();
    assert_eq!(
        home.run(&["list", "--json"]).ok().json()["accounts"][0]["status"],
        "valid"
    );

    disk.empty();
    home.run(&["refresh", "acme"]).ok();
    assert_ne!(home.run(&["token"]).ok().stdout, token.stdout);
    disk.fill();
    home.run(&["logout", "acme"]).ok(); // taking away needs no room
    assert_eq!(home.run(&["list"]).ok().stdout, "");
}
