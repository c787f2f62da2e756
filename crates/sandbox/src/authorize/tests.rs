use super::super::testing::{ASKED, CHALLENGE, REDIRECT_URI, asked_with, service};

/// The one-time id in a consent page.
fn page_id(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"request\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn an_approver_answers_at_once_with_code_state_and_iss() {
    let service = service(Some("ada"));
    let answer = service.get("/authorize", &ASKED, 0);
    assert!(
        answer
            .location()
            .as_str()
            .starts_with(&format!("{REDIRECT_URI}?"))
    );
    let landed = answer.landed();
    assert!(landed["code"].starts_with("sandbox_code_"));
    assert_eq!(landed["state"], "a&b");
    assert_eq!(landed["iss"], "http://issuer.invalid");
    assert_eq!(landed.len(), 3);
}

#[test]
fn pkce_with_s256_is_demanded() {
    let service = service(Some("ada"));
    let short = &CHALLENGE[..42];
    let long = format!("{CHALLENGE}A");
    let padded = format!("{CHALLENGE}=");
    for (name, value) in [
        ("code_challenge", ""),
        ("code_challenge", short),
        ("code_challenge", long.as_str()),
        ("code_challenge", padded.as_str()),
        (
            "code_challenge",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
        ),
        ("code_challenge_method", ""),
        ("code_challenge_method", "plain"),
        ("code_challenge_method", "s256"),
    ] {
        let landed = service
            .get("/authorize", &asked_with(name, value), 0)
            .landed();
        assert_eq!(landed["error"], "invalid_request", "{name}={value}");
        assert_eq!(landed["state"], "a&b");
        assert_eq!(landed["iss"], "http://issuer.invalid");
        assert!(!landed.contains_key("code"));
    }
}

#[test]
fn what_cannot_be_granted_goes_back_with_its_own_error() {
    let service = service(Some("ada"));
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_mode", "form_post", "invalid_request"),
        ("scope", "openid admin", "invalid_scope"),
        ("prompt", "none login", "invalid_request"),
        ("request", "eyJ", "request_not_supported"),
        ("request_uri", "urn:x", "request_uri_not_supported"),
    ] {
        let landed = service
            .get("/authorize", &asked_with(name, value), 0)
            .landed();
        assert_eq!(landed["error"], error, "{name}={value}");
    }
    let twice = [&ASKED[..], &[("state", "another")]].concat();
    let landed = service.get("/authorize", &twice, 0).landed();
    assert_eq!(landed["error"], "invalid_request");
    assert!(!landed.contains_key("state"));
}

#[test]
fn an_unknown_client_or_redirect_uri_is_never_redirected() {
    let service = service(Some("ada"));
    for (name, value) in [
        ("client_id", ""),
        ("client_id", "stranger"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://evil.example/callback/sandbox"),
        ("redirect_uri", "http://127.0.0.1:4711/other"),
        ("redirect_uri", "not a uri"),
    ] {
        let answer = service.get("/authorize", &asked_with(name, value), 0);
        assert_eq!(answer.status, 400, "{name}={value}");
        assert_eq!(answer.header("Location"), None);
        assert!(answer.body.contains("<h1>"));
    }
    let twice = [&ASKED[..], &[("client_id", "keyfob")]].concat();
    assert_eq!(service.get("/authorize", &twice, 0).status, 400);
}

#[test]
fn without_an_approver_there_is_a_page_and_prompt_none_finds_nobody() {
    let service = service(None);
    let page = service.get(
        "/authorize",
        &asked_with("login_hint", "grace@sandbox.example"),
        0,
    );
    assert_eq!(page.status, 200);
    assert!(page.body.contains("value=\"1002\" required checked"));
    assert_eq!(page.body.matches(" checked").count(), 1);
    assert!(page.body.contains("<code>read</code>") && !page.body.contains("<code>write</code>"));
    assert_eq!(page.header("X-Frame-Options"), Some("DENY"));
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );

    let landed = service
        .get("/authorize", &asked_with("prompt", "none"), 0)
        .landed();
    assert_eq!(landed["error"], "login_required");
}

#[test]
fn a_choice_counts_once_and_only_from_its_page() {
    let service = service(None);
    let id = page_id(&service.get("/authorize", &ASKED, 0).body);
    let choose = |id: &str, answer: &str, person: &str, seconds: u64| {
        let form = [("request", id), ("answer", answer), ("person", person)];
        service.post("/consent", &form, seconds)
    };
    assert_eq!(choose("forged", "allow", "1001", 1).status, 400);
    assert_eq!(choose(&id, "allow", "9999", 1).status, 400);
    assert_eq!(choose(&id, "perhaps", "1001", 1).status, 400);
    assert!(choose(&id, "allow", "1003", 1).landed()["code"].starts_with("sandbox_code_"));
    assert_eq!(choose(&id, "allow", "1003", 1).status, 400);

    let id = page_id(&service.get("/authorize", &ASKED, 0).body);
    let landed = choose(&id, "deny", "1001", 1).landed();
    assert_eq!(
        (landed["error"].as_str(), landed["state"].as_str()),
        ("access_denied", "a&b")
    );

    let id = page_id(&service.get("/authorize", &ASKED, 0).body);
    assert_eq!(choose(&id, "allow", "1001", 600).status, 400);
}

#[test]
fn pages_left_open_do_not_pile_up() {
    let service = service(None);
    let first = page_id(&service.get("/authorize", &ASKED, 0).body);
    for _ in 0..64 {
        service.get("/authorize", &ASKED, 0);
    }
    let form = [("request", first.as_str()), ("answer", "deny")];
    assert_eq!(service.post("/consent", &form, 0).status, 400);
}
