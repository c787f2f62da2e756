//! Many processes at once: one refresh, nobody logged out, no file torn.

use std::collections::BTreeSet;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::{Running, until};
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::visitor::visit;

/// Starts the same command so many times.
fn crowd(home: &Home, size: usize, args: &[&str]) -> Vec<Running> {
    (0..size).map(|_| home.begin(args)).collect()
}

fn end(crowd: Vec<Running>) -> Vec<Run> {
    crowd.into_iter().map(Running::end).collect()
}

/// The answers, each once; every run must have worked.
fn answers(runs: Vec<Run>) -> BTreeSet<String> {
    runs.into_iter().map(|run| run.ok().stdout).collect()
}

#[test]
fn sixty_four_processes_refresh_an_ended_token_once() {
    let (home, provider) = expired();
    provider.state(|state| state.expires_in = Some(20));
    let door = provider.hold("/token");
    let crowd = crowd(&home, 64, &["token"]);
    if cfg!(target_os = "linux") {
        let lock = format!("{}.lock", home.account("acme/julien").id);
        until("all of them are at the lock", || {
            crowd.iter().all(|process| process.has_open(&lock))
        });
    }
    drop(door);
    let tokens = answers(end(crowd));
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(
        provider.state(|state| (state.refreshes, state.reuses)),
        (1, 0)
    );
    assert_eq!(
        provider.asked("/token").len(),
        2,
        "the login's and one more"
    );

    home.run(&["refresh"]).ok();
    assert_eq!(
        provider.state(|state| (state.refreshes, state.reuses)),
        (2, 0)
    );
}

#[test]
fn tokens_that_never_live_are_refreshed_in_turn_and_never_reused() {
    let (home, provider) = expired();
    provider.state(|state| state.expires_in = Some(0));
    let tokens = answers(end(crowd(&home, 16, &["token"])));
    assert_eq!(tokens.len(), 16, "each is fresh from a refresh");
    assert_eq!(
        provider.state(|state| (state.refreshes, state.reuses)),
        (16, 0)
    );
}

#[test]
fn sixty_four_readers_get_the_same_token_and_send_nothing() {
    let (home, provider) = signed_in();
    let tokens = answers(end(crowd(&home, 64, &["token"])));
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn refreshes_by_name_adopt_or_refresh_and_never_reuse() {
    let (home, provider) = signed_in();
    for run in end(crowd(&home, 16, &["refresh", "acme"])) {
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
    let crowds = verbs.map(|verb| crowd(&home, 6, &[verb]));
    for run in crowds.into_iter().flat_map(end) {
        run.ok();
    }
    home.run(&["refresh"]).ok();
    assert_eq!(provider.state(|state| state.reuses), 0);
}

#[test]
fn two_logins_of_one_person_at_once_are_one_account() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let waiting = [home.begin_login(&["acme"]), home.begin_login(&["acme"])];
    let browsers = waiting.each_ref().map(|login| {
        let url = login.url.clone();
        std::thread::spawn(move || visit(&url))
    });
    let runs = waiting.map(|login| login.end().ok());
    for browser in browsers {
        browser.join().unwrap();
    }
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
    let waiting: Vec<_> = names.iter().map(|name| home.begin_login(&[name])).collect();
    let urls: Vec<_> = waiting.iter().map(|login| login.url.clone()).collect();
    let browsers = urls
        .into_iter()
        .map(|url| std::thread::spawn(move || visit(&url)));
    let browsers: Vec<_> = browsers.collect();
    for login in waiting {
        login.end().ok();
    }
    for browser in browsers {
        browser.join().unwrap();
    }
    let list = home.run(&["list", "--json"]).ok().json();
    let accounts = list["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), names.len());
    assert!(
        accounts.iter().all(|account| account["default"] == true),
        "{list}"
    );
    for run in end(names
        .iter()
        .map(|name| home.begin(&["logout", name]))
        .collect())
    {
        run.ok();
    }
    assert!(home.vault().defaults().is_empty());
}
