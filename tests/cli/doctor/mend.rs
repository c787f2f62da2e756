//! What `--mend` removes, what it leaves alone, and who is asked.

use std::time::{Duration, SystemTime};

use super::*;
use crate::vault::HomeVault as _;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn dangling(home: &Home) -> std::path::PathBuf {
    let path = format!("data/secrets/{KEY}.age");
    home.write(&path, "of nobody");
    private(home, &path);
    home.path(&path)
}

#[test]
fn a_secret_that_nothing_leads_to_is_removed_and_recorded() {
    let (home, _provider) = signed_in();
    let path = dangling(&home);
    let before = home.stored();
    let found = look(&home, &[]);
    let one_found = one(
        &found,
        "warn",
        "index",
        &format!("no account leads to the secret `{KEY}`"),
    );
    assert!(
        one_found.mendable && one_found.hint.contains("`keyfob doctor --mend`"),
        "{one_found:?}"
    );
    assert_eq!(home.stored(), before, "a look removes nothing");
    let found = look(&home, &["--mend"]);
    assert!(one(&found, "pass", "index", "mended").mended);
    assert!(!path.exists());
    well(&look(&home, &[]));
    home.run(&["token"]).ok();
    let events = home.run(&["log", "--json"]).ok().json();
    let events = events["events"].as_array().expect("events");
    let mends = events.iter().filter(|event| event["event"] == "mend");
    assert_eq!(mends.count(), 1, "{events:?}");
}

#[cfg(unix)]
#[test]
fn what_is_mended_fails_no_other_check() {
    use std::os::unix::fs::PermissionsExt;
    let (home, _provider) = signed_in();
    let key = home.path("config/identity/identity.txt");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    let run = home.run(&["doctor", "--offline", "--mend"]).ok();
    assert!(run.stdout.contains("; mended"), "{run:?}");
    assert!(!run.stdout.contains("fail "), "{run:?}");
}

/// A login has its secret's lock from before the secret is there until its entry is.
#[test]
fn what_somebody_is_writing_is_left_alone() {
    let (home, _provider) = signed_in();
    let path = dangling(&home);
    let held = home
        .vault()
        .wait_for_lock(KEY, Duration::ZERO)
        .expect("a lock");
    let found = look(&home, &["--mend"]);
    let busy = one(&found, "warn", "index", "another process is at work");
    assert!(busy.mendable && !busy.mended, "{busy:?}");
    assert!(path.exists());
    drop(held);
    look(&home, &["--mend"]);
    assert!(!path.exists());
}

#[test]
fn one_that_cannot_be_mended_does_not_spare_the_rest() {
    const LATER: &str = "1123456789abcdef0123456789abcdef";
    let (home, _provider) = signed_in();
    let path = dangling(&home);
    let later = path.with_file_name(format!("{LATER}.age"));
    std::fs::copy(&path, &later).expect("a copy");
    let _held = home
        .vault()
        .wait_for_lock(KEY, Duration::ZERO)
        .expect("a lock");
    let words = format!("; 1 of 2 not mended: another process is at work on `{KEY}`");
    let found = one(&look(&home, &["--mend"]), "warn", "index", &words);
    assert!(!found.mended, "{found:?}");
    assert!(path.exists() && !later.exists());
}

/// The moment between the secret and its entry, as a killed login leaves it.
#[test]
fn a_login_that_was_killed_before_its_entry_leaves_what_can_be_mended() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    std::fs::remove_file(home.path("data/accounts/acme/work.json")).expect("an entry");
    one(
        &look(&home, &["--mend"]),
        "pass",
        "index",
        "no account leads to the secret",
    );
    assert_eq!(home.stored().len(), 2, "an entry and its secret");
    well(&look(&home, &[]));
}

#[test]
fn what_a_crash_left_half_written_is_removed_once_it_is_old() {
    let (home, _provider) = signed_in();
    let old = [
        "data/accounts/acme/.new-a1B2c3",
        "data/.new-b2B2c3",
        "data/secrets/probe-0123456789abcdef.age",
        "config/identity/.new-c3B2c3",
    ];
    for path in old.iter().chain(&["data/.new-young1"]) {
        home.write(path, "half");
        private(&home, path);
    }
    well(&look(&home, &[]));
    for path in old {
        age(&home, path);
    }
    let found = look(&home, &[]);
    let left = one(
        &found,
        "warn",
        "leftovers",
        "and 3 more was left half-written",
    );
    assert!(left.mendable, "{left:?}");
    look(&home, &["--mend"]);
    assert!(old.iter().all(|path| !home.path(path).exists()));
    assert!(home.path("data/.new-young1").exists());
    well(&look(&home, &[]));
}

fn age(home: &Home, path: &str) {
    let hours_ago = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    let file = std::fs::File::options().write(true).open(home.path(path));
    file.expect("a file")
        .set_modified(hours_ago)
        .expect("a time");
}

/// A state folder that somebody else works in too.
#[cfg(unix)]
#[test]
fn what_is_not_of_keyfob_is_neither_removed_nor_changed() {
    use std::os::unix::fs::PermissionsExt;
    let (home, _provider) = signed_in();
    let state = format!("state_dir = \"{}\"\n", home.text_path("scratch"));
    home.write("config/config.toml", &state);
    let ours = ["scratch/locks/.new-a1B2c3", "scratch/.new-a1B2c3"];
    let others = [
        "scratch/.new-feature",
        "scratch/probe-0123",
        "scratch/proj/.new-a1B2c3",
        "scratch/proj/file",
        "config/mine/.new-a1B2c3",
        "data/mine/file",
        "elsewhere/.new-a1B2c3",
    ];
    for path in ours.iter().chain(&others) {
        home.write(path, "somebody's");
        age(&home, path);
    }
    let set = |path: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(home.path(path), mode).expect("a mode");
    };
    let mode = |path: &str| {
        let found = std::fs::metadata(home.path(path)).expect("it is there");
        found.permissions().mode() & 0o777
    };
    for path in others {
        set(path, 0o666);
    }
    set("scratch/proj", 0o777);
    set("scratch", 0o775);
    set("scratch/locks", 0o775);
    let found = look(&home, &["--mend"]);
    assert!(ours.iter().all(|path| !home.path(path).exists()));
    assert!(others.iter().all(|path| mode(path) == 0o666));
    assert_eq!((mode("scratch/proj"), mode("scratch")), (0o777, 0o775));
    assert_eq!(mode("scratch/locks"), 0o755);
    let given = one(&found, "warn", "permissions", "/scratch can be written");
    assert!(
        !given.mendable && given.hint.contains("`chmod go-w "),
        "{given:?}"
    );
}

#[cfg(unix)]
fn private(home: &Home, path: &str) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(home.path(path), mode).expect("a mode");
}

#[cfg(not(unix))]
fn private(_home: &Home, _path: &str) {}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_is_offered_and_enter_is_no() {
    use keyfob_testkit::screen::Screen;
    let (mut home, _provider) = signed_in();
    home.set("SHELL", "/bin/strange"); // another warning would be its completion
    let path = dangling(&home);
    for (keys, there) in [("\r", true), ("n\r", true), ("y\r", false)] {
        let mut screen = Screen::start(&home.keyfob(&["doctor", "--offline"]));
        screen.wait_for("mend the one that can be mended from here? [y/N]");
        assert!(
            screen.shown().contains("11 passed, 1 warned"),
            "{}",
            screen.shown()
        );
        screen.press(keys);
        let (status, shown) = screen.end();
        assert_eq!((status, path.exists()), (0, there), "{keys:?}: {shown}");
        assert_eq!(shown.contains("; mended"), !there, "{shown}");
    }
    dangling(&home);
    for args in [
        &["doctor", "--offline", "--no-input"][..],
        &["doctor", "--offline", "--json"],
        &["doctor", "--offline", "-q"],
    ] {
        let (status, shown) = Screen::start(&home.keyfob(args)).end();
        assert_eq!((status, path.exists()), (0, true), "{args:?}");
        assert!(!shown.contains("[y/N]"), "{args:?}: {shown}");
    }
}
