//! `kill -9` before each system call that changes a file, starts a thread for a store, or talks to the keyring:
//! whatever was under way, no account is lost, and the same command ends it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::backup::STEADY;
use crate::vault::HomeVault as _;
use keyfob_testkit::backup::Keys;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::secret_service::{Keyring, SecretService};

/// What changes a file, starts a thread for a store, or talks to the keyring. Each has a count of its own, in
/// each thread; but for messages nothing but the first thread gets beyond a few.
const CALLS: [&str; 11] = [
    "clone3",
    "flock",
    "fsync",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "sendmsg",
    "unlink",
    "unlinkat",
    "write",
];

/// Runs a command that is killed before the call of that number; whether it came to its end.
fn cut(home: &Home, args: &[&str], (call, number): Step) -> bool {
    let run = with_fault(home, args, call, &format!("signal=KILL:when={number}"));
    assert!(
        run.status == 0 || run.status == -1,
        "{call} {number}: {run:?}"
    );
    run.status == 0
}

/// Runs a command of which a system call meets with a fault.
fn with_fault(home: &Home, args: &[&str], call: &str, fault: &str) -> Run {
    let keyfob = home.keyfob(args);
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qqq", "-o", "/dev/null"])
        .args(["-e", "signal=none"])
        .args(["-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:{fault}")])
        .arg(keyfob.get_program())
        .args(args)
        .env_clear()
        .envs(
            keyfob
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null());
    Run::of(strace.output().expect("strace starts"))
}

/// A call, and the how manyth of its kind.
type Step = (&'static str, usize);

/// Cuts a command before each of its calls, and looks after each time; `step` tells whether it came to its end.
fn at_each_step(least: usize, mut step: impl FnMut(Step) -> bool) {
    let mut steps = 0;
    for call in CALLS {
        let mut number = 1;
        while !step((call, number)) {
            number += 1;
            assert!(number < 200, "{call}: it never ends");
        }
        steps += number - 1;
    }
    assert!(steps >= least, "only {steps} steps");
}

/// What lies in a home, so that what was looked at once is not looked at again: the index as it is but for its
/// times, and of what is encrypted the length.
fn state(home: &Home) -> BTreeMap<PathBuf, String> {
    let whole = home.path("");
    let files = home.kept().into_iter().map(|(path, bytes)| {
        let text = match serde_json::from_slice::<Value>(&bytes) {
            Ok(mut entry) => {
                entry["updated_at"].take();
                entry.to_string()
            }
            Err(_) => bytes.len().to_string(),
        };
        (
            path.strip_prefix(&whole).expect("of this home").to_owned(),
            text,
        )
    });
    files.collect()
}

/// The file store's secrets.
fn files(home: &Home) -> usize {
    let folder = std::fs::read_dir(home.path("data/secrets"));
    let names = folder.into_iter().flatten().flatten();
    names
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.ends_with(".age") && !name.starts_with("probe-")
        })
        .count()
}

fn moving(from: &str, to: &str) {
    let Some(session) = SecretService::for_test(Keyring::Unlocked).filter(|_| traced()) else {
        return;
    };
    let (mut home, provider) = (Home::new(), Provider::start());
    home.set("DBUS_SESSION_BUS_ADDRESS", session.address());
    home.provider("acme", &provider.definition(""));
    home.login(&["acme", "--store", from]).ok();
    let token = home.run(&["token"]).ok().stdout;
    let works = |step: Step| {
        assert_eq!(home.run(&["token"]).ok().stdout, token, "{step:?}");
        assert_eq!(home.accounts(), ["acme/julien"], "{step:?}");
    };
    let args = ["move", "acme", "--store", to];
    let mut seen = BTreeSet::from([(state(&home), session.count("keyfob"))]); // before the first change
    let before = seen.clone();
    at_each_step(25, |step| {
        let ended = cut(&home, &args, step);
        let left = (state(&home), session.count("keyfob"));
        if before.contains(&left) {
            return ended;
        }
        let new = seen.insert(left);
        if new {
            works(step);
        }
        home.run(&args).ok();
        if new {
            works(step);
            let entry = home.account("acme/julien");
            assert_eq!(entry.copy_in, None, "{step:?}");
            let held = (session.holds("keyfob", &entry.id), files(&home));
            let expected = (to == "keyring", usize::from(to == "file"));
            assert_eq!(held, expected, "{step:?}");
        }
        home.run(&["move", "acme", "--store", from]).ok();
        ended
    });
    home.run(&["refresh"]).ok();
    assert_eq!(provider.state(|state| state.reuses), 0);
}

/// Whether `strace` is there and may trace.
fn traced() -> bool {
    let tried = Command::new("strace")
        .args(["-qqq", "-o", "/dev/null", "true"])
        .stderr(Stdio::null())
        .status();
    let works = tried.is_ok_and(|status| status.success());
    if !works {
        keyfob_testkit::needs::skip("strace, and the right to trace");
    }
    works
}

#[test]
fn a_move_to_the_keyring() {
    moving("file", "keyring");
}

#[test]
fn a_move_to_the_file_store() {
    moving("keyring", "file");
}

/// Two accounts of one person, in a file store, whose provider may rotate refresh tokens.
fn two() -> (Home, Provider) {
    let (home, provider) = keyfob_testkit::provider::acme();
    home.login(&["acme"]).ok();
    home.login(&["acme", "--as", "work"]).ok();
    (home, provider)
}

/// A home on another machine, with a file store and the identity that backups are encrypted to.
fn elsewhere(keys: &Keys) -> Home {
    let home = Home::new();
    home.run(&["login", "sandbox"]).ok(); // makes its file store
    home.write("key.txt", &keys.identity);
    home
}

#[test]
fn a_backup_that_moves() {
    if !traced() {
        return;
    }
    let keys = Keys::generate();
    let (home, provider) = two();
    let fresh = elsewhere(&keys);
    let mut seen = BTreeSet::new();
    at_each_step(25, |step| {
        let here = home.copy();
        let file = here.text_path("moved.age");
        let args = crate::backup::moving(&file, &keys);
        let ended = cut(&here, &args, step);
        if !seen.insert((state(&here), ended)) {
            return ended;
        }
        let left = here.accounts();
        for account in ["acme/julien", "acme/work"] {
            if left.iter().any(|one| one == account) && here.run(&["token", account]).status == 0 {
                continue;
            }
            let there = fresh.copy();
            let key = there.text_path("key.txt");
            there
                .run(&["restore", &file, account, "--identity", &key])
                .ok();
            there.run(&["token", account]).ok();
            assert_eq!(there.entry(account)["refreshable"], true, "{step:?}");
        }
        assert!(left.is_empty() || !ended, "{step:?}: {left:?}");
        ended
    });
    assert!(provider.asked("/revoke").is_empty());
}

/// Beside an older account, of another client, whose place one of the backup takes.
#[test]
fn a_restore() {
    if !traced() {
        return;
    }
    let keys = Keys::generate();
    let (home, provider) = two();
    home.provider("acme", &provider.definition(STEADY));
    let token = |home: &Home, account: &str| home.run(&["token", account]).ok().stdout;
    let tokens = ["acme/julien", "acme/work"].map(|account| token(&home, account));
    let fresh = home.copy();
    fresh.write("key.txt", &keys.identity);
    fresh.run(&["logout", "acme/work", "--local"]).ok();
    fresh.later("acme/julien", 60);
    let mut older = fresh.account("acme/julien");
    let vault = fresh.vault();
    let secrets = vault.secrets(&older).expect("a file").expect("a secret");
    older.client.id = "another".into();
    vault.keep(&older, &secrets).expect("a file in the home");
    vault.record(&older).expect("a file in the home");
    let file = home.backed_up(&keys, &[]);
    let mut seen = BTreeSet::new();
    at_each_step(25, |step| {
        let there = fresh.copy();
        let key = there.text_path("key.txt");
        let args = ["restore", &file, "--identity", &key, "--replace"]; // it has another client
        let ended = cut(&there, &args, step);
        if !seen.insert(state(&there)) {
            return ended;
        }
        token(&there, "acme/julien");
        let listed = there.run(&["list"]).ok();
        assert_eq!(listed.stderr, "", "{step:?}");
        there.run(&args).ok();
        let found = ["acme/julien", "acme/work"].map(|account| token(&there, account));
        assert_eq!(found, tokens, "{step:?}");
        assert_eq!(there.accounts(), ["acme/julien", "acme/work"], "{step:?}");
        ended
    });
}

/// A rename whose folder cannot be synced has happened all the same: what the entry leads to by then stays.
#[test]
fn an_entry_that_may_be_written_keeps_its_secret() {
    if !traced() {
        return;
    }
    let keys = Keys::generate();
    let (home, provider) = two();
    home.provider("acme", &provider.definition(STEADY));
    let file = home.backed_up(&keys, &[]);
    let fresh = elsewhere(&keys);
    let (mut failed, mut written) = (0, 0);
    for number in 1..=20 {
        let there = fresh.copy();
        let key = there.text_path("key.txt");
        let args = ["restore", &file, "acme/work", "--identity", &key];
        let fault = format!("error=EIO:when={number}");
        let run = with_fault(&there, &args, "fsync", &fault);
        let found = there.accounts().iter().any(|one| one == "acme/work");
        failed += usize::from(run.status != 0);
        if found {
            written += usize::from(run.status != 0);
            there.run(&["token", "acme/work"]).ok();
        }
        there.run(&args).ok();
        there.run(&["token", "acme/work"]).ok();
    }
    assert!(failed > written && written > 0, "{failed} {written}");
}
