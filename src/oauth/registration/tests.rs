use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};

async fn registered(scripted: &str, scopes: &[&str]) -> (Result<Registered, OauthError>, Value) {
    let server = Server::new([scripted]);
    let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let result = register(
        &client().0,
        &server.url("/register"),
        &["http://127.0.0.1/cb".into()],
        &scopes,
    )
    .await;
    let request = server.request();
    assert!(
        request.starts_with("POST /register ")
            && request.contains("content-type: application/json\r\n")
    );
    (
        result,
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap(),
    )
}

#[tokio::test]
async fn a_public_native_client_is_asked_for() {
    let (result, sent) = registered(
        &json(201, r#"{"client_id":"fob-1","client_secret":null}"#),
        &["a", "b"],
    )
    .await;
    assert_eq!(result.unwrap().client_id, "fob-1");
    assert_eq!(
        sent,
        json!({
            "client_name": "keyfob",
            "redirect_uris": ["http://127.0.0.1/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
            "scope": "a b",
        })
    );
    let given = r#"{"client_id":"https://id.example.com/fob","token_endpoint_auth_method":"none"}"#;
    let (result, sent) = registered(&json(200, given), &[]).await;
    assert_eq!(result.unwrap().client_id, "https://id.example.com/fob");
    assert!(sent.get("scope").is_none());
}

#[tokio::test]
async fn another_client_than_asked_for_is_refused() {
    for given in [
        r#"{"client_id":"fob","client_secret":"s3cret"}"#,
        r#"{"client_id":"fob","token_endpoint_auth_method":"client_secret_basic"}"#,
        r#"{"client_id":"fob","token_endpoint_auth_method":7}"#,
    ] {
        let Err(OauthError::Invalid(what)) = registered(&json(201, given), &[]).await.0 else {
            panic!("{given}")
        };
        assert!(
            what.contains("public") && !what.contains("s3cret"),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_client_id_must_be_usable() {
    let long = "a".repeat(CLIENT_ID_LIMIT + 1);
    for id in [
        "null",
        "7",
        "\"\"",
        "\"a b\"",
        "\"a\\n\"",
        "\"ä\"",
        &format!("\"{long}\""),
    ] {
        let result = registered(&json(201, &format!(r#"{{"client_id":{id}}}"#)), &[])
            .await
            .0;
        assert!(
            matches!(&result, Err(OauthError::Invalid(what)) if what.contains("`client_id`")),
            "{result:?}"
        );
    }
    let result = registered(
        &json(201, &format!(r#"{{"client_id":"{}"}}"#, &long[1..])),
        &[],
    )
    .await
    .0;
    assert!(result.is_ok());
}

#[tokio::test]
async fn a_refusal_is_one() {
    let refusal = json(
        400,
        r#"{"error":"invalid_redirect_uri","error_description":"no"}"#,
    );
    let Err(OauthError::Refused(response)) = registered(&refusal, &[]).await.0 else {
        panic!()
    };
    assert_eq!(response.to_string(), "invalid_redirect_uri: no");
    for scripted in [
        answer("404 X", ""),
        json(202, r#"{"client_id":"a"}"#),
        answer("201 X\nContent-Type: text/html", "<"),
    ] {
        let result = registered(&scripted, &[]).await.0;
        assert!(matches!(result, Err(OauthError::Invalid(_))), "{result:?}");
    }
}
