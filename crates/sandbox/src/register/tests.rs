use super::super::testing::{asked_with, service};

#[test]
fn what_is_registered_is_said_and_a_secret_only_once() {
    let service = service(None);
    let body = r#"{"redirect_uris": ["http://localhost:1/a"], "client_name": "Tool",
        "application_type": "native", "contacts": [1]}"#;
    let answer = service.post_json("/register", body);
    let json = answer.value();
    assert_eq!(answer.status, 201);
    assert_eq!(json["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(
        json["grant_types"],
        serde_json::json!(["authorization_code"])
    );
    assert_eq!(
        json["redirect_uris"],
        serde_json::json!(["http://localhost:1/a"])
    );
    let secret = answer.member("client_secret");
    assert!(secret.starts_with("sandbox_secret_"));
    let kept = service
        .keeper
        .with(super::super::testing::at(0), |state| {
            serde_json::to_string(&state.clients).unwrap()
        })
        .unwrap();
    assert!(kept.contains("Tool") && !kept.contains(&secret));
}

#[test]
fn what_cannot_be_served_is_refused_by_its_own_error() {
    let service = service(None);
    let many = vec!["\"http://127.0.0.1/a\""; 17].join(",");
    for (body, error) in [
        (r#"{"redirect_uris": []}"#.to_owned(), "invalid_redirect_uri"),
        (format!(r#"{{"redirect_uris": [{many}]}}"#), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["https://a.example/cb"]}"#.into(), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a#b"]}"#.into(), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["javascript:alert(1)"]}"#.into(), "invalid_redirect_uri"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a"], "grant_types": ["password"]}"#.into(), "invalid_client_metadata"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a"], "response_types": ["token"]}"#.into(), "invalid_client_metadata"),
        (r#"{"redirect_uris": ["http://127.0.0.1/a"], "token_endpoint_auth_method": "private_key_jwt"}"#.into(), "invalid_client_metadata"),
        ("{}".into(), "invalid_redirect_uri"),
        ("[".repeat(60_000), "invalid_client_metadata"),
    ] {
        let answer = service.post_json("/register", &body);
        assert_eq!(answer.refusal(), (400, error.into()), "{}", &body[..body.len().min(90)]);
    }
    let form = service.post("/register", &[("redirect_uris", "http://127.0.0.1/a")], 0);
    assert_eq!(form.refusal(), (400, "invalid_client_metadata".into()));
}

#[test]
fn a_hostile_name_is_text_on_the_page() {
    let service = service(None);
    let body = r#"{"redirect_uris": ["http://127.0.0.1/callback/sandbox"],
        "client_name": "\"><script>alert(1)</script>\u202e"}"#;
    let id = service.post_json("/register", body).member("client_id");
    let page = service.get("/authorize", &asked_with("client_id", &id), 0);
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("&quot;&gt;&lt;script&gt;alert(1)"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<script") && !page.body.contains('\u{202e}'));
}
