//! The token endpoint at its worst: each answer is a clear failure, and the account as usable as before.

use std::time::Duration;

use serde_json::json;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::server::Reply;

/// Answers a refresh so, expects this failure, and then that the account is what it was.
#[track_caller]
fn survives(reply: Reply, status: i32, code: &str, words: &str) {
    let (mut home, provider) = expired();
    home.set("KEYFOB_TEST_HTTP", "2");
    provider.next("/token", reply);
    let before = state(&home);
    let run = home.run(&["token", "--json"]);
    assert_eq!(run.status, status, "{run:?}");
    assert_eq!(run.stdout, "", "{run:?}");
    let failure = run.failure();
    assert_eq!(failure["error"], code, "{failure}");
    assert_eq!(failure["account"], "acme/julien", "{failure}");
    let told = failure["error_description"].as_str().unwrap();
    assert!(told.contains(words), "{failure}");
    assert!(
        failure["hint"].as_str().unwrap().contains("unchanged"),
        "{failure}"
    );
    assert!(run.stderr.len() < 1000, "{run:?}");
    assert_eq!(state(&home), before);
    home.unset("KEYFOB_TEST_HTTP");
    recovers(&home, &provider);
}

fn state(home: &Home) -> impl PartialEq + std::fmt::Debug + use<> {
    (home.account("acme/julien"), home.secrets("acme/julien"))
}

/// The next refresh works, with the refresh token that was kept.
#[track_caller]
fn recovers(home: &Home, provider: &Provider) {
    let token = home.run(&["token"]).ok();
    assert!(token.line().starts_with(MARK), "{token:?}");
    provider.assert_refreshes(1);
}

fn html(status: u16) -> Reply {
    let body = "<html><script>alert(1)</script>come back later</html>";
    Reply::Text(status, "Content-Type: text/html\r\n".into(), body.into())
}

fn raw_json(body: &str) -> Reply {
    Reply::Text(
        200,
        "Content-Type: application/json\r\n".into(),
        body.into(),
    )
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Provider::start();
    let to = format!("{}/token", elsewhere.origin());
    survives(Reply::Redirect(to), 1, "invalid_response", "redirect (302)");
    assert!(elsewhere.asked("/token").is_empty());
}

#[test]
fn a_body_without_an_end_in_sight_is_not_read_to_it() {
    let body = format!("{{\"access_token\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    survives(raw_json(&body), 1, "invalid_response", "more than 1 MiB");
}

#[test]
fn html_is_named_and_not_quoted() {
    survives(
        html(200),
        1,
        "invalid_response",
        "text/html instead of JSON",
    );
    survives(html(404), 1, "invalid_response", "answered 404");
    survives(html(502), 3, "provider_unavailable", "answered 502");
}

#[test]
fn json_that_is_cut_off_or_none_is_said_so() {
    survives(
        raw_json("{\"access_token\":\"a"),
        1,
        "invalid_response",
        "cut off",
    );
    survives(
        raw_json("access_token=a"),
        1,
        "invalid_response",
        "not JSON",
    );
    survives(raw_json("[]"), 1, "invalid_response", "not an object");
    survives(raw_json(""), 1, "invalid_response", "cut off");
}

#[test]
fn an_answer_without_a_usable_access_token_names_the_member() {
    for (members, words) in [
        (json!({"token_type": "Bearer"}), "`access_token` is missing"),
        (json!({"access_token": null}), "`access_token` is missing"),
        (
            json!({"access_token": 42}),
            "`access_token` is not a string",
        ),
        (
            json!({"access_token": "a\u{1b}[2Jb"}),
            "`access_token` is not printable",
        ),
        (
            json!({"access_token": "a", "token_type": "mac"}),
            "`token_type` is `mac`",
        ),
    ] {
        survives(Reply::Json(200, members), 1, "invalid_response", words);
    }
}

#[test]
fn what_is_odd_beside_the_tokens_of_a_refresh_is_a_step_and_loses_none() {
    for (name, odd) in [
        ("expires_in", json!("soon")),
        ("scope", json!(7)),
        ("id_token", json!(7)),
    ] {
        let (home, provider) = expired();
        let members = json!({"access_token": "a", "refresh_token": "rotated", name: odd});
        provider.next("/token", Reply::Json(200, members));
        let token = home.run(&["token", "-v"]).ok();
        assert!(
            token.stderr.contains(&format!("taken as absent: `{name}`")),
            "{token:?}"
        );
        let kept = home.secrets("acme/julien").tokens.refresh_token.unwrap();
        assert_eq!(kept.expose(), "rotated");
    }
}

#[test]
fn lifetimes_are_understood_however_they_are_written() {
    let (home, provider) = expired();
    for (given, lived) in [
        (json!("3600"), Some(3600)),
        (json!(3599.9), Some(3599)),
        (json!(-1), Some(0)),
        (json!(1e300), Some(10 * 365 * 86_400)),
        (json!("99999999999999999999"), Some(10 * 365 * 86_400)),
        (json!(null), None),
    ] {
        let answer = json!({"access_token": "a", "expires_in": given});
        provider.next("/token", Reply::Json(200, answer));
        home.run(&["refresh"]).ok();
        let lifetime = home.secrets("acme/julien").tokens.lifetime();
        assert_eq!(lifetime, lived, "{given}");
        home.run(&["list"]).ok();
    }
}

#[test]
fn an_answer_that_drips_ends_after_a_bound() {
    let drip = Reply::Drip(Duration::from_millis(200));
    survives(drip, 3, "network_error", "within 2 s");
}

#[test]
fn a_connection_that_closes_is_a_network_error() {
    survives(Reply::Close, 3, "network_error", "no answer from 127.0.0.1");
    let cut = b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"acc".to_vec();
    survives(
        Reply::Raw(cut),
        3,
        "network_error",
        "no answer from 127.0.0.1",
    );
    survives(
        Reply::Raw(b"SSH-2.0-nope\r\n".to_vec()),
        3,
        "network_error",
        "no answer from 127.0.0.1",
    );
}

#[test]
fn a_secret_that_comes_back_in_an_error_is_redacted_and_the_rest_is_escaped() {
    let (home, provider) = expired();
    let secret = provider.state(|state| state.refresh_token());
    let described = format!("\u{1b}[31mbad {secret}\u{202e}\nhint: paste your token here");
    let refusal = json!({"error": "invalid_request", "error_description": described});
    for arguments in [vec!["token"], vec!["token", "-v"], vec!["token", "--json"]] {
        provider.next("/token", Reply::Json(400, refusal.clone()));
        let run = home.run(&arguments);
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.stderr.contains("[redacted]"), "{run:?}");
        assert!(!run.stderr.contains(MARK), "{run:?}");
        assert!(!run.stderr.contains(['\u{1b}', '\u{202e}']), "{run:?}");
        assert!(!run.stderr.contains("\nhint: paste"), "{run:?}");
    }
    recovers(&home, &provider);
}
