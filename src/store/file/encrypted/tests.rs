//! The file store in both forms, and what can be wrong with its files.

use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::store::{Prompter, contract};

/// Somebody who types this, or nobody.
struct Typist {
    types: Option<&'static str>,
    asked: AtomicUsize,
    asked_new: AtomicUsize,
}

impl Prompter for Typist {
    fn attended(&self) -> bool {
        false
    }
    fn unlock_pending(&self) {}
    fn passphrase(&self, new: bool) -> Option<Secret> {
        let count = if new { &self.asked_new } else { &self.asked };
        count.fetch_add(1, Ordering::Relaxed);
        self.types.map(Secret::new)
    }
}

/// One home, and stores opened in it as processes would.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn typist(types: Option<&'static str>) -> Arc<Typist> {
        Arc::new(Typist {
            types,
            asked: AtomicUsize::new(0),
            asked_new: AtomicUsize::new(0),
        })
    }

    fn open(&self, ask: bool, typist: &Arc<Typist>, variable: Option<&'static str>) -> File {
        let setup = Setup {
            data: self.path("data"),
            identity: self.path("identity"),
            locks: self.path("locks"),
            ask_passphrase: ask,
            prompter: Arc::clone(typist) as Arc<dyn Prompter>,
        };
        let environment = Environment::new(FILE_STORE, move |name| {
            (name == "KEYFOB_PASSPHRASE")
                .then_some(variable)
                .flatten()
                .map(OsString::from)
        });
        File::with(setup, environment)
    }

    /// A store whose key lies open.
    fn plain(&self) -> File {
        self.open(false, &Self::typist(None), None)
    }

    /// A store behind a passphrase from the environment.
    fn behind(&self, passphrase: &'static str) -> File {
        self.open(false, &Self::typist(None), Some(passphrase))
    }
}

fn put(store: &File, key: &str, secret: &str) {
    store.put(key, &Secret::new(secret)).unwrap();
}

fn get(store: &File, key: &str) -> String {
    store.get(key).unwrap().unwrap().expose().to_owned()
}

#[test]
fn the_contract_holds_in_both_forms_and_nothing_is_left() {
    let home = Home::new();
    contract::check(&home.plain());
    assert_eq!(fs::read_dir(home.path("data")).unwrap().count(), 0);
    let home = Home::new();
    contract::check(&home.behind("correct horse"));
    assert_eq!(fs::read_dir(home.path("data")).unwrap().count(), 0);
}

#[test]
fn nothing_readable_is_on_disk_and_everything_is_private() {
    let home = Home::new();
    put(&home.plain(), "0a", "marked-secret");
    for (file, text) in [
        ("data/0a.age", false),
        ("identity/identity.txt", true),
        ("identity/recipient.txt", true),
    ] {
        let contents = fs::read(home.path(file)).unwrap();
        assert_eq!(std::str::from_utf8(&contents).is_ok(), text, "{file}");
        assert!(
            !contents
                .windows(13)
                .any(|window| window == b"marked-secret")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(home.path(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }
}

#[test]
fn another_process_reads_what_one_wrote() {
    let home = Home::new();
    put(&home.plain(), "0a", "kept");
    assert_eq!(get(&home.plain(), "0a"), "kept");
    assert!(home.plain().protection().contains("unprotected"));
    assert!(home.plain().protection().contains("identity.txt"));
}

#[test]
fn writing_and_reading_ask_once() {
    let home = Home::new();
    let maker = Home::typist(Some("typed"));
    put(&home.open(true, &maker, None), "0a", "kept");
    assert_eq!(maker.asked_new.load(Ordering::Relaxed), 1);

    let reader = Home::typist(Some("typed"));
    let store = home.open(false, &reader, None);
    put(&store, "0b", "also");
    store.probe().unwrap();
    assert_eq!(reader.asked.load(Ordering::Relaxed), 1);
    assert_eq!(
        (get(&store, "0a"), get(&store, "0b")),
        ("kept".into(), "also".into())
    );
    assert_eq!(reader.asked.load(Ordering::Relaxed), 1);
    assert_eq!(
        store.protection(),
        "encrypted with age behind your passphrase"
    );
    assert!(!home.path("identity/identity.txt").exists());
}

#[test]
fn a_wrong_or_missing_passphrase_is_an_error_that_says_which() {
    let home = Home::new();
    put(&home.behind("right"), "0a", "kept");
    let wrong = home.behind("wrong").get("0a").unwrap_err();
    assert!(wrong.cause.starts_with("wrong passphrase"), "{wrong}");
    assert!(wrong.cause.contains("KEYFOB_PASSPHRASE"), "{wrong}");
    let missing = home.plain().get("0a").unwrap_err();
    assert!(missing.cause.contains("missing"), "{missing}");
    assert!(
        missing.hint.contains("KEYFOB_PASSPHRASE_FILE"),
        "{}",
        missing.hint
    );
    assert!(
        home.plain().get("0b").unwrap().is_none(),
        "absence needs no passphrase"
    );
}

#[test]
fn a_store_is_not_made_without_the_passphrase_that_was_meant() {
    let home = Home::new();
    let nobody = Home::typist(None);
    assert!(home.open(true, &nobody, None).probe().is_err());
    assert!(home.behind("").probe().is_err());
    assert!(!home.path("identity/identity.txt").exists());
    assert!(!home.path("identity/identity.age").exists());
}

#[test]
fn the_form_is_chosen_once() {
    let home = Home::new();
    put(&home.plain(), "0a", "kept");
    let typist = Home::typist(Some("typed"));
    let error = home.open(true, &typist, None).probe().unwrap_err();
    assert!(error.cause.contains("chosen when it was made"), "{error}");
    assert_eq!(typist.asked_new.load(Ordering::Relaxed), 0);
    let given = home.behind("later");
    put(&given, "0b", "more");
    assert_eq!(get(&given, "0b"), "more");
    assert!(given.protection().contains("unprotected"));
}

#[test]
fn made_by_many_at_once_it_has_one_key() {
    let home = Arc::new(Home::new());
    let start = Arc::new(Barrier::new(8));
    let makers: Vec<_> = (0..8)
        .map(|n| {
            let (home, start) = (Arc::clone(&home), Arc::clone(&start));
            thread::spawn(move || {
                let store = home.plain();
                start.wait();
                put(&store, &format!("0{n}"), "kept");
            })
        })
        .collect();
    for maker in makers {
        maker.join().unwrap();
    }
    for n in 0..8 {
        assert_eq!(get(&home.plain(), &format!("0{n}")), "kept");
    }
}

#[test]
fn a_making_killed_half_way_is_begun_anew() {
    let home = Home::new();
    put(&home.behind("first"), "0a", "kept");
    fs::remove_file(home.path("identity/identity.age")).unwrap();
    fs::remove_file(home.path("data/0a.age")).unwrap();
    put(&home.behind("second"), "0b", "new");
    assert_eq!(get(&home.behind("second"), "0b"), "new");
}

#[test]
fn a_lost_key_is_not_replaced_while_it_would_be_missed() {
    let home = Home::new();
    put(&home.behind("right"), "0a", "kept");
    let key = home.path("identity/identity.age");
    let elsewhere = home.path("kept.age");
    fs::rename(&key, &elsewhere).unwrap();
    let lost = home
        .behind("right")
        .put("0b", &Secret::new("new"))
        .unwrap_err();
    assert!(lost.cause.contains("key is missing"), "{lost}");
    assert!(lost.hint.contains("backup"), "{lost:?}");
    fs::rename(&elsewhere, &key).unwrap();
    assert_eq!(get(&home.behind("right"), "0a"), "kept");
}

#[test]
fn a_recipient_of_another_identity_is_refused_before_anything_is_encrypted_to_it() {
    let (home, other) = (Home::new(), Home::new());
    for home in [&home, &other] {
        put(&home.open(false, &Home::typist(None), None), "0a", "kept");
    }
    let recipient = |home: &Home| home.path("identity/recipient.txt");
    fs::copy(recipient(&other), recipient(&home)).unwrap();
    let store = home.open(false, &Home::typist(None), None);
    let refused = store.put("0a", &Secret::new("new")).unwrap_err();
    assert!(refused.cause.contains("does not belong"), "{refused}");
    assert_eq!(get(&store, "0a"), "kept");
}

#[test]
fn a_lost_recipient_is_written_again_from_the_identity() {
    for home_form in [None, Some("right")] {
        let home = Home::new();
        let open = || home.open(false, &Home::typist(None), home_form);
        put(&open(), "0a", "kept");
        fs::remove_file(home.path("identity/recipient.txt")).unwrap();
        put(&open(), "0b", "more");
        assert_eq!(
            (get(&open(), "0a"), get(&open(), "0b")),
            ("kept".into(), "more".into())
        );
        assert!(home.path("identity/recipient.txt").exists());
    }
}

#[test]
fn a_probe_finds_a_recipient_of_another_identity() {
    let (home, other) = (Home::new(), Home::new());
    put(&home.plain(), "0a", "kept");
    put(&other.plain(), "0a", "kept");
    fs::copy(
        other.path("identity/recipient.txt"),
        home.path("identity/recipient.txt"),
    )
    .unwrap();
    let error = home.plain().probe().unwrap_err();
    assert!(error.cause.contains("recipient.txt"), "{error}");
    assert_eq!(fs::read_dir(home.path("data")).unwrap().count(), 1);
}

#[test]
fn a_lost_identity_is_not_absence() {
    let home = Home::new();
    put(&home.plain(), "0a", "kept");
    fs::remove_dir_all(home.path("identity")).unwrap();
    let error = home.plain().get("0a").unwrap_err();
    assert!(error.cause.contains("key is missing"), "{error}");
}

#[test]
fn damage_is_named_with_its_file_and_cause() {
    let home = Home::new();
    let store = home.plain();
    put(&store, "0a", "kept");
    let whole = fs::read(home.path("data/0a.age")).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let cut = whole[..whole.len() - 4].to_vec();
    for damaged in [
        b"".to_vec(),
        b"age".to_vec(),
        cut,
        flipped,
        vec![0; 2 * 1024 * 1024],
    ] {
        fs::write(home.path("data/0a.age"), &damaged).unwrap();
        let error = store.get("0a").unwrap_err();
        assert!(error.cause.contains("0a.age"), "{error}");
    }
    put(&store, "0a", "again");
    assert_eq!(get(&store, "0a"), "again");
    fs::write(home.path("identity/identity.txt"), "AGE-SECRET-KEY-1marked").unwrap();
    let error = home.plain().get("0a").unwrap_err();
    assert!(
        error.cause.contains("identity.txt") && !error.cause.contains("marked"),
        "{error}"
    );
}

#[test]
fn a_hostile_work_factor_is_refused_unworked() {
    let home = Home::new();
    put(&home.behind("right"), "0a", "kept");
    let path = home.path("identity/identity.age");
    let contents = fs::read(&path).unwrap();
    let header = contents
        .windows(4)
        .position(|window| window == b" 10\n")
        .expect("the work factor is 10");
    for factor in [b" 63\n", b" 21\n"] {
        let mut hostile = contents.clone();
        hostile[header..header + 4].copy_from_slice(factor);
        fs::write(&path, hostile).unwrap();
        let error = home.behind("right").get("0a").unwrap_err();
        assert!(error.cause.contains("work factor"), "{error}");
    }
}

#[test]
fn a_secret_beyond_the_limit_is_refused_and_the_old_one_kept() {
    let home = Home::new();
    let store = home.plain();
    put(&store, "0a", "kept");
    assert!(
        store
            .put("0a", &Secret::new("x".repeat(1024 * 1024)))
            .is_err()
    );
    assert_eq!(get(&store, "0a"), "kept");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    put(&home.plain(), "0a", "kept");
    let path = home.path("identity/identity.txt");
    for mode in [0o644, 0o640, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = home.plain().get("0a").unwrap_err();
        assert!(
            error
                .hint
                .contains(&format!("chmod 600 {}", path.display())),
            "{}",
            error.hint
        );
    }
}

#[test]
fn a_data_folder_that_is_a_file_is_named() {
    let home = Home::new();
    fs::write(home.path("data"), "in the way").unwrap();
    let error = home.plain().probe().unwrap_err();
    assert!(error.cause.contains("data"), "{error}");
}

/// Runs the original `age`, where it is installed, as somebody would who has lost keyfob.
#[cfg(unix)]
#[test]
fn age_itself_opens_what_is_written() {
    let home = Home::new();
    put(&home.plain(), "0a", "kept");
    let run = Command::new("age")
        .arg("-d")
        .arg("-i")
        .arg(home.path("identity/identity.txt"))
        .arg(home.path("data/0a.age"))
        .output();
    match run {
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            let shown = String::from_utf8(output.stdout).unwrap();
            assert_eq!(shown.lines().next(), Some("kept"));
            let seal = shown.lines().nth(1).unwrap_or_default();
            assert!(seal.starts_with("keyfob-seal "), "{shown}");
        }
        Err(_) => skip("age_itself_opens_what_is_written: needs age"),
    }
}

#[cfg(unix)]
fn skip(why: &str) {
    use std::io::Write as _;
    assert!(std::env::var_os("KEYFOB_TEST_NO_SKIPS").is_none(), "{why}");
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// Encrypts as anybody can who knows the recipient.
fn forge(home: &Home, key: &str, text: &str) {
    let recipient = fs::read_to_string(home.path("identity/recipient.txt")).unwrap();
    let recipient: age::x25519::Recipient = recipient.trim().parse().unwrap();
    let forged = age::encrypt(&recipient, text.as_bytes()).unwrap();
    fs::write(home.path(&format!("data/{key}.age")), forged).unwrap();
}

const BEFORE: &str = "{\"version\":1,\"access_token\":\"x\"}";

#[test]
fn what_is_not_sealed_is_refused_and_what_is_sealed_is_of_its_key_alone() {
    let home = Home::new();
    let store = home.plain();
    put(&store, "0a", "kept");
    put(&store, "0b", "other");
    let sealed = fs::read(home.path("data/0b.age")).unwrap();
    let seal = format!("{BEFORE}\nkeyfob-seal {}\n", "0".repeat(64));
    for text in [BEFORE, "", "kept", "{\"version\":2}", &seal] {
        forge(&home, "0a", text);
        assert!(store.get("0a").is_err(), "{text}");
        assert!(store.is_forged("0a"), "{text}");
    }
    fs::write(home.path("data/0a.age"), sealed).unwrap();
    assert!(store.is_forged("0a"));
    fs::write(home.path("data/0a.age"), "x").unwrap();
    assert!(!store.is_forged("0a"), "damage is not forgery");
    assert_eq!(get(&store, "0b"), "other");
}

/// A store of before, in which secrets are sealed one after the other.
#[test]
fn what_was_kept_before_is_taken_until_it_is_sealed() {
    let home = Home::new();
    put(&home.plain(), "0c", "x");
    fs::remove_file(home.path("identity/sealed.txt")).unwrap();
    for key in ["0a", "0b", "0c"] {
        forge(&home, key, BEFORE);
        assert_eq!(get(&home.plain(), key), BEFORE);
    }
    forge(&home, "0c", "{\"version\":2}");
    assert!(home.plain().get("0c").is_err());
    assert!(home.plain().remove("0c").unwrap());
    put(&home.plain(), "0a", "sealed");
    forge(&home, "0a", BEFORE);
    assert!(home.plain().get("0a").is_err());
    assert_eq!(get(&home.plain(), "0b"), BEFORE);
    put(&home.plain(), "0b", "sealed");
    forge(&home, "0d", BEFORE);
    assert!(home.plain().get("0d").is_err(), "all are sealed");
}
