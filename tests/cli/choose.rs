//! Which account is meant, and what is said where that is not clear.

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;

/// A home with accounts at two providers: `acme/julien` (default) and `acme/work`, `tools/julien`.
fn several() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    home.provider("tools", &provider.definition(""));
    home.login(&["tools"]).ok();
    (home, provider)
}

/// The account that a command took.
fn taken(home: &Home, args: &[&str]) -> String {
    let args = [&["token", "--json"], args].concat();
    let answer = home.run(&args).ok().json();
    answer["account"].as_str().expect("an account").to_owned()
}

#[test]
fn the_only_account_needs_no_name() {
    let (home, _provider) = signed_in();
    assert_eq!(taken(&home, &[]), "acme/julien");
}

#[test]
fn the_only_providers_default_needs_no_name_either() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/aaa");
    assert_eq!(taken(&home, &[]), "acme/julien");
    assert_eq!(taken(&home, &["acme"]), "acme/julien");
    assert_eq!(taken(&home, &["acme/aaa"]), "acme/aaa");
}

#[test]
fn several_without_a_default_are_listed_in_the_hint() {
    let (home, provider) = several();
    let list = ["`acme/julien`", "`acme/work`", "`tools/julien`"];
    home.run(&["token"]).fails(
        2,
        &[&["several accounts are signed in"][..], &list].concat(),
    );
    assert_eq!(
        home.run(&["whoami", "--json"]).failure()["error"],
        "ambiguous_account"
    );
    assert_eq!(taken(&home, &["acme"]), "acme/julien", "its default");
    assert_eq!(taken(&home, &["tools"]), "tools/julien", "its only one");

    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    home.run(&["token", "acme"])
        .fails(2, &["acme has several accounts", list[0], list[1]]);
    assert_eq!(provider.asked("/token").len(), 2, "the two logins'");
}

#[test]
fn a_long_list_is_cut_where_it_stops_helping() {
    let (home, _provider) = signed_in();
    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    for number in 0..20 {
        home.copy_account("acme/julien", &format!("acme/a{number}"));
    }
    home.run(&["token"]).fails(2, &["13 more in `keyfob list`"]);
}

#[test]
fn an_unknown_account_is_answered_with_the_nearest() {
    let (home, _provider) = several();
    for verb in ["token", "whoami", "refresh", "logout"] {
        home.run(&[verb, "acme/julein"]).fails(
            2,
            &[
                "no account is called acme/julein",
                "did you mean `acme/julien`?",
            ],
        );
    }
    home.run(&["token", "acme/zzz"])
        .fails(2, &["`keyfob login acme --as zzz`"]);
    let failure = home.run(&["token", "acme/zzz", "--json"]).failure();
    assert_eq!(failure["error"], "unknown_account");
    assert_eq!(failure["account"], "acme/zzz");
}

#[test]
fn an_unknown_provider_is_answered_with_the_nearest() {
    let (home, _provider) = several();
    for verb in ["token", "whoami", "refresh", "logout", "list", "login"] {
        home.run(&[verb, "huggingfase"])
            .fails(2, &["no provider is called `huggingfase`", "huggingface"]);
    }
    home.run(&["token", "hugingface/julien"])
        .fails(2, &["huggingface"]);
    home.run(&["token", "work"])
        .fails(2, &["did you mean `acme/work`?"]);
}

#[test]
fn what_can_be_no_account_is_wrong_usage() {
    let home = Home::new();
    for typed in [
        "acme/", "/julien", "acme/a/b", "acme/a@b", "acme:x", "../etc", "acme/..", "",
    ] {
        let run = home.run(&["token", typed, "--json"]);
        assert_eq!(run.status, 2, "{typed}: {run:?}");
        assert_eq!(run.failure()["error"], "usage", "{typed}");
    }
}

#[test]
fn an_account_named_twice_is_taken_once() {
    let (home, provider) = several();
    let run = home.run(&["refresh", "acme", "acme/julien", "acme"]).ok();
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    provider.assert_refreshes(1);
}

#[test]
fn one_wrong_name_among_several_stops_before_anything_is_sent() {
    let (home, provider) = several();
    let asked = provider.asked("/token").len();
    home.run(&["refresh", "acme", "acme/nobody"])
        .fails(2, &["acme/nobody"]);
    home.run(&["logout", "acme", "acme/nobody"])
        .fails(2, &["acme/nobody"]);
    assert_eq!(provider.asked("/token").len(), asked);
    assert!(provider.asked("/revoke").is_empty());
}

#[test]
fn a_default_that_was_removed_by_hand_is_passed_over() {
    let (home, _provider) = signed_in();
    home.write(
        "data/defaults.json",
        "{\"version\": 1, \"defaults\": {\"acme\": \"gone\"}}",
    );
    assert_eq!(taken(&home, &["acme"]), "acme/julien");
    assert_eq!(taken(&home, &[]), "acme/julien");
}
