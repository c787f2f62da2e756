//! The keyring against the real Secret Service: that it works, and what it says where it cannot.
//!
//! The session bus is the process's for good, so each case runs this binary again, alone, in a
//! session of its own.

#![cfg(target_os = "linux")]

// One contract for the stores inside and this real one; the testkit, which knows no `Store`, cannot hold it.
#[path = "../../src/store/contract.rs"]
mod contract;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyfob::store::{Kind, Prompter, Setup, Store, StoreError, open};
use keyfob_base::secret::Secret;
use keyfob_testkit::process::{GENEROUS, Running};
use keyfob_testkit::secret_service::{Keyring, SecretService, signal};

/// Set for the process inside the session: the part of the case it is to play.
const PART: &str = "KEYFOB_TEST_PART";
/// The daemon's process id, for the part that lets it go on.
const DAEMON: &str = "KEYFOB_TEST_DAEMON";

/// Plays the case's part here where this process was started for one.
fn play(parts: &[(&str, fn())]) -> bool {
    let Ok(part) = std::env::var(PART) else {
        return false;
    };
    let (_, body) = parts
        .iter()
        .find(|(name, _)| *name == part)
        .expect("a part of the case");
    body();
    true
}

/// Runs a part of a case in a process of its own, which must end well.
fn run(case: &str, part: &str, prepare: impl FnOnce(&mut Command)) {
    let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
    command
        .args(["--exact", case, "--nocapture", "--test-threads=1"])
        .env(PART, part)
        .env("KEYFOB_TEST_KEYRING", "120") // a busy machine is not a silent keyring
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    prepare(&mut command);
    let run = Running::new(command.spawn().expect("this binary starts")).end_within(GENEROUS);
    assert_eq!(run.status, 0, "{case}, {part}: {run:#?}");
    assert!(run.stdout.contains("1 passed"), "{case}, {part}: {run:#?}");
}

fn run_in(session: &SecretService, case: &str, part: &str) {
    run(case, part, |command| session.join(command));
}

struct Nobody;

impl Prompter for Nobody {
    fn attended(&self) -> bool {
        false
    }
    fn unlock_pending(&self) {
        panic!("nobody is there to be told");
    }
    fn passphrase(&self, _new: bool) -> Option<Secret> {
        None
    }
}

fn keyring(prompter: Arc<dyn Prompter>) -> Arc<dyn Store> {
    let nowhere = Path::new("/nonexistent");
    open(
        Kind::Keyring,
        &Setup {
            data: nowhere.into(),
            identity: nowhere.into(),
            locks: nowhere.into(),
            ask_passphrase: false,
            prompter,
        },
    )
}

/// A failure with these words and the way out.
fn fails<T>(words: &str, call: impl FnOnce() -> Result<T, StoreError>) {
    let error = call().err().expect("a failure");
    assert!(error.cause.contains(words), "{error}");
    assert!(!error.cause.contains('\n'), "{error}");
    assert!(
        error.hint.contains("unlock or start the keyring"),
        "{}",
        error.hint
    );
}

#[test]
fn contract_on_the_real_service() {
    const CASE: &str = "contract_on_the_real_service";
    fn holds() {
        contract::check(keyring(Arc::new(Nobody)).as_ref());
    }
    fn writes() {
        keyring(Arc::new(Nobody))
            .put("0a", &Secret::new("kept"))
            .unwrap();
    }
    fn reads() {
        let secret = keyring(Arc::new(Nobody)).get("0a").unwrap();
        assert_eq!(secret.expect("written by another process").expose(), "kept");
    }
    if play(&[("holds", holds), ("writes", writes), ("reads", reads)]) {
        return;
    }
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    for part in ["holds", "writes", "reads"] {
        run_in(&session, CASE, part);
    }
}

#[test]
fn no_session_bus() {
    const CASE: &str = "no_session_bus";
    fn unset() {
        let keyring = keyring(Arc::new(Nobody));
        let words = "no D-Bus session bus: cannot connect to `unix:path=";
        self::fails(words, || keyring.get("0a"));
        self::fails(words, || keyring.put("0a", &Secret::new("x")));
        self::fails(words, || keyring.remove("0a"));
        self::fails(words, || keyring.probe());
    }
    fn wrong() {
        let keyring = keyring(Arc::new(Nobody));
        self::fails("no D-Bus session bus", || keyring.get("0a"));
    }
    if play(&[("unset", unset), ("wrong", wrong)]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    run(CASE, "unset", |command| {
        command
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env("XDG_RUNTIME_DIR", home.path());
    });
    for address in ["unix:path=/nonexistent/bus", "nonsense"] {
        run(CASE, "wrong", |command| {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        });
    }
}

#[test]
fn bus_without_a_secret_service() {
    const CASE: &str = "bus_without_a_secret_service";
    fn fails() {
        let keyring = keyring(Arc::new(Nobody));
        self::fails("no Secret Service runs in this session", || {
            keyring.get("0a")
        });
        self::fails("no Secret Service runs in this session", || keyring.probe());
    }
    if play(&[("fails", fails)]) {
        return;
    }
    let Some(session) = SecretService::for_test(Keyring::Absent) else {
        return;
    };
    run_in(&session, CASE, "fails");
}

#[test]
fn daemon_without_a_collection() {
    const CASE: &str = "daemon_without_a_collection";
    fn only_a_write_tells() {
        let keyring = keyring(Arc::new(Nobody));
        assert!(keyring.get("0a").unwrap().is_none());
        self::fails("no default collection", || keyring.probe());
        self::fails("no default collection", || {
            keyring.put("0a", &Secret::new("x"))
        });
    }
    if play(&[("only_a_write_tells", only_a_write_tells)]) {
        return;
    }
    let Some(session) = SecretService::for_test(Keyring::NoCollection) else {
        return;
    };
    run_in(&session, CASE, "only_a_write_tells");
}

#[test]
fn locked_with_nobody_to_unlock_it() {
    const CASE: &str = "locked_with_nobody_to_unlock_it";
    fn writes() {
        keyring(Arc::new(Nobody))
            .put("0a", &Secret::new("kept"))
            .unwrap();
    }
    fn fails() {
        let keyring = keyring(Arc::new(Nobody));
        self::fails("the keyring is locked", || keyring.get("0a"));
        self::fails("the keyring is locked", || {
            keyring.put("0a", &Secret::new("x"))
        });
        self::fails("the keyring is locked", || keyring.remove("0a"));
        self::fails("the keyring is locked", || keyring.probe());
    }
    if play(&[("writes", writes), ("fails", fails)]) {
        return;
    }
    let Some(mut session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    run_in(&session, CASE, "writes");
    session.lock();
    run_in(&session, CASE, "fails");
}

#[test]
fn silent_daemon() {
    const CASE: &str = "silent_daemon";
    fn misses_the_deadline_once() {
        let keyring = keyring(Arc::new(Nobody));
        let error = keyring.get("0a").unwrap_err();
        assert_eq!(error.cause, "the keyring did not answer within 1 s");
        let_go_on(); // which nothing asks for any more
        self::fails("did not answer within 1 s", || keyring.probe());
        // Another handle, the same keyring.
        let again = self::keyring(Arc::new(Nobody));
        self::fails("did not answer within 1 s", || {
            again.put("0a", &Secret::new("x"))
        });
    }
    if play(&[("misses_the_deadline_once", misses_the_deadline_once)]) {
        return;
    }
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    session.stop();
    run(CASE, "misses_the_deadline_once", |command| {
        session.join(command);
        command.env(DAEMON, session.daemon_id().to_string());
        command.env("KEYFOB_TEST_KEYRING", "1");
    });
}

/// Lets the stopped daemon go on.
fn let_go_on() {
    signal("CONT", std::env::var(DAEMON).unwrap().parse().unwrap());
}

/// Somebody who unlocks the keyring when told that it waits: the daemon goes on.
struct Somebody {
    told: AtomicUsize,
}

impl Prompter for Somebody {
    fn attended(&self) -> bool {
        true
    }
    fn unlock_pending(&self) {
        self.told.fetch_add(1, Ordering::Relaxed);
        let_go_on();
    }
    fn passphrase(&self, _new: bool) -> Option<Secret> {
        None
    }
}

#[test]
fn silence_that_somebody_ends() {
    const CASE: &str = "silence_that_somebody_ends";
    fn goes_on() {
        let somebody = Arc::new(Somebody {
            told: AtomicUsize::new(0),
        });
        let keyring = keyring(Arc::clone(&somebody) as Arc<dyn Prompter>);
        keyring.probe().unwrap();
        assert_eq!(somebody.told.load(Ordering::Relaxed), 1);
    }
    if play(&[("goes_on", goes_on)]) {
        return;
    }
    let Some(session) = SecretService::for_test(Keyring::Unlocked) else {
        return;
    };
    session.stop();
    run(CASE, "goes_on", |command| {
        session.join(command);
        command.env(DAEMON, session.daemon_id().to_string());
        command.env("KEYFOB_TEST_KEYRING", "1");
    });
}
