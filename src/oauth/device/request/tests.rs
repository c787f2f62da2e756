mod answers;
mod home_grown;
mod polls;

use serde_json::Value;

use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};
use crate::provider::{ClientAuth, DeviceRule, TokenBody, TokenRule};

const CODES: &str = r#"{"device_code":"d3vice/+","user_code":"WDJB-MJHT","verification_uri":"https://id.example.com/device","expires_in":900}"#;

fn now() -> Timestamp {
    Timestamp::from_unix(1_700_000_000)
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn fob(auth: ClientAuth) -> Client {
    Client {
        id: "fob&co".into(),
        auth,
        secret: Some(Secret::new("s3c:r t/+")),
    }
}

/// A provider at this server, with one difference.
fn provider(server: &Server, change: impl FnOnce(&mut Provider)) -> Provider {
    let mut provider = Provider {
        device_authorization_endpoint: Some(server.url("/device")),
        token_endpoint: Some(server.url("/token")),
        ..Provider::default()
    };
    change(&mut provider);
    provider
}

fn request<'a>(provider: &'a Provider, client: &'a Client) -> DeviceRequest<'a> {
    DeviceRequest {
        provider,
        client,
        scopes: &[],
        resource: &[],
        audience: None,
    }
}

/// Asks for codes against one scripted answer, where the definition differs in this.
async fn codes(
    change: impl FnOnce(&mut Provider),
    scripted: &str,
) -> Result<DeviceAuthorization, OauthError> {
    let server = Server::new([scripted]);
    let (provider, client_) = (provider(&server, change), fob(ClientAuth::None));
    request(&provider, &client_).send(&client().0).await
}

/// Polls against one scripted answer.
async fn poll(change: impl FnOnce(&mut Provider), scripted: &str) -> Poll {
    let server = Server::new([scripted]);
    let (provider, client_) = (provider(&server, change), fob(ClientAuth::None));
    let request = request(&provider, &client_);
    request.poll(&client().0, &authorization(), now()).await
}

fn authorization() -> DeviceAuthorization {
    DeviceAuthorization {
        device_code: Secret::new("d3vice/+"),
        user_code: UserCode::new("WDJB-MJHT"),
        verification_uri: Url::parse("https://id.example.com/device").unwrap(),
        verification_uri_complete: None,
        expires_in: Duration::from_secs(900),
        interval: Duration::from_secs(5),
    }
}

fn invalid<T: std::fmt::Debug>(result: Result<T, OauthError>) -> String {
    match result {
        Err(OauthError::Invalid(what)) => what,
        other => panic!("{other:?}"),
    }
}

fn form(request: &str) -> Vec<(String, String)> {
    let body = request.split_once("\r\n\r\n").unwrap().1;
    url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

fn object(request: &str) -> Value {
    assert!(
        request.contains("content-type: application/json\r\n"),
        "{request}"
    );
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_public_client_asks_with_its_id_alone() {
    let server = Server::new([json(200, CODES)]);
    let (provider, client_) = (provider(&server, |_| ()), fob(ClientAuth::None));
    let (http, lines) = client();
    let codes = request(&provider, &client_).send(&http).await.unwrap();
    let asked = server.request();
    assert!(asked.starts_with("POST /device HTTP/1.1\r\n"), "{asked}");
    assert_eq!(form(&asked), pairs(&[("client_id", "fob&co")]));
    assert_eq!(codes.device_code.expose(), "d3vice/+");
    assert_eq!(codes.user_code.as_str(), "WDJB-MJHT");
    assert_eq!(
        codes.verification_uri.as_str(),
        "https://id.example.com/device"
    );
    assert_eq!(codes.verification_uri_complete, None);
    assert_eq!(codes.expires_in, Duration::from_secs(900));
    assert_eq!(codes.interval, Duration::from_secs(5));
    let told = lines.lock().unwrap().join("\n");
    assert!(told.contains("/device (client_id)"), "{told}");
    let shown = format!("{told} {codes:?}");
    assert!(!shown.contains("d3vice"), "{shown}");
}

#[tokio::test]
async fn what_is_wanted_is_asked_for_in_the_definitions_words() {
    let server = Server::new([json(200, CODES)]);
    let provider = provider(&server, |provider| {
        provider.scope_separator = ",".into();
        provider.device.scope_parameter = Some("scopes".into());
        provider.device.parameters = pairs(&[
            ("client_id", "theirs"),
            ("repository_id", "7"),
            ("resource", "https://evil.example/"),
            ("response_type", "device_code"),
            ("scopes", "all"),
        ])
        .into_iter()
        .collect();
    });
    let client_ = fob(ClientAuth::ClientSecretPost);
    let wanted = DeviceRequest {
        scopes: &strings(&["read", "write"]),
        resource: &strings(&["https://a.example/", "https://b.example/"]),
        audience: Some("https://api.example"),
        ..request(&provider, &client_)
    };
    wanted.send(&client().0).await.unwrap();
    assert_eq!(
        form(&server.request()),
        pairs(&[
            ("repository_id", "7"),
            ("response_type", "device_code"),
            ("scopes", "read,write"),
            ("audience", "https://api.example"),
            ("resource", "https://a.example/"),
            ("resource", "https://b.example/"),
            ("client_id", "fob&co"),
            ("client_secret", "s3c:r t/+"),
        ])
    );
}

#[tokio::test]
async fn basic_authentication_and_the_id_in_the_query() {
    let server = Server::new([json(200, CODES), json(200, CODES)]);
    let in_query = provider(&server, |provider| {
        provider.device.client_id_in_query = true;
        provider.device_authorization_endpoint = Some(server.url("/device?a=b"));
    });
    let client_ = fob(ClientAuth::ClientSecretBasic);
    request(&in_query, &client_)
        .send(&client().0)
        .await
        .unwrap();
    let asked = server.request();
    assert!(
        asked.starts_with("POST /device?a=b&client_id=fob%26co HTTP/1.1\r\n"),
        "{asked}"
    );
    // `fob%26co:s3c%3Ar+t%2F%2B`
    assert!(
        asked.contains("authorization: Basic Zm9iJTI2Y286czNjJTNBcit0JTJGJTJC\r\n"),
        "{asked}"
    );
    assert_eq!(form(&asked), []);

    let plain = provider(&server, |_| ());
    let client_ = fob(ClientAuth::BasicWithoutSecret);
    request(&plain, &client_).send(&client().0).await.unwrap();
    let asked = server.request();
    // `fob%26co:`
    assert!(
        asked.contains("authorization: Basic Zm9iJTI2Y286\r\n"),
        "{asked}"
    );
    assert_eq!(form(&asked), []);
}

#[tokio::test]
async fn a_refused_request_says_why() {
    let no_change = |_: &mut Provider| ();
    let scripted = json(
        400,
        r#"{"error":"unauthorized_client","error_description":"no"}"#,
    );
    let Err(OauthError::Refused(response)) = codes(no_change, &scripted).await else {
        panic!()
    };
    assert_eq!(response.to_string(), "unauthorized_client: no");

    let under_200 = json(200, r#"{"error":"device_flow_disabled"}"#);
    let said = invalid(codes(no_change, &under_200).await);
    assert!(
        said.ends_with("answered 200 with an error: device_flow_disabled"),
        "{said}"
    );
    let by_rule = |provider: &mut Provider| provider.token.errors_under_200 = true;
    let Err(OauthError::Refused(response)) = codes(by_rule, &under_200).await else {
        panic!()
    };
    assert_eq!(response.error, "device_flow_disabled");

    let in_message = |provider: &mut Provider| {
        provider.device.error_member = Some("message".into());
        let alias = ("invalid client".to_owned(), "invalid_client".to_owned());
        provider.device.error_aliases = [alias].into();
    };
    let scripted = json(400, r#"{"status":400,"message":"invalid client"}"#);
    let Err(OauthError::Refused(response)) = codes(in_message, &scripted).await else {
        panic!()
    };
    assert_eq!(response.error, "invalid_client");

    let said = invalid(codes(no_change, &answer("404 No", "<html>")).await);
    assert!(
        said.contains("answered 404 without the standard's error"),
        "{said}"
    );
    let busy = codes(no_change, &json(503, "{}")).await;
    assert!(
        matches!(busy, Err(OauthError::Unavailable { status: 503, .. })),
        "{busy:?}"
    );
}

#[tokio::test]
async fn nobody_is_shown_a_code_that_cannot_become_tokens() {
    let server = Server::new([""; 0]);
    let client_ = fob(ClientAuth::None);
    let no_token = provider(&server, |provider| provider.token_endpoint = None);
    let said = invalid(request(&no_token, &client_).send(&client().0).await);
    assert!(said.contains("`token_endpoint`"), "{said}");

    let no_redirect = provider(&server, |provider| {
        provider.device.style = DeviceStyle::AuthorizationCode;
    });
    let said = invalid(request(&no_redirect, &client_).send(&client().0).await);
    assert!(said.contains("`device.redirect_uri`"), "{said}");

    let without = Client {
        secret: None,
        ..fob(ClientAuth::ClientSecretPost)
    };
    let any = provider(&server, |_| ());
    let said = invalid(request(&any, &without).send(&client().0).await);
    assert!(said.contains("client secret"), "{said}");
    assert_eq!(server.so_far(), [""; 0]);
}
