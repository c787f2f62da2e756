//! `check`: a verdict on each token, offline unless asked otherwise, as a line and as an exit code.

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::server::Reply;

/// Runs it with and without `--json`, both with this exit code, and gives the JSON.
#[track_caller]
fn checked(home: &Home, args: &[&str], status: i32) -> (Run, Value) {
    let args = [&["check"], args].concat();
    let text = home.run(&args);
    assert_eq!(text.status, status, "{text:#?}");
    let run = home.run(&[&args[..], &["--json"]].concat());
    assert_eq!(run.status, status, "{run:#?}");
    if status != 0 {
        assert!(
            text.stderr.contains("error: ") && text.stderr.contains("hint: "),
            "{text:?}"
        );
        let code = run.failure()["error"].clone();
        let json = run.json();
        let results = json["accounts"].as_array().unwrap().iter();
        let mut codes = results.map(|one| &one["result"]);
        assert!(codes.any(|result| *result == code), "{run:?}");
    }
    for run in [&text, &run] {
        assert!(
            !run.stdout.contains(MARK) && !run.stderr.contains(MARK),
            "{run:?}"
        );
    }
    let json = run.json();
    (text, json)
}

/// A home whose account has no refresh token.
fn without_refresh() -> (Home, Provider) {
    let (home, provider) = signed_in();
    provider.state(|state| state.refreshable = false);
    home.login(&["acme"]).ok();
    (home, provider)
}

#[test]
fn a_good_token_is_valid_and_nothing_is_read_or_sent() {
    let (home, provider) = signed_in();
    let asked = [
        provider.asked("/token").len(),
        provider.asked("/userinfo").len(),
    ];
    std::fs::remove_dir_all(home.path("data/secrets")).unwrap();
    let before = home.files().len();
    for args in [
        &[][..],
        &["acme"],
        &["acme/julien"],
        &["--all"],
        &["acme", "acme/julien"],
    ] {
        let (text, json) = checked(&home, args, 0);
        assert!(
            text.stdout == "acme/julien  valid  ends in 59 min\n"
                || text.stdout.ends_with(" 1 h\n")
        );
        assert_eq!(text.stderr, "");
        let end = home.account("acme/julien").expires_at.unwrap().to_string();
        let one = &json["accounts"][0];
        let left = one["seconds_left"].as_u64().unwrap();
        assert!((3500..=3600).contains(&left), "{left}");
        assert_eq!(
            json,
            json!({"accounts": [{"account": "acme/julien", "provider": "acme", "source": "account",
                "variable": null, "status": "valid", "expires_at": end, "seconds_left": left,
                "result": "valid", "error": null}]})
        );
    }
    assert_eq!(home.files().len(), before, "looking makes nothing");
    let now = [
        provider.asked("/token").len(),
        provider.asked("/userinfo").len(),
    ];
    assert_eq!(now, asked);
}

#[test]
fn an_ended_token_is_temporary_where_it_can_be_refreshed() {
    let (home, _provider) = expired();
    let (text, json) = checked(&home, &["acme"], 3);
    assert!(
        text.stdout.starts_with("acme/julien  refresh required  "),
        "{text:?}"
    );
    assert!(
        text.stderr.contains("its access token has ended"),
        "{text:?}"
    );
    assert!(
        text.stderr.contains("`keyfob refresh acme/julien`"),
        "{text:?}"
    );
    let one = &json["accounts"][0];
    assert_eq!(one["status"], "expired");
    assert_eq!(one["seconds_left"], 0);
    assert_eq!(one["error"]["error"], "refresh_required");
    home.run(&["refresh", "acme"]).ok();
    checked(&home, &["acme"], 0);
}

#[test]
fn only_a_login_helps_where_it_cannot() {
    let (home, _provider) = without_refresh();
    checked(&home, &[], 0);
    home.later("acme/julien", 3550);
    let (text, json) = checked(&home, &[], 4);
    assert!(text.stdout.contains("login required"), "{text:?}");
    assert!(
        text.stderr.contains("`keyfob login acme/julien`"),
        "{text:?}"
    );
    assert_eq!(json["accounts"][0]["status"], "login_required");
    let token = home.run(&["token"]).fails(4, &[]);
    assert_eq!(token.stderr, text.stderr, "as `token` says it");
    home.later("acme/julien", 3600);
    checked(&home, &[], 4);
}

#[test]
fn a_refused_refresh_token_is_a_login() {
    let (home, provider) = expired();
    provider.next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    home.run(&["token"]).fails(4, &[]);
    let (text, _) = checked(&home, &["acme"], 4);
    assert!(text.stderr.contains("refused"), "{text:?}");
}

#[test]
fn a_token_within_the_margin_is_valid_while_it_lives() {
    let (home, _provider) = signed_in();
    home.later("acme/julien", 3560);
    let (_, json) = checked(&home, &[], 0);
    assert_eq!(json["accounts"][0]["status"], "expiring");
    checked(&home, &["--min-ttl", "1m"], 3);
}

#[test]
fn a_demand_is_met_or_said() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 1800);
    checked(&home, &["--min-ttl", "29m"], 0);
    let (text, json) = checked(&home, &["--min-ttl", "31m"], 3);
    assert!(text.stderr.contains("s left"), "{text:?}");
    assert_eq!(json["accounts"][0]["status"], "valid");
    let (text, _) = checked(&home, &["--min-ttl", "2h"], 1);
    let token = home
        .run(&["token", "--min-ttl", "2h"])
        .fails(1, &["3600 s"]);
    assert_eq!(token.stderr, text.stderr, "as `token` says it");
    provider.assert_refreshes(0);
    let (home, _provider) = without_refresh();
    home.later("acme/julien", 1800);
    checked(&home, &["--min-ttl", "31m"], 4);
}

#[test]
fn an_unknown_end_is_valid_and_says_so() {
    let (home, provider) = signed_in();
    provider.state(|state| state.expires_in = None);
    home.run(&["refresh"]).ok();
    let (text, json) = checked(&home, &[], 0);
    assert_eq!(text.stdout, "acme/julien  valid  no end known\n");
    let one = &json["accounts"][0];
    assert_eq!(
        [&one["expires_at"], &one["seconds_left"]],
        [&Value::Null; 2]
    );
    assert_eq!(one["status"], "unknown");
    let (text, _) = checked(&home, &["--min-ttl", "1h"], 0);
    assert!(text.stderr.contains("proves nothing"), "{text:?}");
}

#[test]
fn nobody_signed_in_is_a_login() {
    let mut home = Home::new();
    home.set("CI", "1");
    for args in [
        &["check"][..],
        &["check", "--all"],
        &["check", "huggingface"],
        &["check", "--live"],
    ] {
        home.run(args)
            .fails(4, &["nobody is signed in", "keyfob login"]);
        let run = home.run(&[args, &["--json"]].concat());
        assert_eq!((run.status, run.stdout.as_str()), (4, ""));
        assert_eq!(run.failure()["error"], "login_required");
    }
    home.run(&["check", "acme"])
        .fails(2, &["no provider is called"]);
    assert!(home.files().is_empty(), "looking makes nothing");
}

#[test]
fn of_several_the_worst_counts_and_every_one_is_said() {
    let (home, _provider) = signed_in();
    for (name, seconds) in [("acme/late", 3600), ("acme/soon", 1800)] {
        home.copy_account("acme/julien", name);
        home.later(name, seconds);
    }
    let (text, json) = checked(&home, &["--all"], 3);
    let results: Vec<_> = json["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["result"])
        .collect();
    assert_eq!(results, ["valid", "refresh_required", "valid"]);
    let ends: Vec<_> = text.stdout.lines().map(|line| line.find("  ")).collect();
    assert_eq!(ends.len(), 3);
    let (text, _) = checked(&home, &["acme/soon", "acme/late", "--min-ttl", "2h"], 1);
    assert_eq!(text.stdout.lines().count(), 2, "{text:?}");
    assert!(
        text.stderr.contains("acme/soon") && text.stderr.contains("acme/late"),
        "{text:?}"
    );

    let mut account = home.account("acme/late");
    account.refreshable = false;
    home.vault().record(&account).unwrap();
    checked(&home, &["--all"], 4);
    home.run(&["check", "acme/soon", "acme/gone"])
        .fails(2, &["acme/gone"]);
}

#[test]
fn a_broken_entry_is_a_failure_and_the_rest_is_judged() {
    let (home, _provider) = signed_in();
    home.write("data/accounts/acme/torn.json", "{");
    let run = home.run(&["check", "--all"]).fails(1, &["torn.json"]);
    assert!(run.stdout.starts_with("acme/julien  valid"), "{run:?}");
    let run = home.run(&["check", "--all", "--json"]);
    assert_eq!(run.status, 1);
    assert_eq!(run.failure()["error"], "internal_error");
    assert_eq!(run.json()["accounts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_variable_is_valid_and_of_unknown_end() {
    let mut home = Home::new();
    home.set("HF_TOKEN", format!("{MARK}x"));
    for args in [&[][..], &["huggingface"], &["--all"]] {
        let (text, json) = checked(&home, args, 0);
        assert_eq!(
            text.stdout,
            "huggingface  valid  no end known  env HF_TOKEN\n"
        );
        assert_eq!(
            json,
            json!({"accounts": [{"account": "huggingface", "provider": "huggingface", "source": "env",
                "variable": "HF_TOKEN", "status": "unknown", "expires_at": null,
                "seconds_left": null, "result": "valid", "error": null}]})
        );
    }
    let (home, _provider) = signed_in_with_variable();
    let (text, _) = checked(&home, &["--all"], 0);
    assert_eq!(
        text.stdout.lines().count(),
        1,
        "the account is used: {text:?}"
    );
}

fn signed_in_with_variable() -> (Home, Provider) {
    let (mut home, provider) = signed_in();
    home.set("ACME_TOKEN", format!("{MARK}other"));
    (home, provider)
}

#[test]
fn live_asks_the_provider_and_renews_first_what_has_ended() {
    let (home, provider) = expired();
    let asked = provider.asked("/userinfo").len();
    let (text, _) = checked(&home, &["--live"], 0);
    assert!(
        text.stdout.starts_with("acme/julien  valid  ends in "),
        "{text:?}"
    );
    provider.assert_refreshes(1);
    assert_eq!(provider.asked("/userinfo").len(), asked + 2);
    checked(&home, &["--live", "--min-ttl", "2h"], 1);
}

#[test]
fn live_says_what_the_index_cannot_know() {
    let (home, provider) = without_refresh();
    provider.state(|state| state.alive.clear());
    checked(&home, &[], 0);
    let (text, json) = checked(&home, &["--live"], 4);
    assert!(text.stderr.contains("no longer accepts"), "{text:?}");
    assert_eq!(json["accounts"][0]["result"], "login_required");

    let (home, provider) = signed_in();
    for _ in 0..4 {
        provider.next(
            "/userinfo",
            Reply::Text(401, "WWW-Authenticate: Bearer\r\n".into(), String::new()),
        );
    }
    let (_, json) = checked(&home, &["--live"], 4);
    assert_eq!(json["accounts"][0]["result"], "unauthorized");
}

#[test]
fn live_without_a_network_is_temporary() {
    let (home, provider) = signed_in();
    drop(provider);
    let (_, json) = checked(&home, &["--live"], 3);
    assert_eq!(json["accounts"][0]["result"], "network_error");
    checked(&home, &[], 0);
}

#[test]
fn live_asks_about_a_variable_with_that_token() {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let token = format!("{MARK}personal");
    home.set("ACME_TOKEN", token.clone());
    let (text, json) = checked(&home, &["acme", "--live"], 4);
    assert!(
        text.stderr.contains("refuses the token in ACME_TOKEN"),
        "{text:?}"
    );
    assert_eq!(json["accounts"][0]["result"], "unauthorized");
    assert_eq!(json["accounts"][0]["error"]["account"], "acme");

    provider.state(|state| state.alive.insert(token.clone()));
    checked(&home, &["acme", "--live"], 0);
    let asked = provider.asked("/userinfo");
    assert!(
        asked
            .iter()
            .all(|one| one.headers["authorization"] == format!("Bearer {token}"))
    );
    provider.echo_refusal();
    let run = home.run(&["check", "--live", "-v"]);
    assert_ne!(run.status, 0, "{run:?}");
    assert!(!run.stderr.contains(MARK), "{run:?}");
    drop(provider);
    let (_, json) = checked(&home, &["--live"], 3);
    assert_eq!(json["accounts"][0]["result"], "network_error");
}

#[test]
fn all_and_a_name_do_not_go_together() {
    let home = Home::new();
    home.run(&["check", "--all", "acme"]);
    let run = home.run(&["check", "--all", "acme", "--json"]);
    assert_eq!((run.status, &run.failure()["error"]), (2, &json!("usage")));
}
