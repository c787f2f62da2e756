//! A login from the first step to the exchange: what is sent, in which order, and what is left when it fails.

use keyfob_testkit::process::GENEROUS;
use std::net::TcpListener;
use std::time::Instant;

use serde_json::{Value, json};

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{MARK, Provider, acme, acme_with};
use keyfob_testkit::server::{Reply, Server, free_port};
use keyfob_testkit::visitor::{begin_visit, get};

#[test]
fn a_store_that_cannot_be_written_ends_the_login_before_anything_is_sent() {
    let (home, provider) = acme();
    home.write("data/secrets", "a file where a folder belongs");
    let run = home
        .refused_login(&["acme"])
        .fails(5, &["the file store cannot be used", "data/secrets"]);
    assert!(
        !run.stderr.contains("http://"),
        "no address is shown: {run:?}"
    );
    let json = home.refused_login(&["acme", "--json"]);
    assert_eq!(json.failure()["error"], "store_unavailable");

    let (bare, other) = (Home::new(), Provider::start());
    bare.provider("acme", &other.bare_definition());
    bare.refused_login(&["acme", "--store", "keyring"])
        .fails(5, &["keyring", "--store file"]);
    for asked in ["/authorize", "/token", "/.well-known/openid-configuration"] {
        assert!(provider.asked(asked).is_empty() && other.asked(asked).is_empty());
    }
}

#[test]
fn a_login_sends_what_the_standards_ask_for() {
    let (home, provider) = acme();
    home.login(&["acme", "--scope", "openid read"]).ok();
    let asked = &provider.asked("/authorize")[0].query;
    assert_eq!(asked["client_id"], "keyfob-test");
    assert_eq!(asked["scope"], "openid read");
    assert_eq!(asked["nonce"].len(), 43);
    assert_ne!(asked["nonce"], asked["state"]);
    let redirect = &asked["redirect_uri"];
    assert!(redirect.starts_with("http://127.0.0.1:") && redirect.ends_with("/callback/acme"));

    let sent = &provider.asked("/token")[0];
    assert_eq!(&sent.form["redirect_uri"], redirect);
    assert_eq!(sent.form["client_id"], "keyfob-test");
    assert_eq!(sent.form["code_verifier"].len(), 43);
    assert!(!sent.form.contains_key("state") && sent.query.is_empty());
}

#[test]
fn two_logins_share_no_secret() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.login(&["acme"]).ok();
    let asked = provider.asked("/authorize");
    for name in ["state", "code_challenge"] {
        assert_ne!(asked[0].query[name], asked[1].query[name], "{name}");
    }
    assert!(
        !asked[0].query.contains_key("nonce"),
        "without openid there is no nonce"
    );
}

#[test]
fn the_port_is_the_given_one() {
    let (home, provider) = acme();
    let port = free_port().to_string();
    home.login(&["acme", "--port", &port]).ok();
    let uri = format!("http://127.0.0.1:{port}/callback/acme");
    assert_eq!(provider.asked("/authorize")[0].query["redirect_uri"], uri);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    home.refused_login(&["acme", "--port", &port])
        .fails(1, &[&port, "--port"]);
}

#[test]
fn a_fixed_port_that_is_busy_gives_way_to_the_next() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (busy, free) = (taken.local_addr().unwrap().port(), free_port());
    let (home, provider) = acme_with(&format!("[redirect]\nports = [{busy}, {free}]\n"));
    home.login(&["acme"]).ok();
    let uri = format!("http://127.0.0.1:{free}/callback/acme");
    assert_eq!(provider.asked("/authorize")[0].query["redirect_uri"], uri);

    let other = TcpListener::bind(("127.0.0.1", free)).expect("the listener is gone");
    home.refused_login(&["acme"])
        .fails(1, &[&format!("{busy}, {free}"), "--port"]);
    drop(other);
}

#[test]
fn host_and_path_of_the_redirect_are_the_rows() {
    let (home, provider) = acme_with("[redirect]\nhost = \"localhost\"\npath = \"/back\"\n");
    home.login(&["acme"]).ok();
    let uri = &provider.asked("/authorize")[0].query["redirect_uri"];
    assert!(
        uri.starts_with("http://localhost:") && uri.ends_with("/back"),
        "{uri}"
    );
}

#[test]
fn nobody_signing_in_is_a_timeout_that_leaves_nothing() {
    let (home, _provider) = acme();
    let since = Instant::now();
    let waiting = home.begin_login(&["acme", "--timeout", "1s", "--json"]);
    let uri = waiting.redirect(&[]);
    let run = waiting.end();
    assert!(since.elapsed() < GENEROUS);
    assert_eq!(
        (run.status, &run.failure()["error"]),
        (1, &json!("timeout"))
    );
    assert!(home.stored().is_empty());
    assert_eq!(get(&uri).status, 0, "nothing listens any more");
    home.begin_login(&["acme", "--timeout", "1s"]).end().fails(
        1,
        &[
            "nobody signed in within 1s",
            "keyfob login acme",
            "--timeout",
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait_and_leaves_nothing_behind() {
    for name in ["INT", "TERM", "HUP"] {
        let (home, _provider) = acme();
        let waiting = home.begin_login(&["acme", "--json"]);
        let uri = waiting.redirect(&[]);
        signal(name, waiting.pid());
        let run = waiting.end();
        assert_eq!(
            (run.status, &run.failure()["error"]),
            (130, &json!("interrupted")),
            "{name}"
        );
        assert!(home.stored().is_empty(), "{name}");
        assert_eq!(get(&uri).status, 0, "nothing listens any more");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_during_the_exchange_leaves_nothing_behind() {
    let (home, provider) = acme();
    let held = provider.hold("/token");
    let waiting = home.begin_login(&["acme"]);
    let (url, pid) = (waiting.url.clone(), waiting.pid());
    let browser = begin_visit(&url);
    provider.wait_for("/token", 1);
    signal("INT", pid);
    let run = waiting.end().fails(130, &["interrupted"]);
    drop(held);
    assert_ne!(browser.join().unwrap().status, 200, "{run:?}");
    assert!(home.stored().is_empty());
}

#[cfg(unix)]
fn signal(name: &str, process: u32) {
    let mut kill = std::process::Command::new("kill");
    let status = kill
        .args([format!("-{name}"), process.to_string()])
        .status();
    assert!(status.expect("kill starts").success());
}

#[test]
fn a_token_endpoint_that_misbehaves_stores_nothing() {
    let html = "Content-Type: text/html\r\n";
    let json_type = "Content-Type: application/json\r\n";
    let text = |status, headers: &str, body: &str| Reply::Text(status, headers.into(), body.into());
    let elsewhere = Server::start(|_| Reply::Json(200, json!({"access_token": "stolen"})));
    for (reply, exit, code, words) in [
        (
            Reply::Redirect(elsewhere.origin()),
            1,
            "invalid_response",
            "redirect",
        ),
        (
            text(200, html, "<h1>Log in</h1>"),
            1,
            "invalid_response",
            "text/html",
        ),
        (
            text(200, json_type, r#"{"access_token": "MARKED-SEC"#),
            1,
            "invalid_response",
            "cut off",
        ),
        (
            Reply::Json(200, json!({"token_type": "Bearer"})),
            1,
            "invalid_response",
            "`access_token` is missing",
        ),
        (
            Reply::Json(200, json!({"access_token": "x", "token_type": "DPoP"})),
            1,
            "invalid_response",
            "DPoP",
        ),
        (
            Reply::Json(200, json!([1])),
            1,
            "invalid_response",
            "not an object",
        ),
        (
            Reply::Json(400, json!({"error": "invalid_grant"})),
            1,
            "token_exchange_failed",
            "invalid_grant",
        ),
        (
            Reply::Json(401, json!({"error": "invalid_client"})),
            1,
            "token_exchange_failed",
            "invalid_client",
        ),
        (text(404, "", ""), 1, "invalid_response", "404"),
        (
            text(500, html, "<h1>Oops</h1>"),
            3,
            "provider_unavailable",
            "500",
        ),
        (
            text(429, "Retry-After: 30\r\n", ""),
            3,
            "provider_unavailable",
            "30 s",
        ),
        (Reply::Close, 3, "network_error", "127.0.0.1"),
    ] {
        let (home, provider) = acme();
        provider.next("/token", reply.clone());
        let run = home.login(&["acme", "--json"]);
        let failure = run.failure();
        assert_eq!(
            (run.status, &failure["error"]),
            (exit, &json!(code)),
            "{reply:?}: {run:?}"
        );
        let said = failure["error_description"].as_str().unwrap();
        assert!(said.contains(words), "{words} in {said}");
        assert!(
            failure["hint"]
                .as_str()
                .unwrap()
                .contains("nothing was stored"),
            "{run:?}"
        );
        assert!(
            !run.stderr.contains(MARK) && run.stdout.is_empty(),
            "{run:?}"
        );
        assert!(home.stored().is_empty(), "{reply:?}");
        assert_eq!(
            provider.asked("/token").len(),
            1,
            "a code is never sent twice"
        );
    }
    assert!(elsewhere.asked("/").is_empty(), "no redirect is followed");
}

#[test]
fn what_was_sent_is_redacted_where_an_error_echoes_it() {
    let (home, provider) = acme();
    provider.echo_refusal();
    let run = home
        .login(&["acme", "-v"])
        .fails(1, &["invalid_grant", "[redacted]"]);
    let sent = &provider.asked("/token")[0].form;
    for secret in ["code", "code_verifier"] {
        assert!(!run.stderr.contains(&sent[secret]), "{secret} in {run:?}");
    }
}

#[test]
fn a_userinfo_that_fails_stores_nothing() {
    for (reply, exit) in [
        (Reply::Text(500, String::new(), String::new()), 3),
        (Reply::Json(200, json!({"name": "nobody"})), 1),
        (Reply::Json(200, json!([])), 1),
        (Reply::Close, 3),
    ] {
        let (home, provider) = acme();
        provider.next("/userinfo", reply.clone());
        let run = home.login(&["acme"]).fails(exit, &["nothing was stored"]);
        assert!(home.stored().is_empty(), "{reply:?}: {run:?}");
    }
}

#[test]
fn a_failing_login_leaves_the_account_as_it_was() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    let before = home.holdings();
    provider.next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    home.login(&["acme"]).fails(1, &[]);
    assert_eq!(home.holdings(), before);
    home.run(&["token", "acme"]).ok();
}

#[test]
fn the_answer_in_json_is_on_stdout_alone() {
    let (home, provider) = acme();
    let first = home.login(&["acme", "--json"]).ok();
    let Value::Object(mut shape) = first.json() else {
        panic!("{first:?}");
    };
    assert!(
        shape
            .remove("expires_at")
            .unwrap()
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert_eq!(
        Value::Object(shape),
        json!({
            "account": "acme/julien", "provider": "acme", "account_id": "u-1", "username": "julien",
            "scope": "read write", "store": "file", "refreshable": true, "created": true, "default": true,
        })
    );
    assert!(
        !first.stdout.contains(MARK) && !first.stderr.contains(MARK),
        "{first:?}"
    );
    let again = home.login(&["acme", "--json"]).ok().json();
    assert_eq!(again["created"], false);
    provider.state(|state| (state.expires_in, state.refreshable) = (None, false));
    let last = home.login(&["acme", "--json"]).ok().json();
    assert_eq!(
        (&last["expires_at"], &last["refreshable"]),
        (&json!(null), &json!(false))
    );
}

#[test]
fn wrong_usage_is_answered_with_the_nearest_right_one() {
    let home = Home::new();
    home.run(&["login", "gihub"])
        .fails(2, &["`gihub`", "github"]);
    let failure = home.run(&["login", "gihub", "--json"]).failure();
    assert_eq!(failure["error"], "unknown_provider");
    let run = home.run(&["lgoin", "github"]);
    assert!(run.status == 2 && run.stderr.contains("login"), "{run:?}");
    for args in [
        &["lgoin", "--json"][..],
        &["login", "--json"],
        &["login", "github", "--timeuot", "1s", "--json"],
        &["login", "github", "--timeout", "soon", "--json"],
        &[
            "login",
            "github",
            "--timeout",
            "18446744073709551615",
            "--json",
        ],
        &["login", "github", "--port", "0", "--json"],
        &["login", "github", "--store", "drawer", "--json"],
        &["login", "github", "--as", "Not A Name", "--json"],
    ] {
        let run = home.run(args);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        assert_eq!(run.failure()["error"], "usage", "{run:?}");
        assert!(run.failure()["hint"].is_string(), "{run:?}");
    }
    let nearest = home.run(&["lgoin", "--json"]).failure();
    assert_eq!(nearest["hint"], "did you mean `login`?");
    assert!(home.files().is_empty(), "nothing is made for wrong usage");
}

#[test]
fn an_account_that_is_not_there_cannot_sign_in_again() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    home.refused_login(&["acme/julian"])
        .fails(2, &["acme/julian", "acme/julien"]);
    assert_eq!(provider.asked("/authorize").len(), 1);
}
