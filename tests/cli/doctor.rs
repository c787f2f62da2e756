//! `doctor`: each finding is made to appear, and where it can be mended it is seen gone.

mod broken;
mod clock;
mod index;
#[cfg(target_os = "linux")]
mod keyring;
mod mend;
mod permissions;
mod secrecy;
mod secrets;
mod stores;
mod surroundings;

use serde_json::Value;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::MARK;

/// One line of the answer.
#[derive(Debug, Clone)]
struct Found {
    check: String,
    status: String,
    message: String,
    hint: String,
    mendable: bool,
    mended: bool,
}

/// Runs it, and takes its findings.
#[track_caller]
fn look(home: &Home, args: &[&str]) -> Vec<Found> {
    findings(&home.run(&[&["doctor", "--json"], args].concat()))
}

#[track_caller]
fn findings(run: &Run) -> Vec<Found> {
    let answer = run.json();
    let found = answer["findings"].as_array().expect("findings").iter();
    let found: Vec<Found> = found.map(Found::of).collect();
    let failed = found.iter().filter(|one| one.status == "fail").count();
    assert_eq!(answer["failed"], failed, "{run:#?}");
    assert_eq!(answer["ok"], failed == 0, "{run:#?}");
    assert_eq!(run.status, i32::from(failed > 0), "{run:#?}");
    for one in &found {
        assert_eq!(one.status == "pass", one.hint.is_empty(), "{one:?}");
    }
    found
}

impl Found {
    fn of(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self {
            check: text("check"),
            status: text("status"),
            message: text("message"),
            hint: text("hint"),
            mendable: value["mendable"] == true,
            mended: value["mended"] == true,
        }
    }
}

/// The one finding of a check that holds these words.
#[track_caller]
fn one(found: &[Found], status: &str, check: &str, words: &str) -> Found {
    let fits = |one: &&Found| one.check == check && one.message.contains(words);
    let found_all: Vec<&Found> = found.iter().filter(fits).collect();
    assert_eq!(found_all.len(), 1, "{check}: `{words}` in {found:#?}");
    assert_eq!(found_all[0].status, status, "{found:#?}");
    found_all[0].clone()
}

/// Demands that nothing but these is wrong.
#[track_caller]
fn well(found: &[Found]) {
    let wrong: Vec<_> = found.iter().filter(|one| one.status != "pass").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A home where `julien` is signed in at a server that is not asked for its time.
fn signed_in() -> (Home, keyfob_testkit::provider::Provider) {
    keyfob_testkit::scene::signed_in()
}

#[test]
fn a_set_up_without_fault_is_told_line_by_line_and_left_as_it_was() {
    let (home, provider) = signed_in();
    home.run(&["login", "sandbox"]).ok();
    let before = home.files();
    let asked = provider.asked("/token").len();
    let run = home.run(&["doctor"]).ok();
    assert_eq!(run.stderr, "");
    for line in [
        "pass  version       0.",
        "pass  settings      the defaults",
        "pass  permissions   nobody else can write in ",
        "pass  locks         ",
        "pass  store         the file store takes and gives secrets: encrypted with age",
        "pass  index         all 2 accounts have their secrets",
        "pass  accounts      all 2 accounts are signed in",
        "pass  providers     ",
        "pass  environment   2 variables of keyfob's are set, and all known",
        "pass  browser       none is opened here: ",
        "pass  proxy         none is set",
        "pass  certificates  the system's are trusted",
        "pass  clock         acme: 127.0.0.1 answers",
    ] {
        assert!(run.stdout.contains(line), "{line}: {run:#?}");
    }
    assert_eq!(run.stdout.lines().last(), Some("13 passed"));
    assert_eq!(
        home.files(),
        before,
        "nothing stays, and nothing is recorded"
    );
    let asked_now = provider.asked("/token");
    assert_eq!(asked_now.len(), asked + 1);
    let request = asked_now.last().expect("a request");
    assert_eq!((&*request.method, request.body.len()), ("GET", 0));
    assert!(
        !request.headers.contains_key("authorization"),
        "{request:?}"
    );
    well(&look(&home, &[]));
}

#[test]
fn where_nothing_is_yet_nothing_is_made() {
    let home = Home::new();
    let found = look(&home, &[]);
    one(
        &found,
        "pass",
        "store",
        "the file store is made with the first sign-in",
    );
    one(&found, "pass", "index", "nobody is signed in");
    one(&found, "pass", "permissions", "no folder is there yet");
    one(&found, "pass", "clock", "no provider to ask");
    well(&found);
    assert!(home.files().is_empty(), "{:?}", home.files());
    assert!(!home.path("state").exists() && !home.path("data").exists());
}

/// The exit code is in the report already, so for people no line repeats it.
#[test]
fn a_failure_is_told_once_and_under_json_as_every_verb_does() {
    let (home, _provider) = signed_in();
    home.write("config/providers/beta.toml", "tittle = 1\n");
    for manner in [&[][..], &["-q"], &["-v"]] {
        let run = home.run(&[&["doctor"], manner].concat());
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.stdout.ends_with("12 passed, 1 failed\n"), "{run:?}");
        assert!(!run.stderr.contains("error"), "{run:?}");
    }
    let run = home.run(&["doctor", "--json"]);
    assert_eq!(run.failure()["error"], "test_failed", "{run:?}");
    assert!(run.json()["ok"] == false);
    home.run(&["doctor", "nobody"]).fails(2, &["`nobody`"]);
}

#[test]
fn one_provider_narrows_it_to_its_accounts_and_its_server() {
    let (home, provider) = signed_in();
    let other = keyfob_testkit::provider::Provider::start();
    home.provider("beta", &other.definition(""));
    home.login(&["beta"]).ok();
    let before = (provider.asked("/token").len(), other.asked("/token").len());
    home.write("config/providers/gamma.toml", "tittle = 1\n");
    let found = look(&home, &["beta"]);
    one(&found, "pass", "clock", "beta: 127.0.0.1 answers");
    one(&found, "pass", "accounts", "the one account is signed in");
    well(&found);
    let after = (provider.asked("/token").len(), other.asked("/token").len());
    assert_eq!(after, (before.0, before.1 + 1));
    assert!(!found.iter().any(|one| one.message.contains(MARK)));
}
