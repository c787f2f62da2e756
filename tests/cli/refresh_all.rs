//! `refresh` of many accounts: at once and bounded, a line each, the failure of one no matter to the others.

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;
use keyfob_testkit::process::until;
use keyfob_testkit::provider::Provider;
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::server::Reply;

/// Providers `p0`, `p1` …, each on a host of its own where the system has so many, with so many accounts.
fn fleet(providers: u8, accounts: usize) -> (Home, Vec<Provider>) {
    let home = Home::new();
    let fleet = (0..providers).map(|number| {
        let provider = Provider::start_at(&format!("127.0.0.{}", number + 1));
        provider.state(|state| state.rotates = false);
        let name = format!("p{number}");
        home.provider(&name, &provider.definition(""));
        home.login(&[&name]).ok();
        for further in 1..accounts {
            home.copy_account(&format!("{name}/julien"), &format!("{name}/a{further}"));
        }
        provider
    });
    let fleet = fleet.collect();
    (home, fleet)
}

fn results(answer: &Value) -> Vec<(&str, &str)> {
    let accounts = answer["accounts"].as_array().expect("accounts");
    accounts
        .iter()
        .map(|one| {
            (
                one["account"].as_str().unwrap(),
                one["result"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn one_host_gets_four_at_once() {
    let (home, fleet) = fleet(1, 12);
    let door = fleet[0].hold("/token");
    let refresh = home.begin(&["refresh", "--all"]);
    until("four are there", || fleet[0].most_at_once() >= 4);
    drop(door);
    let run = refresh.end().ok();
    assert_eq!(run.stdout.lines().count(), 12, "{run:?}");
    assert!(
        run.stdout
            .lines()
            .all(|line| line.ends_with("refreshed, ends in 1 h")),
        "{run:?}"
    );
    assert_eq!(fleet[0].state(|state| state.refreshes), 12);
    assert_eq!(fleet[0].most_at_once(), 4);
}

#[test]
#[cfg(target_os = "linux")] // 127.0.0.2 and on are loopback without being asked to
fn all_hosts_together_get_sixteen_at_once() {
    let (home, fleet) = fleet(6, 4);
    let doors: Vec<_> = fleet
        .iter()
        .map(|provider| provider.hold("/token"))
        .collect();
    let waiting = || {
        fleet
            .iter()
            .map(|provider| provider.asked("/token").len() - 1)
            .sum::<usize>()
    };
    let refresh = home.begin(&["refresh", "--all"]);
    until("sixteen are there", || waiting() >= 16);
    let seventeenth = std::time::Instant::now();
    while seventeenth.elapsed().as_millis() < 300 {
        assert_eq!(waiting(), 16);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    drop(doors);
    assert_eq!(refresh.end().ok().stdout.lines().count(), 24);
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let (home, fleet) = fleet(3, 1);
    fleet[1].next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    let run = home.run(&["refresh", "--all"]);
    let run = run.fails(
        4,
        &["p1/julien", "invalid_grant", "`keyfob login p1/julien`"],
    );
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "p0/julien  refreshed, ends in 1 h");
    assert!(lines[1].starts_with("p1/julien  failed: "), "{run:?}");
    assert_eq!(lines[2], "p2/julien  refreshed, ends in 1 h");
}

#[test]
fn the_exit_code_is_the_worst_and_each_failure_is_said_once() {
    let (home, fleet) = fleet(4, 1);
    fleet[0].next("/token", Reply::Text(503, String::new(), String::new()));
    fleet[1].next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    fleet[2].next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_client"})),
    );
    let run = home
        .run(&["refresh", "--all"])
        .fails(1, &["invalid_client"]);
    for (account, cause) in [("p0/julien", "503"), ("p1/julien", "invalid_grant")] {
        let warning = format!("warning: {account}: ");
        let said = run.stderr.lines().filter(|line| line.starts_with(&warning));
        assert_eq!(
            said.filter(|line| line.contains(cause)).count(),
            1,
            "{run:?}"
        );
    }
    assert!(run.stderr.contains("error: p2/julien: "), "{run:?}");

    fleet[0].next("/token", Reply::Close);
    let run = home.run(&["refresh", "p0", "p3"]).fails(3, &["p0/julien"]);
    assert!(run.stdout.contains("p3/julien  refreshed"), "{run:?}");
}

#[test]
fn its_json_has_an_object_an_account() {
    let (home, fleet) = fleet(2, 1);
    fleet[1].next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    let run = home.run(&["refresh", "--all", "--json"]);
    assert_eq!(run.status, 4);
    let answer = run.json();
    assert_eq!(
        results(&answer),
        [("p0/julien", "refreshed"), ("p1/julien", "failed")]
    );
    let end = home.account("p0/julien").expires_at.unwrap().to_string();
    assert_eq!(answer["accounts"][0]["expires_at"], end);
    assert_eq!(answer["accounts"][0]["error"], Value::Null);
    assert_eq!(answer["accounts"][1]["error"]["error"], "login_required");
    assert_eq!(run.failure(), answer["accounts"][1]["error"]);
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
}

#[test]
fn only_what_is_about_to_end_is_refreshed_where_that_is_asked() {
    let (home, fleet) = fleet(2, 1);
    home.later("p1/julien", 3300);
    let run = home
        .run(&["refresh", "--all", "--expiring-in", "10m", "--json"])
        .ok();
    assert_eq!(
        results(&run.json()),
        [("p0/julien", "skipped"), ("p1/julien", "refreshed")]
    );
    assert_eq!(fleet[0].asked("/token").len(), 1);
    let run = home.run(&["refresh", "--expiring-in", "10m"]).ok();
    assert!(
        run.stdout.contains("p1/julien  not due, ends in "),
        "{run:?}"
    );
    home.run(&["refresh", "p0", "--expiring-in", "2h"]).ok();
    assert_eq!(fleet[0].asked("/token").len(), 2);
}

#[test]
fn accounts_without_a_refresh_token_are_left_out_of_all() {
    let (home, provider) = signed_in();
    provider.state(|state| state.refreshable = false);
    home.login(&["acme"]).ok();
    let run = home.run(&["refresh", "--all"]).ok();
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.contains("no account has a refresh token"),
        "{run:?}"
    );
    home.run(&["refresh"])
        .fails(4, &["no refresh token was issued"]);
}

#[test]
fn an_entry_that_cannot_be_read_fails_and_the_rest_is_refreshed() {
    let (home, provider) = signed_in();
    home.write("data/accounts/acme/torn.json", "{");
    let run = home
        .run(&["refresh", "--all"])
        .fails(1, &["acme/torn", "torn.json"]);
    assert!(run.stdout.contains("acme/julien  refreshed"), "{run:?}");
    provider.assert_refreshes(1);
}
