//! The keyring against the real Secret Service: that it works, and what it says where it cannot.
//!
//! The session bus is the process's for good, so each case runs this binary again, alone, in a
//! session of its own.

#![cfg(target_os = "linux")]

#[path = "../../src/store/contract.rs"]
mod contract;

use keyfob_testkit::process::GENEROUS;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use keyfob::store::{Kind, Prompter, Setup, Store, StoreError, open};
use keyfob_base::secret::Secret;
use keyfob_testkit::secret_service::{Keyring, SecretService, available, signal};

/// Set for the process inside the session: the part of the case it is to play.
const PART: &str = "KEYFOB_TEST_PART";
/// The daemon's process id, for the part that lets it go on.
const DAEMON: &str = "KEYFOB_TEST_DAEMON";

/// Everything but waiting for a deadline is done in this time, on a busy machine too.
const PROMPT: Duration = GENEROUS;

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

/// Runs a part of a case in a process of its own, which must end well and within `bound`.
fn run(case: &str, part: &str, bound: Duration, prepare: impl FnOnce(&mut Command)) {
    let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
    command
        .args(["--exact", case, "--nocapture", "--test-threads=1"])
        .env(PART, part)
        .stdin(Stdio::null());
    prepare(&mut command);
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this binary starts");
    let start = Instant::now();
    while process
        .try_wait()
        .expect("a child can be waited for")
        .is_none()
    {
        if start.elapsed() > bound {
            let _ = process.kill();
            let _ = process.wait();
            panic!("{case}, {part}: not done within {bound:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = process.wait_with_output().expect("a child can be read");
    let shown = [output.stdout, output.stderr].concat();
    let shown = String::from_utf8_lossy(&shown);
    assert!(output.status.success(), "{case}, {part}: {shown}");
    assert!(shown.contains("1 passed"), "{case}, {part}: {shown}");
}

fn run_in(session: &SecretService, case: &str, part: &str, bound: Duration) {
    run(case, part, bound, |command| session.join(command));
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

fn timed<T>(call: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let answer = call();
    (start.elapsed(), answer)
}

/// A failure that came at once, with these words and the way out.
fn fails_at_once<T>(words: &str, call: impl FnOnce() -> Result<T, StoreError>) {
    let (elapsed, answer) = timed(call);
    let error = answer.err().expect("a failure");
    assert!(elapsed < PROMPT, "{elapsed:?}: {error}");
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
    if play(&[("holds", holds), ("writes", writes), ("reads", reads)]) || !available(CASE) {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    for part in ["holds", "writes", "reads"] {
        run_in(&session, CASE, part, GENEROUS);
    }
}

#[test]
fn no_session_bus() {
    const CASE: &str = "no_session_bus";
    fn unset() {
        let keyring = keyring(Arc::new(Nobody));
        let words = "no D-Bus session bus: cannot connect to `unix:path=";
        fails_at_once(words, || keyring.get("0a"));
        fails_at_once(words, || keyring.put("0a", &Secret::new("x")));
        fails_at_once(words, || keyring.remove("0a"));
        fails_at_once(words, || keyring.probe());
    }
    fn wrong() {
        let keyring = keyring(Arc::new(Nobody));
        fails_at_once("no D-Bus session bus", || keyring.get("0a"));
    }
    if play(&[("unset", unset), ("wrong", wrong)]) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    run(CASE, "unset", PROMPT, |command| {
        command
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env("XDG_RUNTIME_DIR", home.path());
    });
    for address in ["unix:path=/nonexistent/bus", "nonsense"] {
        run(CASE, "wrong", PROMPT, |command| {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        });
    }
}

#[test]
fn bus_without_a_secret_service() {
    const CASE: &str = "bus_without_a_secret_service";
    fn fails() {
        let keyring = keyring(Arc::new(Nobody));
        fails_at_once("no Secret Service runs in this session", || {
            keyring.get("0a")
        });
        fails_at_once("no Secret Service runs in this session", || keyring.probe());
    }
    if play(&[("fails", fails)]) || !available(CASE) {
        return;
    }
    run_in(
        &SecretService::start(Keyring::Absent),
        CASE,
        "fails",
        PROMPT,
    );
}

#[test]
fn daemon_without_a_collection() {
    const CASE: &str = "daemon_without_a_collection";
    fn only_a_write_tells() {
        let keyring = keyring(Arc::new(Nobody));
        assert!(keyring.get("0a").unwrap().is_none());
        fails_at_once("no default collection", || keyring.probe());
        fails_at_once("no default collection", || {
            keyring.put("0a", &Secret::new("x"))
        });
    }
    if play(&[("only_a_write_tells", only_a_write_tells)]) || !available(CASE) {
        return;
    }
    let session = SecretService::start(Keyring::NoCollection);
    run_in(&session, CASE, "only_a_write_tells", PROMPT);
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
        fails_at_once("the keyring is locked", || keyring.get("0a"));
        fails_at_once("the keyring is locked", || {
            keyring.put("0a", &Secret::new("x"))
        });
        fails_at_once("the keyring is locked", || keyring.remove("0a"));
        fails_at_once("the keyring is locked", || keyring.probe());
    }
    if play(&[("writes", writes), ("fails", fails)]) || !available(CASE) {
        return;
    }
    let mut session = SecretService::start(Keyring::Unlocked);
    run_in(&session, CASE, "writes", PROMPT);
    session.lock();
    run_in(&session, CASE, "fails", PROMPT);
}

#[test]
fn silent_daemon() {
    const CASE: &str = "silent_daemon";
    fn misses_the_deadline_once() {
        let keyring = keyring(Arc::new(Nobody));
        let (elapsed, answer) = timed(|| keyring.get("0a"));
        let error = answer.unwrap_err();
        assert_eq!(error.cause, "the keyring did not answer within 5 s");
        assert!(elapsed >= Duration::from_secs(5), "{elapsed:?}");
        assert!(elapsed < Duration::from_secs(5) + PROMPT, "{elapsed:?}");
        fails_at_once("did not answer within 5 s", || keyring.probe());
        // Another handle, the same keyring.
        let again = self::keyring(Arc::new(Nobody));
        let (elapsed, answer) = timed(|| again.put("0a", &Secret::new("x")));
        assert!(answer.is_err());
        assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    }
    if play(&[("misses_the_deadline_once", misses_the_deadline_once)]) || !available(CASE) {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    session.stop();
    let bound = Duration::from_secs(5) + PROMPT; // the end of the process included
    run_in(&session, CASE, "misses_the_deadline_once", bound);
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
        signal("CONT", std::env::var(DAEMON).unwrap().parse().unwrap());
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
        let (elapsed, answer) = timed(|| keyring.probe());
        answer.unwrap();
        assert!(elapsed >= Duration::from_secs(2), "{elapsed:?}");
        assert_eq!(somebody.told.load(Ordering::Relaxed), 1);
    }
    if play(&[("goes_on", goes_on)]) || !available(CASE) {
        return;
    }
    let session = SecretService::start(Keyring::Unlocked);
    session.stop();
    run(
        CASE,
        "goes_on",
        Duration::from_secs(2) + PROMPT,
        |command| {
            session.join(command);
            command.env(DAEMON, session.daemon_id().to_string());
        },
    );
}
