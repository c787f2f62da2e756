//! Locks when things go wrong: a holder that is killed, stopped or slow, and a file system without any.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::needs::skip;
use keyfob_testkit::process::until;
use keyfob_testkit::provider::MARK;
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::server::Reply;

fn lock(home: &Home) -> String {
    format!("{}.lock", home.account("acme/julien").id)
}

/// An answer that does not end before its client gives up.
fn endless() -> Reply {
    Reply::Drip(Duration::from_millis(100))
}

#[test]
fn the_lock_of_a_killed_holder_is_free() {
    let (home, provider) = expired();
    provider.next("/token", endless());
    let holder = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    holder.signal("KILL");
    let token = home.run(&["token"]).ok();
    assert!(token.line().starts_with(MARK), "{token:?}");
    provider.assert_refreshes(1);
}

#[test]
fn a_stopped_holder_is_waited_for_up_to_a_bound_and_then_named() {
    let (mut home, provider) = expired();
    home.set("KEYFOB_TEST_LOCK", "2");
    provider.next("/token", endless());
    let holder = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    holder.signal("STOP");
    let waiter = home.begin(&["token", "--json"]);
    let named = home
        .run(&["token"])
        .fails(3, &["acme/julien", "2 s", &lock(&home)]);
    assert_eq!(named.stdout, "");
    let failure = waiter.end().failure();
    assert_eq!(failure["error"], "locked");
    assert_eq!(failure["account"], "acme/julien");
    holder.signal("CONT");
    holder.signal("KILL");
    home.unset("KEYFOB_TEST_LOCK");
    home.run(&["token"]).ok();
    provider.assert_refreshes(1);
}

#[test]
fn a_waiter_can_be_interrupted() {
    let (home, provider) = expired();
    let door = provider.hold("/token");
    let holder = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    let waiter = home.begin(&["token"]);
    if cfg!(target_os = "linux") {
        until("the other waits", || waiter.has_open(&lock(&home)));
        waiter.signal("INT");
        assert_eq!(waiter.end().status, 130);
    }
    drop(door);
    holder.end().ok();
}

#[test]
#[cfg(target_os = "linux")]
fn a_logout_during_a_refresh_waits_its_turn_and_revokes_what_the_refresh_brought() {
    let (home, provider) = expired();
    let door = provider.hold("/token");
    let refresh = home.begin(&["token"]);
    provider.wait_for("/token", 2);
    let logout = home.begin(&["logout", "acme"]);
    let lock = lock(&home);
    until("the logout waits", || logout.has_open(&lock));
    assert!(provider.asked("/revoke").is_empty());
    drop(door);
    refresh.end().ok();
    logout.end().ok();
    assert_eq!(provider.state(|state| state.refresh_token()), "");
    assert!(nothing_is_left(&home), "{:?}", home.files());
}

#[test]
#[cfg(target_os = "linux")]
fn a_refresh_during_a_logout_writes_nothing_back() {
    let (home, provider) = expired();
    let door = provider.hold("/revoke");
    let logout = home.begin(&["logout", "acme"]);
    provider.wait_for("/revoke", 1);
    let refresh = home.begin(&["token"]);
    let lock = lock(&home);
    until("the refresh waits", || refresh.has_open(&lock));
    drop(door);
    logout.end().ok();
    refresh
        .end()
        .fails(4, &["acme/julien", "logged out meanwhile"]);
    assert!(nothing_is_left(&home), "{:?}", home.files());
    provider.assert_refreshes(0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_late_logout_leaves_the_default_to_the_account_that_has_the_name_by_now() {
    let (home, _provider) = signed_in();
    let lock = lock(&home);
    let id = home.account("acme/julien").id;
    let turn = home.vault().wait_for_lock(&id, Duration::ZERO).unwrap();
    let logout = home.begin(&["logout", "acme/julien"]);
    until("the logout waits", || logout.has_open(&lock));
    home.copy_account("acme/julien", "acme/julien"); // under an id of its own
    drop(turn);
    logout.end().ok();
    let default = home.vault().default_of("acme");
    assert_eq!(default.as_deref(), Some("julien"));
    home.run(&["token"]).ok();
}

fn nothing_is_left(home: &Home) -> bool {
    let files = home.files();
    let mut names = files.iter().filter_map(|(path, _)| path.to_str());
    !names.any(|name| name.contains("/accounts/") || name.contains("/secrets/"))
}

#[test]
#[cfg(target_os = "linux")]
fn without_locks_nothing_is_sent_and_a_good_token_is_given_all_the_same() {
    let Some(shim) = lockless() else {
        return skip("a C compiler as `cc`");
    };
    let (home, provider) = signed_in();
    let run = |args: &[&str]| {
        let mut command = home.keyfob(args);
        Run::of(command.env("LD_PRELOAD", &shim.1).output().unwrap())
    };
    assert!(run(&["token"]).ok().line().starts_with(MARK));
    run(&["list"]).ok();
    run(&["refresh"]).fails(1, &["acme/julien", "state_dir", "No locks available"]);
    run(&["logout"]).fails(1, &["acme/julien", "state_dir"]);
    home.later("acme/julien", 3600);
    run(&["token"]).fails(1, &["acme/julien", "state_dir", "config.toml"]);
    assert_eq!(provider.asked("/token").len(), 1);
    assert!(provider.asked("/revoke").is_empty());

    let local = home.path("elsewhere");
    home.write("config/config.toml", &format!("state_dir = {local:?}\n"));
    home.run(&["token"]).ok();
    assert!(local.join("locks").is_dir());
}

#[test]
#[cfg(target_os = "linux")]
fn without_locks_a_login_fails_before_anybody_is_asked() {
    let Some(shim) = lockless() else {
        return skip("a C compiler as `cc`");
    };
    let (home, provider) = signed_in();
    let mut login = home.login_command(&["acme", "--timeout", "2s"]);
    let run = Run::of(login.env("LD_PRELOAD", &shim.1).output().unwrap());
    let run = run.fails(1, &["state_dir", "No locks available"]);
    assert!(!run.stderr.contains("/authorize"), "{run:?}");
    assert_eq!(provider.asked("/authorize").len(), 1);
}

/// A library that takes locks away, as some network file systems do; `None` where nothing compiles it.
#[cfg(target_os = "linux")]
fn lockless() -> Option<(tempfile::TempDir, PathBuf)> {
    const SOURCE: &str = "#include <errno.h>\n\
        int flock(int file, int operation) { errno = ENOLCK; return -1; }\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (source, library) = (folder.path().join("a.c"), folder.path().join("a.so"));
    std::fs::write(&source, SOURCE).expect("a file");
    let mut cc = Command::new("cc");
    let built = cc
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status();
    built
        .is_ok_and(|status| status.success())
        .then_some((folder, library))
}
