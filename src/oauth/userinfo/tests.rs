use std::collections::BTreeMap;

use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};

async fn asked(scripted: &str) -> Result<serde_json::Value, OauthError> {
    asked_by(&IdentityRule::default(), scripted).await.0
}

/// Asks by a rule against one scripted answer; gives the request too.
async fn asked_by(
    rule: &IdentityRule,
    scripted: &str,
) -> (Result<serde_json::Value, OauthError>, String) {
    let server = Server::new([scripted]);
    let token = Secret::new("t0ken");
    let result = userinfo(&client().0, &server.url("/me"), &token, rule, "fob").await;
    (result, server.request())
}

#[tokio::test]
async fn the_token_goes_in_the_header_with_the_definitions_own() {
    let server = Server::new([json(200, r#"{"sub":"7","groups":["a"]}"#)]);
    let rule = IdentityRule {
        headers: BTreeMap::from([
            ("X-Version".to_owned(), "2022".to_owned()),
            ("Client-Id".into(), "<{client_id}>".into()),
            ("authorization".into(), "no".into()),
        ]),
        ..IdentityRule::default()
    };
    let (http, lines) = client();
    let token = Secret::new("t0ken");
    let claims = userinfo(&http, &server.url("/me"), &token, &rule, "fob")
        .await
        .unwrap();
    assert_eq!(claims, serde_json::json!({"sub": "7", "groups": ["a"]}));
    let request = server.request();
    assert!(request.starts_with("GET /me HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("authorization: Bearer t0ken\r\n")
            && request.contains("x-version: 2022\r\n")
            && request.contains("client-id: <fob>\r\n"),
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

#[tokio::test]
async fn a_rule_may_want_a_post_without_a_body() {
    let rule = IdentityRule {
        method: IdentityMethod::Post,
        ..IdentityRule::default()
    };
    let (result, request) = asked_by(&rule, &json(200, "{}")).await;
    assert!(result.is_ok());
    assert!(request.starts_with("POST /me HTTP/1.1\r\n"), "{request}");
    // One server refuses every content type where there is no body, another a missing length.
    assert!(!request.contains("content-type"), "{request}");
    assert_eq!(request.matches("content-length: 0\r\n").count(), 1);
    assert!(request.ends_with("\r\n\r\n"), "{request}");
}

#[tokio::test]
async fn a_rule_may_want_json_and_another_scheme() {
    let query = r#"{"query":"{ viewer { id } }"}"#;
    let rule = IdentityRule {
        method: IdentityMethod::Post,
        body: Some(query.into()),
        scheme: Some("OAuth".into()),
        ..IdentityRule::default()
    };
    let (result, request) = asked_by(&rule, &json(200, r#"{"data":{"viewer":{"id":"7"}}}"#)).await;
    assert!(result.is_ok());
    assert!(
        request.contains("content-type: application/json\r\n")
            && request.contains("authorization: OAuth t0ken\r\n"),
        "{request}"
    );
    assert!(request.ends_with(&format!("\r\n\r\n{query}")), "{request}");

    let broken = IdentityRule {
        body: Some("{".into()),
        ..rule
    };
    let endpoint = Url::parse("http://127.0.0.1:1/me").unwrap();
    let token = Secret::new("t0ken");
    let result = userinfo(&client().0, &endpoint, &token, &broken, "fob").await;
    assert!(
        matches!(&result, Err(OauthError::Invalid(what)) if what.contains("`identity.body`")),
        "{result:?}"
    );
}

#[tokio::test]
async fn an_error_in_a_success_is_no_identity() {
    for (body, said) in [
        (
            r#"{"ok":false,"error":"invalid_auth","user_id":"U1"}"#,
            "invalid_auth",
        ),
        (
            r#"{"error":"invalid_token","error_description":"not t0ken"}"#,
            "invalid_token: not [redacted]",
        ),
        (r#"{"ok":false,"user_id":"U1"}"#, "`ok` is false"),
        (
            r#"{"errors":[{"message":"Authentication required"}],"data":null}"#,
            "Authentication required",
        ),
        (r#"{"errors":["not t0ken"]}"#, "not [redacted]"),
        (
            r#"{"error":{"code":401,"message":"no session"}}"#,
            "no session",
        ),
    ] {
        let result = asked(&json(200, body)).await;
        let Err(OauthError::Refused(response)) = result else {
            panic!("{body}: {result:?}")
        };
        assert_eq!(response.to_string(), said, "{body}");
    }
    for body in [
        r#"{"ok":true,"error":null,"errors":[],"user_id":"U1"}"#,
        r#"{"sub":"7","error":""}"#,
    ] {
        assert!(asked(&json(200, body)).await.is_ok(), "{body}");
    }
}
