//! The style whose polls end with an authorization code and a verifier of the server's making.

use super::*;

const GIVEN: &str = r#"{"device_auth_id":"d3vice","usercode":"AB-12","interval":"7"}"#;
const CODE: &str =
    r#"{"authorization_code":"c0de/+","code_verifier":"v3rifier","code_challenge":"x"}"#;

fn rule() -> DeviceRule {
    DeviceRule {
        style: DeviceStyle::AuthorizationCode,
        verification_uri: Some(Url::parse("https://id.example.com/codex/device").unwrap()),
        pending_statuses: vec![403, 404],
        redirect_uri: Some("https://id.example.com/deviceauth/callback".into()),
        ..DeviceRule::default()
    }
}

/// Polls against these answers; gives the requests too.
async fn polled(auth: ClientAuth, scripted: &[String]) -> (Poll, Vec<String>) {
    let server = Server::new(scripted);
    let provider = provider(&server, |provider| {
        provider.device = rule();
        provider.device_authorization_endpoint = Some(server.url("/api/deviceauth/"));
    });
    let client_ = fob(auth);
    let (http, lines) = client();
    let request = request(&provider, &client_);
    let poll = request.poll(&http, &authorization(), now()).await;
    let told = lines.lock().unwrap().join("\n");
    for secret in ["d3vice", "c0de/", "v3rifier"] {
        assert!(!told.contains(secret), "{told}");
    }
    (poll, server.so_far())
}

fn failed(poll: Poll) -> OauthError {
    match poll {
        Poll::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn codes_are_asked_for_in_json_with_the_client_alone() {
    let server = Server::new([json(200, GIVEN), json(200, GIVEN)]);
    let client_ = fob(ClientAuth::None);
    let plain = provider(&server, |provider| provider.device = rule());
    let wanted = DeviceRequest {
        scopes: &strings(&["openid"]),
        resource: &strings(&["https://a.example/"]),
        ..request(&plain, &client_)
    };
    let codes = wanted.send(&client().0).await.unwrap();
    let asked = server.request();
    assert!(
        asked.starts_with("POST /device/usercode HTTP/1.1\r\n"),
        "{asked}"
    );
    assert_eq!(object(&asked), json!({ "client_id": "fob&co" }));
    assert_eq!(codes.device_code.expose(), "d3vice");
    assert_eq!(codes.user_code.as_str(), "AB-12");
    assert_eq!(codes.verification_uri.path(), "/codex/device");
    assert_eq!(
        (codes.expires_in.as_secs(), codes.interval.as_secs()),
        (900, 7)
    );

    let more = provider(&server, |provider| {
        provider.device = rule();
        provider.device.scope_parameter = Some("scope".into());
        provider.device.parameters = [("originator".to_owned(), "fob".to_owned())].into();
    });
    let wanted = DeviceRequest {
        scopes: &strings(&["openid", "email"]),
        ..request(&more, &client_)
    };
    wanted.send(&client().0).await.unwrap();
    assert_eq!(
        object(&server.request()),
        json!({ "originator": "fob", "scope": "openid email", "client_id": "fob&co" })
    );
}

#[tokio::test]
async fn only_this_style_has_its_own_names_for_the_codes() {
    let scripted = json(200, GIVEN);
    let said = invalid(codes(|_| (), &scripted).await);
    assert!(said.contains("`device_code` is missing"), "{said}");
    let disabled = codes(|provider| provider.device = rule(), &json(404, "{}")).await;
    assert!(invalid(disabled).contains("answered 404"));
}

#[tokio::test]
async fn a_poll_ends_with_a_code_that_is_exchanged() {
    let tokens = json(200, r#"{"access_token":"at","refresh_token":"rt"}"#);
    let (poll, requests) = polled(ClientAuth::None, &[json(200, CODE), tokens]).await;
    let Poll::Granted(tokens) = poll else {
        panic!("{poll:?}")
    };
    assert_eq!(tokens.access_token.expose(), "at");
    let [asked, exchanged] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert!(
        asked.starts_with("POST /api/deviceauth/token HTTP/1.1\r\n"),
        "{asked}"
    );
    assert_eq!(
        object(asked),
        json!({ "device_auth_id": "d3vice/+", "user_code": "WDJB-MJHT" })
    );
    assert!(
        exchanged.starts_with("POST /token HTTP/1.1\r\n"),
        "{exchanged}"
    );
    assert_eq!(
        form(exchanged),
        pairs(&[
            ("grant_type", "authorization_code"),
            ("code", "c0de/+"),
            ("redirect_uri", "https://id.example.com/deviceauth/callback"),
            ("code_verifier", "v3rifier"),
            ("client_id", "fob&co"),
        ])
    );
}

#[tokio::test]
async fn the_clients_secret_goes_to_the_exchange_alone() {
    let tokens = json(200, r#"{"access_token":"at"}"#);
    let scripted = [json(200, CODE), tokens];
    let (_, requests) = polled(ClientAuth::ClientSecretPost, &scripted).await;
    assert!(!requests[0].contains("s3c"), "{}", requests[0]);
    assert!(requests[1].contains("client_secret=s3c"), "{}", requests[1]);
}

#[tokio::test]
async fn absence_and_refusal_mean_pending() {
    for scripted in [
        json(403, r#"{"error":"x"}"#),
        answer("404 No", "not yet"),
        json(400, r#"{"error":"authorization_pending"}"#),
    ] {
        let (poll, _) = polled(ClientAuth::None, &[scripted]).await;
        assert!(matches!(poll, Poll::Pending), "{poll:?}");
    }
}

#[tokio::test]
async fn a_code_is_for_one_use_whatever_comes_of_it() {
    let refused = json(
        400,
        r#"{"error":"invalid_grant","error_description":"c0de/+ v3rifier"}"#,
    );
    let (poll, _) = polled(ClientAuth::None, &[json(200, CODE), refused]).await;
    let OauthError::Refused(response) = failed(poll) else {
        panic!()
    };
    assert_eq!(response.to_string(), "invalid_grant: [redacted] [redacted]");

    let (poll, _) = polled(ClientAuth::None, &[json(200, CODE), json(503, "{}")]).await;
    assert!(matches!(
        failed(poll),
        OauthError::Unavailable { status: 503, .. }
    ));
    let (poll, _) = polled(ClientAuth::None, &[json(200, CODE), String::new()]).await;
    assert!(matches!(failed(poll), OauthError::Network(_)));
}

#[tokio::test]
async fn an_end_without_code_or_verifier_is_named() {
    for (scripted, why) in [
        (
            r#"{"authorization_code":"c"}"#,
            "`code_verifier` is missing",
        ),
        (
            r#"{"code_verifier":"v"}"#,
            "`authorization_code` is missing",
        ),
        (
            r#"{"authorization_code":"c\n","code_verifier":"v"}"#,
            "`authorization_code` is not",
        ),
    ] {
        let (poll, requests) = polled(ClientAuth::None, &[json(200, scripted)]).await;
        let said = failed(poll).to_string();
        assert!(
            said.starts_with("127.0.0.1:") && said.contains(why),
            "{said}"
        );
        assert_eq!(requests.len(), 1);
    }
}
