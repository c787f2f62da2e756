//! Whose the files are, and what others may do with them.
#![cfg(unix)]

use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::needs::skip;

fn chmod(home: &Home, path: &str, mode: u32) {
    set_permissions(home.path(path), Permissions::from_mode(mode)).expect("a mode");
}

fn mode(home: &Home, path: &str) -> u32 {
    metadata(home.path(path))
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

/// A file, a mode that is too loose, and what is told and done about it.
type Case<'a> = (&'a str, u32, &'a str, &'a str, u32);

const OPENS: &str = "can be read by others, and opens the file store";
const READ: &str = "can be read by others";
const ANYBODY: &str = "can be written by anybody here";
const GROUP: &str = "can be written by its group";

#[test]
fn what_others_may_read_or_write_is_named_and_mended() {
    let (home, _provider) = signed_in();
    let secret = format!("data/secrets/{}.age", home.account("acme/julien").id);
    let cases: [Case; 9] = [
        ("config/identity/identity.txt", 0o644, "fail", OPENS, 0o600),
        ("config/identity", 0o755, "fail", OPENS, 0o700),
        (&secret, 0o640, "warn", READ, 0o600),
        ("state/events.jsonl", 0o644, "warn", READ, 0o600),
        ("config/providers/acme.toml", 0o666, "fail", ANYBODY, 0o644),
        ("config/providers", 0o777, "fail", ANYBODY, 0o755),
        ("config/providers/acme.toml", 0o664, "warn", GROUP, 0o644),
        (
            "data/accounts/acme/julien.json",
            0o622,
            "fail",
            ANYBODY,
            0o600,
        ),
        ("data", 0o770, "warn", GROUP, 0o750),
    ];
    for (path, loose, status, words, mended) in cases {
        let before = mode(&home, path);
        chmod(&home, path, loose);
        let named = one(&look(&home, &[]), status, "permissions", words);
        let bits = if words.contains("read") {
            "go-rwx"
        } else {
            "go-w"
        };
        let shown = format!("~/{path}");
        let shown = shown.trim_end_matches('/');
        assert!(named.mendable, "{named:?}");
        let command = format!("`chmod {bits} {shown}`");
        assert!(named.hint.contains(&command), "{command}: {named:?}");
        assert!(named.message.starts_with(shown), "{shown}: {named:?}");
        one(&look(&home, &["--mend"]), "pass", "permissions", words);
        assert_eq!(mode(&home, path), mended, "{path}");
        let found = look(&home, &[]);
        one(&found, "pass", "permissions", "nobody else can write");
        chmod(&home, path, before);
    }
    well(&look(&home, &[]));
}

/// It may hold more than keyfob's files, and others may have been let in for those.
#[test]
fn the_home_itself_is_judged_and_left_alone() {
    let (home, _provider) = signed_in();
    chmod(&home, "", 0o777);
    let named = one(&look(&home, &["--mend"]), "fail", "permissions", ANYBODY);
    assert!(
        !named.mendable && named.hint == "`chmod go-w ~`",
        "{named:?}"
    );
    assert_eq!(mode(&home, ""), 0o777);
}

/// What was printed does what `--mend` does.
#[test]
fn the_command_that_is_printed_mends_it() {
    let (home, _provider) = signed_in();
    chmod(&home, "config/providers/acme.toml", 0o666);
    let hint = one(&look(&home, &[]), "fail", "permissions", "acme.toml").hint;
    let command = hint.split('`').nth(1).expect("a command");
    home.shell(command).ok();
    well(&look(&home, &[]));
}

#[test]
fn many_are_one_finding_and_links_are_left_alone() {
    let (home, _provider) = signed_in();
    for number in 0..5 {
        home.write(
            &format!("config/providers/p{number}.toml"),
            "like = \"gitlab\"\nhost = \"h.example\"\nclient_id = \"c\"\n",
        );
        chmod(&home, &format!("config/providers/p{number}.toml"), 0o666);
    }
    home.write("elsewhere", "");
    chmod(&home, "elsewhere", 0o666);
    std::os::unix::fs::symlink(home.path("elsewhere"), home.path("config/link")).expect("a link");
    let found = look(&home, &["--mend"]);
    one(&found, "pass", "permissions", "p0.toml and 4 more");
    assert_eq!(mode(&home, "config/providers/p4.toml"), 0o644);
    assert_eq!(mode(&home, "elsewhere"), 0o666);
}

#[test]
fn what_sudo_left_behind_is_named() {
    let (home, _provider) = signed_in();
    let entry = home.path("data/accounts/acme/julien.json");
    if chown(&entry, Some(12_345), None).is_err() {
        return skip("the right to give files away");
    }
    let found = look(&home, &["--mend"]);
    let foreign = one(
        &found,
        "fail",
        "permissions",
        "belongs to user 12345, and this runs as 0",
    );
    assert!(
        foreign.hint.contains("without `sudo`") && !foreign.mendable,
        "{foreign:?}"
    );
}
