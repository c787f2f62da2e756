use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};

async fn asked(scripted: &str) -> Result<serde_json::Value, OauthError> {
    let server = Server::new([scripted]);
    userinfo(
        &client().0,
        &server.url("/me"),
        &Secret::new("t0ken"),
        &BTreeMap::new(),
    )
    .await
}

#[tokio::test]
async fn the_token_goes_in_the_header_with_the_definitions_own() {
    let server = Server::new([json(200, r#"{"sub":"7","groups":["a"]}"#)]);
    let headers = BTreeMap::from([
        ("X-Version".to_owned(), "2022".to_owned()),
        ("authorization".into(), "no".into()),
    ]);
    let (http, lines) = client();
    let claims = userinfo(&http, &server.url("/me"), &Secret::new("t0ken"), &headers)
        .await
        .unwrap();
    assert_eq!(claims, serde_json::json!({"sub": "7", "groups": ["a"]}));
    let request = server.request();
    assert!(request.starts_with("GET /me HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("authorization: Bearer t0ken\r\n")
            && request.contains("x-version: 2022\r\n"),
        "{request}"
    );
    assert!(!lines.lock().unwrap().join("\n").contains("t0ken"));
}

#[tokio::test]
async fn a_401_is_unauthorized_and_a_403_says_why() {
    assert_eq!(
        asked(&json(401, r#"{"error":"invalid_token"}"#)).await,
        Err(OauthError::Unauthorized)
    );

    let challenge = r#"403 X
WWW-Authenticate: Basic realm="x"
WWW-Authenticate: Bearer error="insufficient_scope", error_description="not with t0ken""#;
    let Err(OauthError::Refused(response)) = asked(&answer(challenge, "")).await else {
        panic!()
    };
    assert_eq!(
        response.to_string(),
        "insufficient_scope: not with [redacted]"
    );

    let Err(OauthError::Refused(response)) = asked(&json(403, r#"{"error":"forbidden"}"#)).await
    else {
        panic!()
    };
    assert_eq!(response.error, "forbidden");

    let result = asked(&json(403, r#"{"message":"rate limit"}"#)).await;
    assert!(
        matches!(&result, Err(OauthError::Invalid(what)) if what.contains("answered 403")),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_answer_must_be_one_object() {
    for scripted in [
        json(200, "[]"),
        json(200, "\"x\""),
        json(200, r#"{"sub":"#),
        answer("200 OK\nContent-Type: application/jwt", "a.b.c"),
        answer("200 OK\nContent-Type: text/html", "<html>"),
        json(404, "{}"),
    ] {
        let result = asked(&scripted).await;
        assert!(matches!(result, Err(OauthError::Invalid(_))), "{result:?}");
    }
    assert!(matches!(
        asked(&json(502, "{}")).await,
        Err(OauthError::Unavailable { status: 502, .. })
    ));
}
