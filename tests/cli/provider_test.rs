//! `provider test` and `provider metadata`: what a server is asked, and what is made of its answers.
use std::net::TcpListener;

use serde_json::{Value, json};

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Provider, acme, acme_with};
use keyfob_testkit::server::{Reply, free_port};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The check of that name.
fn check<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let checks = answer["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["check"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

fn result<'a>(answer: &'a Value, name: &str) -> &'a str {
    check(answer, name)["result"].as_str().expect("a word")
}

fn tested(home: &Home) -> Value {
    home.run(&["provider", "test", "acme", "--json"]).json()
}

/// A definition that reads metadata, and the server of it.
fn discovered() -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = format!(
        "{}client_id = \"keyfob-test\"\n",
        provider.bare_definition()
    );
    home.provider("acme", &definition);
    (home, provider)
}

fn publish(provider: &Provider, members: &Value) {
    let origin = provider.origin();
    let mut metadata = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
    });
    for (name, value) in members.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    provider.next(DISCOVERY, Reply::Json(200, metadata));
}

#[test]
fn a_good_server_passes_and_nothing_is_left_behind() {
    let (home, provider) = discovered();
    publish(
        &provider,
        &json!({
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "device_authorization_endpoint": format!("{}/device", provider.origin()),
        }),
    );
    let before = home.files();
    let run = home.run(&["provider", "test", "acme"]).ok();
    for line in [
        "pass     definition  valid: ",
        "pass     redirect    http://127.0.0.1/callback/acme, on any port",
        "unknown  tls         plain http",
        "pass     metadata    ",
        "pass     endpoints   definition and metadata agree",
        "pass     pkce        S256 is announced",
        "pass     iss         announced",
        "pass     device      announced at ",
        "pass     client      Acme knows keyfob-test",
    ] {
        assert!(
            run.stdout.lines().any(|said| said.starts_with(line)),
            "no {line:?} in {run:?}"
        );
    }
    assert_eq!(run.stderr, "");
    assert_eq!(home.files(), before);
    assert!(provider.asked("/device").is_empty(), "no sign-in is begun");
    let sent = &provider.asked("/token").pop().expect("a probe").form;
    assert_eq!(sent["grant_type"], "authorization_code");
    assert_eq!(sent["client_id"], "keyfob-test");
    assert!(!sent.contains_key("client_secret"), "{sent:?}");
}

#[test]
fn each_answer_of_the_token_endpoint_is_told_apart() {
    let (home, provider) = acme();
    let refused = |error: &str| Reply::Json(400, json!({"error": error}));
    for (reply, outcome, words) in [
        (refused("invalid_grant"), "pass", "knows keyfob-test"),
        (
            refused("invalid_client"),
            "fail",
            "does not take keyfob-test: invalid_client",
        ),
        (refused("unauthorized_client"), "fail", "does not take"),
        (refused("invalid_request"), "unknown", "says nothing of"),
        (
            Reply::Text(503, String::new(), String::new()),
            "unknown",
            "503",
        ),
        (
            Reply::Text(404, String::new(), String::new()),
            "fail",
            "404",
        ),
        (Reply::Close, "fail", "no answer"),
        (
            Reply::Json(200, json!({"access_token": "MARKED-SECRET-x"})),
            "fail",
            "issued a token for a made-up code",
        ),
    ] {
        provider.next("/token", Reply::Text(405, String::new(), String::new()));
        provider.next("/token", reply);
        let run = home.run(&["provider", "test", "acme", "--json"]);
        let answer = run.json();
        let client = check(&answer, "client");
        assert_eq!(client["result"], outcome, "{words}: {client}");
        assert!(
            client["reason"].as_str().unwrap().contains(words),
            "{words}: {client}"
        );
        assert_eq!(client["hint"].is_null(), outcome != "fail", "{client}");
        assert_eq!(answer["passed"], outcome != "fail");
        assert_eq!(run.status, i32::from(outcome == "fail"), "{run:?}");
        if outcome == "fail" {
            assert_eq!(run.failure()["error"], "test_failed");
        }
        assert!(!run.stdout.contains("MARKED"), "{run:?}");
    }
}

#[test]
fn a_secret_goes_only_to_the_origin_it_was_kept_for() {
    let more = "client_auth = \"client_secret_post\"\n";
    let (home, provider) = acme_with(more);
    let environment = |home: &Home| {
        let mut command = home.keyfob(&["provider", "test", "acme", "--json"]);
        command.env("KEYFOB_ACME_CLIENT_SECRET", "MARKED-from-environment");
        Run::of(command.output().expect("keyfob starts")).json()
    };
    let invalid = || Reply::Json(401, json!({"error": "invalid_client"}));
    let arm = |provider: &Provider| {
        provider.next("/token", Reply::Text(405, String::new(), String::new()));
        provider.next("/token", invalid());
    };
    arm(&provider);
    let answer = environment(&home);
    assert_eq!(result(&answer, "client"), "unknown", "{answer}");
    assert!(
        check(&answer, "client")["reason"]
            .as_str()
            .unwrap()
            .contains("--client-secret")
    );

    home.run_with_input(
        &["provider", "set", "acme", "--client-secret"],
        "MARKED-kept
",
    )
    .ok();
    assert_eq!(result(&environment(&home), "client"), "pass");
    arm(&provider);
    assert_eq!(result(&environment(&home), "client"), "fail");

    let elsewhere = Provider::start();
    let moved = format!("token_endpoint={}/token", elsewhere.origin());
    home.run(&["provider", "set", "acme", &moved]).ok();
    environment(&home);
    let secrets = |provider: &Provider| -> Vec<String> {
        let asked = provider.asked("/token").into_iter();
        asked
            .filter_map(|mut request| request.form.remove("client_secret"))
            .collect()
    };
    assert_eq!(secrets(&provider), ["MARKED-kept", "MARKED-kept"]);
    assert!(!elsewhere.asked("/token").is_empty());
    assert!(secrets(&elsewhere).is_empty());
}

#[test]
fn metadata_that_disagrees_is_named_key_by_key() {
    let (home, provider) = discovered();
    let elsewhere = "https://elsewhere.example/token";
    let own = format!("token_endpoint={}/token", provider.origin());
    home.run(&["provider", "set", "acme", &own]).ok();
    publish(&provider, &json!({"token_endpoint": elsewhere}));
    let answer = tested(&home);
    let endpoints = check(&answer, "endpoints");
    assert_eq!(endpoints["result"], "fail");
    let reason = endpoints["reason"].as_str().unwrap();
    assert!(
        reason.contains("`token_endpoint` is ") && reason.contains(elsewhere),
        "{reason}"
    );
    let hint = endpoints["hint"].as_str().unwrap();
    assert!(
        hint.contains("keyfob provider set acme token_endpoint="),
        "{hint}"
    );

    for (members, name, outcome) in [
        (
            json!({"issuer": "https://evil.example"}),
            "metadata",
            "fail",
        ),
        (
            json!({"code_challenge_methods_supported": ["plain"]}),
            "pkce",
            "fail",
        ),
        (
            json!({"code_challenge_methods_supported": []}),
            "pkce",
            "fail",
        ),
        (json!({}), "pkce", "unknown"),
        (json!({}), "iss", "unknown"),
        (json!({}), "device", "unknown"),
        (json!({}), "metadata", "pass"),
    ] {
        publish(&provider, &members);
        let answer = tested(&home);
        assert_eq!(result(&answer, name), outcome, "{members}: {answer}");
    }
    publish(
        &provider,
        &json!({"code_challenge_methods_supported": ["\u{1b}[2J\u{202e}"]}),
    );
    let run = home.run(&["provider", "test", "acme"]);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{run:?}");
}

#[test]
fn the_clock_is_held_against_the_servers() {
    let (home, provider) = acme();
    let at = |shift: i64| {
        let now = std::time::SystemTime::now();
        let away = std::time::Duration::from_secs(shift.unsigned_abs());
        let then = if shift < 0 { now - away } else { now + away };
        let head = format!("Date: {}\r\n", httpdate::fmt_http_date(then));
        Reply::Text(405, head, String::new())
    };
    for (shift, outcome) in [
        (0, "pass"),
        (30, "pass"),
        (-30, "pass"),
        (600, "fail"),
        (-600, "fail"),
    ] {
        provider.next("/token", at(shift));
        let answer = tested(&home);
        assert_eq!(result(&answer, "clock"), outcome, "{shift}: {answer}");
    }
    assert_eq!(result(&tested(&home), "clock"), "unknown");
}

#[test]
fn fixed_ports_that_are_taken_are_named() {
    let port = free_port();
    let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let (home, _provider) = acme_with(&format!("redirect.ports = [{port}]\n"));
    let answer = tested(&home);
    let redirect = check(&answer, "redirect");
    assert_eq!(redirect["result"], "fail");
    assert!(
        redirect["reason"].to_string().contains(&port.to_string()),
        "{redirect}"
    );
    assert!(
        redirect["hint"].to_string().contains("redirect.ports"),
        "{redirect}"
    );
    drop(taken);
    assert_eq!(result(&tested(&home), "redirect"), "pass");
}

#[test]
fn what_cannot_be_reached_or_read_fails_with_its_next_step() {
    let (home, provider) = discovered();
    drop(provider);
    let run = home
        .run(&["provider", "test", "acme"])
        .fails(1, &["checks of `acme` failed"]);
    assert!(
        run.stdout.contains("fail     metadata    cannot reach"),
        "{run:?}"
    );
    assert!(run.stdout.contains("check the connection"), "{run:?}");

    home.provider("acme", "titel = 'x'\n");
    let run = home
        .run(&["provider", "test", "acme"])
        .fails(1, &["1 of 1 checks"]);
    assert!(
        run.stdout.contains("fail     definition  ") && run.stdout.contains("acme.toml:1"),
        "{run:?}"
    );
    home.run(&["provider", "test", "acne"]).fails(2, &["acme"]);
}

#[test]
fn the_sandbox_passes() {
    let home = Home::new();
    let answer = home
        .run(&["provider", "test", "sandbox", "--json"])
        .ok()
        .json();
    assert_eq!(result(&answer, "client"), "pass");
    assert_eq!(answer["passed"], true);
}

#[test]
fn without_a_client_the_server_is_asked_all_the_same() {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.bare_definition());
    let answer = tested(&home);
    let client = check(&answer, "client");
    assert_eq!(client["result"], "unknown");
    assert!(
        client["reason"]
            .as_str()
            .unwrap()
            .contains("no client id is known yet"),
        "{client}"
    );
}

#[test]
fn the_metadata_document_is_what_a_registration_would_say() {
    let (home, _provider) = acme();
    let url = "https://me.example/keyfob.json";
    let run = home
        .run(&["provider", "metadata", "acme", "--url", url])
        .ok();
    let document = run.json();
    assert_eq!(document["client_id"], url);
    assert_eq!(document["token_endpoint_auth_method"], "none");
    assert_eq!(
        document["redirect_uris"][0],
        "http://127.0.0.1/callback/acme"
    );
    let next = format!("keyfob provider set acme client_id={url}");
    assert!(run.stderr.contains(&next), "{run:?}");
    home.run(&["provider", "set", "acme", &format!("client_id={url}")])
        .ok();
    let json = home
        .run(&["provider", "metadata", "acme", "--url", url, "--json"])
        .ok();
    assert_eq!((json.json(), json.stdout.lines().count()), (document, 1));

    for (wrong, words) in [
        ("http://me.example/x", "https://"),
        ("https://me.example", "a path"),
        ("https://me.example/", "a path"),
        ("https://me.example/x#y", "no fragment"),
        ("https://me.example/x?y", "no query"),
        ("https://hunter2@me.example/x", "user name"),
        ("https://me.example/a/../x", "a path"),
        ("https://ME.example/x", "lower-case"),
        ("https://me.example:443/x", "443"),
        ("me.example/x", "relative URL"),
        ("javascript:alert(1)", "https://"),
    ] {
        let run = home
            .run(&["provider", "metadata", "acme", "--url", wrong])
            .fails(2, &[words]);
        assert_eq!(run.stdout, "");
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
    }
}
