//! `use`: the default of a provider, said and kept; nothing read of a store, nothing sent, nothing logged.

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;

/// `acme/julien`, which is the default, and `acme/work`.
fn two() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    (home, provider)
}

#[test]
fn the_default_is_changed_and_both_are_said() {
    let (home, provider) = two();
    let asked = provider.asked("/token").len();
    let log = std::fs::read(home.path("state/events.jsonl")).unwrap();
    let secrets = home.path("data/secrets");
    std::fs::rename(&secrets, home.path("aside")).unwrap(); // none of them is needed
    let run = home.run(&["use", "acme/work"]).ok();
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "acme/work is the default of acme; it was acme/julien\n"
    );
    let which = home.run(&["which", "acme"]).ok();
    assert_eq!(which.stdout, "acme/work: it is the default of acme\n");

    let before = home.files();
    let run = home.run(&["use", "acme/work"]).ok();
    assert_eq!(run.stderr, "acme/work is the default of acme already\n");
    assert_eq!(home.files(), before);
    assert_eq!(home.run(&["use", "acme/work", "-q"]).ok().stderr, "");
    assert_eq!(
        std::fs::read(home.path("state/events.jsonl")).unwrap(),
        log,
        "nothing of it is in the audit log"
    );
    assert_eq!(provider.asked("/token").len(), asked);
}

#[test]
fn its_json_has_the_default_before() {
    let (home, _provider) = two();
    let used = |account: &str| home.run(&["use", account, "--json"]).ok().json();
    let shape = |account: &str, previous: Value| json!({"account": account, "provider": "acme", "previous": previous, "rule": null});
    assert_eq!(used("acme/work"), shape("acme/work", json!("acme/julien")));
    assert_eq!(used("acme/work"), shape("acme/work", json!("acme/work")));
    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    assert_eq!(used("acme/julien"), shape("acme/julien", Value::Null));
    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    let run = home.run(&["use", "acme/julien"]).ok();
    assert!(run.stderr.contains("there was none"), "{run:?}");
}

#[test]
fn the_environment_goes_before_it_and_that_is_said() {
    let (mut home, _provider) = two();
    home.set("KEYFOB_ACCOUNT", "acme/julien");
    let run = home.run(&["use", "acme/work"]).ok();
    assert!(
        run.stderr.contains("KEYFOB_ACCOUNT names acme/julien"),
        "{run:?}"
    );
    home.set("KEYFOB_ACCOUNT", "acme/work");
    let run = home.run(&["use", "acme/work"]).ok();
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
}

#[test]
fn what_is_no_account_is_wrong_usage() {
    let (home, _provider) = two();
    let before = home.holdings();
    let wrong = |typed: &str, code: &str, words: &[&str]| {
        home.run(&["use", typed]).fails(2, words);
        let failure: Run = home.run(&["use", typed, "--json"]);
        assert_eq!(failure.failure()["error"], code, "{failure:?}");
    };
    wrong(
        "acme",
        "usage",
        &["`acme` is a provider", "`acme/julien`, `acme/work`"],
    );
    wrong(
        "acme/wrok",
        "unknown_account",
        &["did you mean `acme/work`?"],
    );
    wrong("acne/work", "unknown_provider", &["acme"]);
    wrong("acme/*", "usage", &["`acme/*` is a pattern"]);
    wrong("Acme/work", "usage", &["lower case: `acme/work`"]);
    wrong("acme/../etc", "usage", &["PROVIDER/NAME"]);
    home.run(&["use", "github"])
        .fails(4, &["nobody is signed in at github"]);
    home.run(&["use"]); // clap's own
    assert_eq!(home.holdings(), before);
}

#[test]
fn a_damaged_file_of_defaults_is_replaced_and_a_newer_one_is_not() {
    let (home, _provider) = two();
    home.write("data/defaults.json", "{");
    home.run(&["use", "acme/work"]).ok();
    assert_eq!(home.vault().defaults()["acme"], "work");
    let newer = r#"{"version": 2, "defaults": {"acme": "work"}}"#;
    home.write("data/defaults.json", newer);
    home.run(&["use", "acme/julien"])
        .fails(1, &["defaults.json has a newer format", "update"]);
    let left = std::fs::read_to_string(home.path("data/defaults.json")).unwrap();
    assert_eq!(left, newer);
}

#[test]
fn many_at_once_leave_one_of_them() {
    let (home, _provider) = two();
    std::thread::scope(|scope| {
        for account in ["acme/work", "acme/julien"] {
            let home = &home;
            scope.spawn(move || {
                for run in home.run_many(6, &["use", account]) {
                    run.ok();
                }
            });
        }
    });
    let default = home.vault().defaults()["acme"].clone();
    assert!(["julien", "work"].contains(&&*default), "{default}");
}
