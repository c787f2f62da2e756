//! Rule files that no friend writes: refused clearly and at once, and nothing of them chosen or accepted.

use keyfob_testkit::process::GENEROUS;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::*;
use keyfob_testkit::needs::skip;

/// What is in the folder, refused by everything that would have used it and by those who would accept it.
#[track_caller]
fn refused(home: &Home, words: &[&str]) {
    for args in USING
        .iter()
        .copied()
        .chain([&["use", "acme/work", "--here"][..]])
    {
        let start = std::time::Instant::now();
        let run = home.run_in("src", args).fails(1, words);
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.contains("src/.keyfob.toml"), "{run:?}");
        assert!(run.stderr.len() < 1500, "{run:?}");
        assert!(!run.stderr.contains(MARK), "{run:?}");
        assert!(start.elapsed() < GENEROUS, "{args:?}");
    }
    let run = home.run_in("src", &["token", "acme", "--json"]);
    assert_eq!(run.failure()["error"], "config_invalid");
    home.run_in("src", &["use", "--trust"]).fails(1, words);
    assert!(!home.path("state/trust").exists(), "nothing was accepted");
    for args in [
        &["token", "acme/julien"][..],
        &["list"],
        &["use", "acme/julien"],
    ] {
        home.run_in("src", args).ok();
    }
}

#[test]
fn what_holds_anything_but_accounts() {
    let (home, _provider) = two();
    for (text, words) in [
        (
            format!("accounts = []\ntoken = '{MARK}x'\n"),
            ":2: `token`: unknown field",
        ),
        ("store = 'file'\n".into(), ":1: `store`: unknown field"),
        ("[accounts]\nacme = 'work'\n".into(), ":1:"),
        ("[[rules]]\npath = '~'\n".into(), ":1:"),
        (
            format!("accounts = ['acme/{MARK}x']\n"),
            "its entry 1 is no PROVIDER/NAME",
        ),
        (
            "accounts = ['acme']\n".into(),
            "its entry 1 is no PROVIDER/NAME",
        ),
        (
            "accounts = ['*/work']\n".into(),
            "its entry 1 is no PROVIDER/NAME",
        ),
        (
            "accounts = ['acme/work', 'acme/julien']\n".into(),
            "it names two accounts of acme",
        ),
        ("accounts = 'acme/work'\n".into(), ":1: `accounts`:"),
        (format!("accounts = '{MARK}"), ":1: `accounts`:"),
        (format!("{MARK}x"), ":1:"),
        ("accounts = ['acme/work']\n\0".into(), ":2:"),
        (format!("{} = 1\n", "k".repeat(16_000)), ":1:"),
    ] {
        home.rule("src", &text);
        refused(&home, &[words, "nothing else", "PROVIDER/NAME"]);
    }
    std::fs::write(home.path("src/.keyfob.toml"), b"accounts = ['acme/\xff']").unwrap();
    refused(&home, &["is refused: invalid utf-8"]);
}

#[test]
fn what_an_editor_of_windows_writes_is_none_of_them() {
    let (home, _provider) = two();
    home.rule("src", "\u{feff}accounts = [\r\n  'acme/work',\r\n]\r\n");
    home.run_in("src", &["use", "--trust"]).ok();
    home.assert_chosen("src", "acme/work", "directory");
}

#[test]
fn what_is_larger_than_16_kib() {
    let (home, _provider) = two();
    let long = |length: usize| format!("{WORK}#{}", "x".repeat(length - WORK.len() - 1));
    home.rule("src", &long(16 * 1024 + 1));
    refused(&home, &["is refused: larger than 16384 bytes"]);
    let file = std::fs::File::create(home.path("src/.keyfob.toml")).unwrap();
    file.set_len(1 << 40).unwrap(); // a tebibyte, none of it on the disk
    refused(&home, &["is refused: larger than 16384 bytes"]);
    home.rule("src", &long(16 * 1024));
    home.run_in("src", &["use", "--trust"]).ok();
    home.assert_chosen("src", "acme/work", "directory");
}

#[test]
fn what_is_no_regular_file() {
    let (home, _provider) = two();
    let file = home.path("src/.keyfob.toml");
    let replace = |with: &dyn Fn()| {
        let _ = std::fs::remove_file(&file);
        with();
    };
    home.rule("friend", WORK);
    for to in [
        "../friend/.keyfob.toml",
        "nowhere",
        ".keyfob.toml",
        "/dev/zero",
    ] {
        std::fs::create_dir_all(home.path("src")).unwrap();
        replace(&|| symlink(to, &file).unwrap());
        refused(&home, &["is refused: it is a symbolic link"]);
        assert!(file.is_symlink(), "left as it was");
    }
    replace(&|| {
        let made = Command::new("mkfifo").arg(&file).status().unwrap();
        assert!(made.success());
    });
    refused(&home, &["is refused: not a regular file"]);
    replace(&|| {
        std::os::unix::net::UnixListener::bind(&file).unwrap();
    });
    refused(&home, &["is refused: "]);
    replace(&|| std::fs::create_dir(&file).unwrap());
    refused(&home, &["is refused: not a regular file"]);
}

#[test]
fn what_another_user_wrote() {
    let (home, _provider) = two();
    home.rule("src", WORK);
    let file = home.path("src/.keyfob.toml");
    if std::os::unix::fs::chown(&file, Some(65_534), None).is_err() {
        return skip("the right to give a file away");
    }
    refused(
        &home,
        &["is refused: it belongs to another user (uid 65534)"],
    );
    std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    home.run_in("src", &["use", "--trust"]).ok();
    std::os::unix::fs::chown(&file, Some(65_534), None).unwrap();
    home.run_in("src", &["token", "acme"])
        .fails(1, &["belongs to another user"]); // accepted bytes are theirs all the same
}

/// Whoever may write it may write no other accounts into it: those are other bytes.
#[test]
fn what_everybody_may_write_is_guarded_by_its_hash() {
    let (home, _provider) = two();
    home.rule("src", WORK);
    let file = home.path("src/.keyfob.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    home.run_in("src", &["use", "--trust"]).ok();
    home.assert_chosen("src", "acme/work", "directory");
    std::fs::write(&file, "accounts = ['acme/julien']\n").unwrap();
    home.run_in("src", &["token", "acme"])
        .fails(1, &["has changed"]);
}

/// As in somebody else's folder: a good file inside can be accepted, and the outer one is said.
#[test]
fn a_refused_one_further_up_stops_no_acceptance() {
    let (home, _provider) = two();
    home.rule(".", "nonsense");
    home.rule("src", WORK);
    let run = home.run_in("src", &["use", "--trust"]).ok();
    assert!(run.stderr.contains("accepted "), "{run:?}");
    assert!(run.stderr.contains("/.keyfob.toml:1:"), "{run:?}");
    home.assert_chosen("src", "acme/work", "directory");
}

#[test]
fn a_hostile_name_of_a_folder_is_shown_escaped() {
    let (home, _provider) = two();
    let folder = "a\u{1b}[31m\u{202e}\nb";
    home.rule(folder, WORK);
    let harmless = |run: &Run| {
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(!all.contains(['\u{1b}', '\u{202e}']), "{run:?}");
        assert!(!all.contains("m\nb"), "{run:?}");
    };
    harmless(&home.run_in(folder, &["token", "acme"]).fails(1, &["u{1b}"]));
    harmless(&home.run_in(folder, &["use", "--trust"]).ok());
    harmless(&home.run_in(folder, &["which", "acme"]).ok());
    harmless(&home.run_in(folder, &["use", "acme/julien", "--here"]).ok());
}
