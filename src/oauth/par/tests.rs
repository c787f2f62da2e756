use std::collections::BTreeMap;

use url::form_urlencoded;

use super::*;
use crate::oauth::authorize::{AuthorizationWish, request};
use crate::oauth::http::tests::{Server, answer, client, json};
use crate::provider::Provider;
use keyfob_base::secret::Secret;

const URN: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";

fn fob(auth: ClientAuth) -> Client {
    Client {
        id: "fob & co".into(),
        auth,
        secret: Some(Secret::new("s3cret")),
    }
}

fn made() -> String {
    json(
        201,
        &format!(r#"{{"request_uri":"{URN}","expires_in":60}}"#),
    )
}

/// A request of everything, at an endpoint that has a query of its own.
fn wanted() -> AuthorizationRequest {
    let own = "https://id.example.com/authorize?tenant=a%20b&request_uri=evil&client_id=evil";
    let mut provider = Provider {
        authorization_endpoint: Some(Url::parse(own).unwrap()),
        ..Provider::default()
    };
    let parameters = &mut provider.authorization.parameters;
    parameters.insert("access_type".into(), "offline".into());
    parameters.insert("request_uri".into(), "evil".into());
    request(&AuthorizationWish {
        provider: &provider,
        client_id: "fob & co",
        redirect_uri: "http://127.0.0.1:49152/callback/example",
        scopes: &["openid".to_owned(), "read".to_owned()],
        login_hint: Some("zoë"),
        switch: false,
        resource: &["urn:a".to_owned(), "urn:b".to_owned()],
        audience: None,
    })
}

/// Pushes against one scripted answer; gives the request as the server met it too.
async fn pushed_to(auth: ClientAuth, scripted: &str) -> (Result<Pushed, OauthError>, String) {
    let server = Server::new([scripted]);
    let result = push(&client().0, &server.url("/par"), &fob(auth), &wanted()).await;
    (result, server.request())
}

fn form(request: &str) -> Vec<(String, String)> {
    let body = request.split("\r\n\r\n").nth(1).unwrap();
    form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

#[tokio::test]
async fn everything_that_is_asked_goes_to_the_server_and_nothing_else() {
    let server = Server::new([made()]);
    let (http, lines) = client();
    let request = wanted();
    let asked = request.parameters().to_vec();
    let pushed = push(&http, &server.url("/par"), &fob(ClientAuth::None), &request)
        .await
        .unwrap();

    let sent = server.request();
    assert!(sent.starts_with("POST /par HTTP/1.1\r\n"), "{sent}");
    let mut sent = form(&sent);
    let mut expected = asked;
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
    let of = |name: &str| sent.iter().filter(|(other, _)| other == name).count();
    assert_eq!((of("client_id"), of("resource")), (1, 2));
    assert_eq!((of("request_uri"), of("tenant")), (0, 0));

    assert_eq!(
        pushed.url.as_str(),
        format!(
            "https://id.example.com/authorize?tenant=a%20b&client_id=fob+%26+co&request_uri={}",
            URN.replace(':', "%3A")
        )
    );
    assert_eq!(pushed.expires_in, Some(Duration::from_secs(60)));
    let state = request.state.expose();
    assert!(!lines.lock().unwrap().join("\n").contains(state));
}

#[tokio::test]
async fn the_client_authenticates_as_at_the_token_endpoint() {
    let in_body = |sent: &str| -> BTreeMap<String, usize> {
        let mut names = BTreeMap::new();
        for (name, _) in form(sent) {
            *names.entry(name).or_default() += 1;
        }
        names
    };
    let (result, sent) = pushed_to(ClientAuth::ClientSecretPost, &made()).await;
    assert!(result.is_ok());
    assert_eq!(in_body(&sent)["client_id"], 1);
    assert!(sent.ends_with("&client_secret=s3cret"), "{sent}");

    for auth in [
        ClientAuth::ClientSecretBasic,
        ClientAuth::BasicWithoutSecret,
    ] {
        let (result, sent) = pushed_to(auth, &made()).await;
        assert!(result.is_ok());
        assert!(sent.contains("\r\nauthorization: Basic "), "{sent}");
        // The authorization request itself names the client too.
        assert_eq!(in_body(&sent)["client_id"], 1);
        assert!(!sent.contains("client_secret"), "{sent}");
    }

    let nobody = Client {
        secret: None,
        ..fob(ClientAuth::ClientSecretBasic)
    };
    let endpoint = Url::parse("http://127.0.0.1:1/par").unwrap();
    let result = push(&client().0, &endpoint, &nobody, &wanted()).await;
    assert!(matches!(result, Err(OauthError::Invalid(_))), "{result:?}");
}

#[tokio::test]
async fn a_refusal_is_the_standards_and_shows_no_secret() {
    let server = Server::bound();
    let request = wanted();
    let echoed = [&request.state, request.nonce.as_ref().unwrap()]
        .map(|secret| secret.expose().to_owned())
        .join(" ");
    let body = format!(r#"{{"error":"invalid_request","error_description":"{echoed}"}}"#);
    server.start([json(400, &body)]);
    let client_ = fob(ClientAuth::None);
    let result = push(&client().0, &server.url("/par"), &client_, &request).await;
    let Err(OauthError::Refused(response)) = result else {
        panic!("{result:?}")
    };
    assert_eq!(
        response.to_string(),
        "invalid_request: [redacted] [redacted]"
    );

    for (scripted, why) in [
        (json(401, r#"{"error":"invalid_client"}"#), "invalid_client"),
        (json(200, r#"{"error":"invalid_scope"}"#), "invalid_scope"),
        (json(405, r#"{"error":"x"}"#), "answered 405"),
        (answer("404 X", ""), "answered 404"),
        (answer("413 X", "<html>"), "answered 413"),
        (answer("302 X\nLocation: /", ""), "redirect"),
        (answer("429 X\nRetry-After: 7", ""), "asks to wait 7 s"),
    ] {
        let said = pushed_to(ClientAuth::None, &scripted).await.0.unwrap_err();
        assert!(said.to_string().contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_reference_that_no_browser_should_carry_is_refused() {
    let long = format!("urn:{}", "x".repeat(REQUEST_URI_LIMIT));
    for (request_uri, why) in [
        ("null", "no `request_uri`"),
        ("7", "no `request_uri`"),
        (r#""""#, "no `request_uri`"),
        (r#""urn:a b""#, "not a URI"),
        (r#""urn:a\nb""#, "not a URI"),
        (r#""urn:ü""#, "not a URI"),
        (r#""-flag""#, "not a URI"),
        (&format!("\"{long}\""), "too long"),
    ] {
        let scripted = json(
            201,
            &format!(r#"{{"request_uri":{request_uri},"expires_in":9}}"#),
        );
        let said = pushed_to(ClientAuth::None, &scripted).await.0.unwrap_err();
        assert!(said.to_string().contains(why), "{request_uri}: {said}");
    }
    for scripted in [
        json(201, "{}"),
        json(201, "[]"),
        json(202, &format!(r#"{{"request_uri":"{URN}"}}"#)),
        answer("201 X\nContent-Type: text/html", "<html>"),
    ] {
        let result = pushed_to(ClientAuth::None, &scripted).await.0;
        assert!(matches!(result, Err(OauthError::Invalid(_))), "{result:?}");
    }
}

#[tokio::test]
async fn a_lifetime_that_is_not_given_is_unknown() {
    for lifetime in ["", r#","expires_in":"soon""#, r#","expires_in":-1"#] {
        let scripted = json(200, &format!(r#"{{"request_uri":"{URN}"{lifetime}}}"#));
        let pushed = pushed_to(ClientAuth::None, &scripted).await.0.unwrap();
        assert_eq!(pushed.expires_in, None, "{lifetime}");
    }
}

#[tokio::test]
async fn an_absurd_lifetime_has_an_end_that_a_clock_can_tell() {
    let endless = format!(r#"{{"request_uri":"{URN}","expires_in":{}}}"#, u64::MAX);
    let pushed = pushed_to(ClientAuth::None, &json(201, &endless)).await.0;
    let lifetime = pushed.unwrap().expires_in.unwrap();
    assert!(std::time::Instant::now().checked_add(lifetime).is_some());
}
