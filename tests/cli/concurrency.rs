//! Many processes at once: one refresh, nobody logged out, no file torn.

use std::collections::BTreeSet;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::{end_all, until};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::visitor::sign_in_all;

/// The answers, each once; every run must have worked.
fn answers(runs: Vec<Run>) -> BTreeSet<String> {
    runs.into_iter().map(|run| run.ok().stdout).collect()
}

#[test]
fn sixty_four_processes_refresh_an_ended_token_once() {
    let (home, provider) = expired();
    provider.state(|state| state.expires_in = Some(20));
    let door = provider.hold("/token");
    let crowd = home.begin_many(64, &["token"]);
    if cfg!(target_os = "linux") {
        let lock = format!("{}.lock", home.account("acme/julien").id);
        until("all of them are at the lock", || {
            crowd.iter().all(|process| process.has_open(&lock))
        });
    }
    drop(door);
    let tokens = answers(end_all(crowd));
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    provider.assert_refreshes(1);
    assert_eq!(
        provider.asked("/token").len(),
        2,
        "the login's and one more"
    );

    home.run(&["refresh"]).ok();
    provider.assert_refreshes(2);
}

#[test]
fn tokens_that_never_live_are_refreshed_in_turn_and_never_reused() {
    let (home, provider) = expired();
    provider.state(|state| state.expires_in = Some(0));
    let tokens = answers(home.run_many(16, &["token"]));
    assert_eq!(tokens.len(), 16, "each is fresh from a refresh");
    provider.assert_refreshes(16);
}

#[test]
fn sixty_four_readers_get_the_same_token_and_send_nothing() {
    let (home, provider) = signed_in();
    let tokens = answers(home.run_many(64, &["token"]));
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn refreshes_by_name_adopt_or_refresh_and_never_reuse() {
    let (home, provider) = signed_in();
    for run in home.run_many(16, &["refresh", "acme"]) {
        run.ok();
    }
    let (refreshes, reuses) = provider.state(|state| (state.refreshes, state.reuses));
    assert!((1..=16).contains(&refreshes), "{refreshes}");
    assert_eq!(reuses, 0);
    home.run(&["refresh"]).ok();
}

#[test]
fn every_verb_at_once_leaves_a_working_account() {
    let (home, provider) = expired();
    let verbs = ["token", "refresh", "whoami", "list"];
    let crowds = verbs.map(|verb| home.begin_many(6, &[verb]));
    for run in crowds.into_iter().flat_map(end_all) {
        run.ok();
    }
    home.run(&["refresh"]).ok();
    assert_eq!(provider.state(|state| state.reuses), 0);
}

#[test]
fn two_logins_of_one_person_at_once_are_one_account() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let logins = vec![home.begin_login(&["acme"]), home.begin_login(&["acme"])];
    let runs = sign_in_all(logins);
    assert!(runs.iter().all(|run| run.status == 0), "{runs:?}");
    let again = runs
        .iter()
        .filter(|run| run.stderr.contains("signed in again"));
    assert_eq!(again.count(), 1, "{runs:?}");
    let accounts = home.run(&["list", "--json"]).ok().json();
    assert_eq!(
        accounts["accounts"].as_array().unwrap().len(),
        1,
        "{accounts}"
    );
    home.run(&["refresh"]).ok();
}

#[test]
fn defaults_written_by_many_lose_none() {
    let (home, provider) = (Home::new(), Provider::start());
    let names: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
    for name in &names {
        home.provider(name, &provider.definition(""));
    }
    for run in sign_in_all(names.iter().map(|name| home.begin_login(&[name])).collect()) {
        run.ok();
    }
    let list = home.run(&["list", "--json"]).ok().json();
    let accounts = list["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), names.len());
    assert!(
        accounts.iter().all(|account| account["default"] == true),
        "{list}"
    );
    for run in home.run_at_once(names.iter().map(|name| vec!["logout", name])) {
        run.ok();
    }
    assert!(home.vault().defaults().is_empty());
}
