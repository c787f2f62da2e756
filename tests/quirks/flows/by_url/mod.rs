//! `login http://…`: a provider from nothing but its URL, registration, and the question afterwards.

mod failed;
mod question;

use keyfob_sandbox::{Options, Running, start};

use crate::stage::{Outcome, begin, finish};
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::visitor::get;

/// A home that knows nothing of the sandbox that runs.
fn stranger() -> (Home, Running) {
    stranger_to(|_| {})
}

fn stranger_to(acts: impl FnOnce(&mut Options)) -> (Home, Running) {
    let mut options = Options {
        approve: Some("ada".into()),
        ..Options::default()
    };
    acts(&mut options);
    (Home::new(), start(options).expect("a sandbox"))
}

/// The name that is suggested for it.
fn suggested(running: &Running) -> String {
    let (_, port) = running.base().rsplit_once(':').expect("a port");
    format!("127-0-0-1-{port}")
}

fn login(home: &Home, args: &[&str]) -> Outcome<Run> {
    finish(begin(home, args)?, get)
}

/// The names of the files that define providers.
fn kept(home: &Home) -> Vec<String> {
    let files = std::fs::read_dir(home.path("config/providers"));
    let names = files.into_iter().flatten().flatten();
    let names = names.map(|file| file.file_name().to_string_lossy().into_owned());
    names.collect()
}

/// The account works, and the server has taken everything back at the end.
#[track_caller]
fn works(home: &Home, account: &str) {
    let first = home.run(&["token", account]).ok();
    home.run(&["refresh", account]).ok();
    let second = home.run(&["token", account]).ok();
    assert_ne!(first.stdout, second.stdout);
    home.run(&["whoami", account]).ok();
    let run = home.run(&["logout", account, "--json"]).ok();
    for token in run.json()["accounts"][0]["tokens"]
        .as_array()
        .expect("tokens")
    {
        assert_eq!(token["result"], "revoked", "{run:?}");
    }
    assert!(home.accounts().is_empty());
}

#[test]
fn flags_answer_the_question() {
    let (home, running) = stranger();
    let url = running.base();
    let run = login(&home, &[url, "--register", "--keep-as", "practice"]).expect("a login");
    assert!(
        run.last().starts_with("it is the provider `practice`"),
        "{run:?}"
    );
    assert_eq!(
        (kept(&home), home.accounts()),
        (vec!["practice.toml".into()], vec!["practice/ada".into()])
    );

    login(&home, &[url, "--keep-as", "practice"]).expect("the same again");
    let stays = login(&home, &[url, "--no-keep"]).expect("a login");
    assert!(
        stays
            .stderr
            .contains("that is the provider `practice`, which stays"),
        "{stays:?}"
    );
    assert_eq!(kept(&home), ["practice.toml"]);
    home.refused_login(&[url, "--keep-as", "other"]).fails(
        2,
        &[
            "is the provider `practice` already",
            "keyfob login practice",
        ],
    );
    home.refused_login(&["https://id.example.com", "--keep-as", "practice"])
        .fails(2, &["`practice` exists already"]);
    home.refused_login(&["practice", "--no-keep"])
        .fails(2, &["a login by URL"]);
    works(&home, "practice");
}

#[test]
fn without_a_terminal_the_suggested_name_is_kept() {
    let (home, running) = stranger();
    let name = suggested(&running);
    let run = login(&home, &[running.base(), "--register"]).expect("a login");
    assert!(
        run.last().contains(&format!("it is the provider `{name}`")),
        "{run:?}"
    );
    works(&home, &name);
}

#[test]
fn json_answers_with_the_account_alone() {
    let (home, running) = stranger();
    let run = login(
        &home,
        &[
            running.base(),
            "--register",
            "--json",
            "--keep-as",
            "practice",
        ],
    );
    assert_eq!(run.expect("a login").json()["account"], "practice/ada");
}

#[test]
fn a_registration_that_brings_a_secret_works_forgotten_and_kept() {
    for forget in [true, false] {
        let (home, running) = stranger_to(|o| o.quirks.registration_gives_secret = true);
        let keep: &[&str] = if forget {
            &["--no-keep"]
        } else {
            &["--keep-as", "practice"]
        };
        let args = [&[running.base(), "--register"], keep].concat();
        let run = login(&home, &args).expect("a login");
        assert!(
            run.stderr.contains("with a secret that is kept in"),
            "{run:?}"
        );
        let again = login(&home, &[running.base(), "--no-keep"]).expect("the secret is known");
        assert!(again.stderr.contains("signed in again to"), "{again:?}");
        let account = home.accounts().remove(0);
        works(&home, &account);
        for (path, bytes) in home.files() {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("sandbox_secret_"), "{}", path.display());
        }
    }
}

#[test]
fn the_accounts_of_two_issuers_never_come_under_one_name() {
    let (home, first) = stranger();
    let name = suggested(&first);
    login(&home, &[first.base(), "--register", "--no-keep"]).expect("a login");
    let second = start(Options {
        approve: Some("grace".into()),
        ..Options::default()
    });
    let second = second.expect("a sandbox");
    home.refused_login(&[second.base(), "--register", "--keep-as", &name])
        .fails(
            2,
            &["is the name of another issuer's accounts", "keyfob list"],
        );
    assert_eq!(home.accounts(), [format!("{name}/ada")]);
    home.run(&["refresh", &name]).ok();
}

#[test]
fn the_device_flow_serves_too() {
    let (home, running) = stranger();
    let args = [
        "login",
        running.base(),
        "--register",
        "--flow",
        "device",
        "--no-keep",
    ];
    home.run(&args).ok();
    works(&home, &suggested(&running));
}
