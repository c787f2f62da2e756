use super::super::Options;
use super::super::service::Service;
use super::super::testing::{ASKED, REDIRECT_URI, asked_with, service, service_with};

fn push(service: &Service, seconds: u64) -> String {
    let answer = service.post("/par", &ASKED, seconds);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.value()["expires_in"], 60);
    answer.member("request_uri")
}

fn open(service: &Service, client: &str, uri: &str, seconds: u64) -> super::Answer {
    let query = [
        ("client_id", client),
        ("request_uri", uri),
        ("state", "other"),
    ];
    service.get("/authorize", &query, seconds)
}

#[test]
fn what_was_pushed_is_opened_once_and_counts_alone() {
    let service = service(Some("ada"));
    let uri = push(&service, 0);
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"));
    assert_eq!(open(&service, "stranger", &uri, 1).status, 400);
    let landed = open(&service, "keyfob", &uri, 59).landed();
    assert_eq!(landed["state"], "a&b", "what the query says does not count");
    assert_eq!(open(&service, "keyfob", &uri, 59).status, 400);
    assert_eq!(service.exchange(&landed["code"], 60).status, 200);

    let uri = push(&service, 0);
    assert_eq!(open(&service, "keyfob", &uri, 60).status, 400);
}

#[test]
fn what_cannot_be_granted_is_refused_at_the_push() {
    let service = service(Some("ada"));
    for (name, value, expected) in [
        ("client_id", "stranger", (401, "invalid_client")),
        (
            "redirect_uri",
            "https://evil.example/",
            (400, "invalid_request"),
        ),
        ("scope", "admin", (400, "invalid_scope")),
        ("code_challenge", "", (400, "invalid_request")),
        ("request_uri", "urn:x", (400, "invalid_request")),
        ("resource", "relative", (400, "invalid_target")),
    ] {
        let answer = service.post("/par", &asked_with(name, value), 0);
        assert_eq!(
            answer.refusal(),
            (expected.0, expected.1.into()),
            "{name}={value}"
        );
    }
}

#[test]
fn a_server_may_take_nothing_else() {
    let service = service_with(Options {
        approve: Some("ada".into()),
        require_pushed_requests: true,
        ..Options::default()
    });
    let refused = service.get("/authorize", &ASKED, 0);
    assert!(refused.location().as_str().starts_with(REDIRECT_URI));
    assert_eq!(refused.landed()["error"], "invalid_request");
    let uri = push(&service, 0);
    assert!(
        open(&service, "keyfob", &uri, 1)
            .landed()
            .contains_key("code")
    );
    let metadata = service.get("/.well-known/openid-configuration", &[], 0);
    assert_eq!(
        metadata.value()["require_pushed_authorization_requests"],
        true
    );
}
