//! A CI system's endpoint that does not do what it should.

use std::time::Duration;

use serde_json::json;

use super::TOKEN;
use super::ci::{Ci, GITHUB};
use keyfob_testkit::provider::MARK;
use keyfob_testkit::server::Reply;

#[test]
fn an_endpoint_that_misbehaves_gets_nothing_sent_to_the_provider() {
    let ci = Ci::new().inside(&GITHUB);
    let text = |status, body: &str| Reply::Text(status, String::new(), body.into());
    let echo = format!("Bearer {MARK}job");
    for (reply, status, words) in [
        (
            Reply::Redirect(format!("{}/elsewhere", ci.origin())),
            1,
            "a redirect (302)",
        ),
        (
            text(200, &" ".repeat(2 * 1024 * 1024)),
            1,
            "more than 1 MiB",
        ),
        (text(200, "<html>"), 1, "not JSON"),
        (text(200, "{\"value\": "), 1, "cut off"),
        (Reply::Json(200, json!([])), 1, "not an object"),
        (Reply::Json(200, json!({})), 1, "`value` is missing"),
        (
            Reply::Json(200, json!({"value": 7})),
            1,
            "`value` is not a string",
        ),
        (
            Reply::Json(200, json!({"value": "a b"})),
            1,
            "not printable ASCII",
        ),
        (
            Reply::Json(200, json!({"value": "x".repeat(17 * 1024)})),
            4,
            "longer than 16 KiB",
        ),
        (Reply::Json(403, json!({"message": echo})), 1, "403"),
        (
            Reply::Json(401, json!({"error": echo, "error_description": echo})),
            4,
            "[redacted]",
        ),
        (text(503, &echo), 3, "503"),
        (Reply::Close, 3, "GitHub Actions gave no identity token"),
    ] {
        ci.next("/idtoken/1", reply.clone());
        let run = ci
            .home
            .run(&[&TOKEN[..], &["-v"]].concat())
            .fails(status, &[words]);
        assert!(!run.stderr.contains(MARK), "{reply:?}: {run:?}");
        assert_eq!(run.stdout, "");
    }
    assert!(ci.asked("/token").is_empty());
    assert!(ci.asked("/elsewhere").is_empty());
    let run = ci.home.run(&TOKEN).ok();
    assert_eq!(run.stderr, "");
}

#[test]
fn a_refusal_names_the_permission() {
    let ci = Ci::new().inside(&GITHUB);
    for reply in [
        Reply::Json(403, json!({})),
        Reply::Json(401, json!({"error": "no"})),
    ] {
        ci.next("/idtoken/1", reply);
        let run = ci.home.run(&TOKEN);
        assert!(
            run.stderr.contains("`permissions: id-token: write`"),
            "{run:?}"
        );
    }
}

#[test]
fn an_url_that_is_none_is_not_asked_and_not_shown() {
    for url in [
        "http://actions.example/idtoken",
        "https://MARKED-SECRET-x@actions.example/idtoken",
        "file:///etc/passwd",
        "MARKED-SECRET-x",
        "https://actions.example/#MARKED-SECRET-x",
        "https://actions.example/%0d%0aMARKED-SECRET-x",
    ] {
        let mut ci = Ci::new().inside(&GITHUB);
        ci.home.set("ACTIONS_ID_TOKEN_REQUEST_URL", url);
        let run = ci.home.run(&[&TOKEN[..], &["-v"]].concat());
        let run = run.fails(
            4,
            &["the URL in ACTIONS_ID_TOKEN_REQUEST_URL", "id-token: write"],
        );
        assert!(!run.stderr.contains(MARK), "{run:?}");
    }
    let mut ci = Ci::new().inside(&GITHUB);
    ci.home
        .set("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "MARKED-SECRET-a\nb");
    let run = ci.home.run(&TOKEN);
    let run = run.fails(4, &["ACTIONS_ID_TOKEN_REQUEST_TOKEN holds no token"]);
    assert!(!run.stderr.contains(MARK), "{run:?}");
}

#[cfg(unix)]
#[test]
fn an_endpoint_that_never_ends_can_be_interrupted() {
    let ci = Ci::new().inside(&GITHUB);
    ci.next("/idtoken/1", Reply::Drip(Duration::from_millis(50)));
    let running = ci.home.begin(&TOKEN);
    keyfob_testkit::process::until("it is asked", || !ci.asked("/idtoken/1").is_empty());
    running.signal("TERM");
    let run = running.end();
    assert_eq!(run.status, 130, "{run:?}");
    assert!(ci.asked("/token").is_empty());
}
