use super::*;
use crate::oauth::http::tests::{Server, answer, client, json};
use crate::provider::ClientAuth;

const TOKEN: &str = "t0ken/+";

fn fob(auth: ClientAuth) -> Client {
    Client {
        id: "fob".into(),
        auth,
        secret: Some(Secret::new("s3cret")),
    }
}

fn rule(style: RevocationStyle) -> RevocationRule {
    RevocationRule {
        style,
        ..RevocationRule::default()
    }
}

/// Revokes the access token against one scripted answer; gives the request too.
async fn revoked(
    style: RevocationStyle,
    path: &str,
    client_: &Client,
    scripted: &str,
) -> (Result<(), OauthError>, String) {
    let server = Server::new([scripted]);
    let endpoint = RevocationEndpoint {
        url: &server.url(path),
        client: client_,
        rule: &rule(style),
        headers: &BTreeMap::from([("X-Version".to_owned(), "2022".to_owned())]),
    };
    let token = Secret::new(TOKEN);
    let result = endpoint
        .revoke(&client().0, &token, Hint::AccessToken)
        .await;
    let request = server.request();
    assert!(request.contains("\r\nx-version: 2022\r\n"), "{request}");
    (result, request)
}

#[tokio::test]
async fn rfc_7009_sends_token_hint_and_client() {
    let (result, request) = revoked(
        RevocationStyle::Rfc7009,
        "/r",
        &fob(ClientAuth::None),
        &answer("200 OK", ""),
    )
    .await;
    assert_eq!(result, Ok(()));
    assert!(
        request.ends_with("\r\n\r\ntoken=t0ken%2F%2B&token_type_hint=access_token&client_id=fob"),
        "{request}"
    );

    let basic = fob(ClientAuth::ClientSecretBasic);
    let (_, request) = revoked(
        RevocationStyle::Rfc7009,
        "/r",
        &basic,
        &answer("200 OK", ""),
    )
    .await;
    assert!(
        request.contains("authorization: Basic Zm9iOnMzY3JldA==\r\n")
            && !request.contains("client_id"),
        "{request}"
    );
    assert_eq!(Hint::RefreshToken.as_str(), "refresh_token");
}

#[tokio::test]
async fn rfc_7009_claims_no_success_that_was_not_given() {
    for (scripted, why) in [
        (
            json(400, r#"{"error":"unsupported_token_type"}"#),
            "unsupported_token_type",
        ),
        (
            json(
                401,
                r#"{"error":"invalid_client","error_description":"t0ken%2F%2B"}"#,
            ),
            "invalid_client: [redacted]",
        ),
        (answer("401 X", ""), "answered 401"),
        (answer("403 X", "<html>"), "answered 403"),
        (answer("404 X", ""), "answered 404"),
        (answer("302 X\nLocation: /", ""), "redirect"),
        (answer("503 X\nRetry-After: 3", ""), "asks to wait 3 s"),
    ] {
        let result = revoked(
            RevocationStyle::Rfc7009,
            "/r",
            &fob(ClientAuth::None),
            &scripted,
        )
        .await
        .0;
        let said = result.unwrap_err().to_string();
        assert!(
            said.contains(why) && !said.contains("t0ken"),
            "{why}: {said}"
        );
    }
}

#[tokio::test]
async fn token_only_sends_the_token_alone_and_takes_its_absence_for_success() {
    let style = RevocationStyle::TokenOnly;
    let client_ = fob(ClientAuth::ClientSecretPost);
    let (result, request) = revoked(style, "/r", &client_, &json(200, "{}")).await;
    assert_eq!(result, Ok(()));
    assert!(request.ends_with("\r\n\r\ntoken=t0ken%2F%2B"), "{request}");
    assert_eq!(
        revoked(
            style,
            "/r",
            &client_,
            &json(400, r#"{"error":"invalid_token"}"#)
        )
        .await
        .0,
        Ok(())
    );
    for (status, error) in [(400, "invalid_request"), (401, "invalid_token")] {
        let scripted = json(status, &format!(r#"{{"error":"{error}"}}"#));
        assert!(matches!(
            revoked(style, "/r", &client_, &scripted).await.0,
            Err(OauthError::Refused(_))
        ));
    }
}

#[tokio::test]
async fn delete_token_names_the_client_in_the_path() {
    let style = RevocationStyle::DeleteToken;
    let odd = Client {
        id: "fob/ü b".into(),
        ..fob(ClientAuth::None)
    };
    for path in [
        "/apps/{client_id}/token?x=1",
        "/apps/%7Bclient_id%7D/token?x=1",
    ] {
        let (result, request) = revoked(style, path, &odd, &answer("204 X", "")).await;
        assert_eq!(result, Ok(()));
        assert!(
            request.starts_with("DELETE /apps/fob%2F%C3%BC%20b/token?x=1 HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(
            request.ends_with("\r\n\r\n{\"access_token\":\"t0ken/+\"}"),
            "{request}"
        );
    }
    let (_, request) = revoked(
        style,
        "/{client_id}",
        &fob(ClientAuth::None),
        &answer("404 X", ""),
    )
    .await;
    assert!(
        request.contains("authorization: Basic Zm9iOnMzY3JldA==\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn delete_token_takes_only_absence_for_success() {
    let style = RevocationStyle::DeleteToken;
    for (status, ok) in [
        (200, true),
        (204, true),
        (404, true),
        (401, false),
        (403, false),
        (422, false),
    ] {
        let scripted = answer(&format!("{status} X"), "");
        let result = revoked(style, "/", &fob(ClientAuth::None), &scripted)
            .await
            .0;
        assert_eq!(result.is_ok(), ok, "{status}: {result:?}");
    }
}

#[tokio::test]
async fn bearer_sends_the_token_as_its_own_authentication() {
    let style = RevocationStyle::Bearer;
    let client_ = fob(ClientAuth::ClientSecretPost);
    let (result, request) = revoked(style, "/r", &client_, &json(200, "null")).await;
    assert_eq!(result, Ok(()));
    assert!(request.starts_with("POST /r HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains("\r\nauthorization: Bearer t0ken/+\r\n")
            && request.contains("\r\ncontent-length: 0\r\n")
            && !request.contains("content-type")
            && request.ends_with("\r\n\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn bearer_takes_a_token_that_is_not_accepted_for_gone_and_a_refusal_for_none() {
    for (scripted, gone) in [
        (answer("200 OK", ""), true),
        (answer("204 X", ""), true),
        (json(200, r#"{"ok":true,"revoked":true}"#), true),
        (json(401, r#"{"error":"expired_access_token"}"#), true),
        (answer("401 X", ""), true),
        (json(200, r#"{"ok":false,"error":"fatal t0ken/+"}"#), false),
        (json(200, r#"{"ok":false}"#), false),
        (json(400, r#"{"error":"x"}"#), false),
        (answer("403 X", ""), false),
        (answer("404 X", ""), false),
        (answer("500 X", ""), false),
    ] {
        let style = RevocationStyle::Bearer;
        let result = revoked(style, "/", &fob(ClientAuth::None), &scripted)
            .await
            .0;
        assert_eq!(result.is_ok(), gone, "{scripted}: {result:?}");
        assert!(!format!("{result:?}").contains("t0ken"), "{result:?}");
    }
}

#[tokio::test]
async fn json_has_the_members_of_the_standard_and_the_clients_authentication() {
    for (auth, members, header) in [
        (
            ClientAuth::ClientSecretBasic,
            json!({}),
            Some("Basic Zm9iOnMzY3JldA=="),
        ),
        (
            ClientAuth::BasicWithoutSecret,
            json!({}),
            Some("Basic Zm9iOg=="),
        ),
        (
            ClientAuth::ClientSecretPost,
            json!({"client_id": "fob", "client_secret": "s3cret"}),
            None,
        ),
        (ClientAuth::None, json!({"client_id": "fob"}), None),
    ] {
        let style = RevocationStyle::Json;
        let (result, request) = revoked(style, "/r", &fob(auth), &json(200, "{}")).await;
        assert_eq!(result, Ok(()));
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut expected = members;
        expected["token"] = TOKEN.into();
        expected["token_type_hint"] = "access_token".into();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body, expected);
        assert!(head.contains("content-type: application/json"), "{head}");
        let sent = head
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "));
        assert_eq!(sent, header);
    }
}

#[tokio::test]
async fn a_definitions_header_does_not_replace_the_authentication() {
    for (style, expected) in [
        (RevocationStyle::Rfc7009, "Basic Zm9iOnMzY3JldA=="),
        (RevocationStyle::Json, "Basic Zm9iOnMzY3JldA=="),
        (RevocationStyle::DeleteToken, "Basic Zm9iOnMzY3JldA=="),
        (RevocationStyle::Bearer, "Bearer t0ken/+"),
    ] {
        let server = Server::new([json(200, "{}")]);
        let endpoint = RevocationEndpoint {
            url: &server.url("/"),
            client: &fob(ClientAuth::ClientSecretBasic),
            rule: &rule(style),
            headers: &BTreeMap::from([("Authorization".to_owned(), "evil".to_owned())]),
        };
        let token = Secret::new(TOKEN);
        endpoint
            .revoke(&client().0, &token, Hint::AccessToken)
            .await
            .unwrap();
        let request = server.request();
        let header = format!("\r\nauthorization: {expected}\r\n");
        assert!(
            request.contains(&header) && !request.contains("evil"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn json_claims_no_success_that_was_not_given() {
    for status in [400, 401, 403, 404] {
        let body = r#"{"error":"invalid_client","error_description":"s3cret t0ken/+"}"#;
        let style = RevocationStyle::Json;
        let client_ = fob(ClientAuth::ClientSecretPost);
        let said = revoked(style, "/", &client_, &json(status, body))
            .await
            .0
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("invalid_client: [redacted] [redacted]"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_revoked_is_said_and_nothing_is_sent() {
    let url = Url::parse("http://127.0.0.1:1/{client_id}").unwrap();
    let (http, lines) = client();
    let secretless = Client {
        secret: None,
        ..fob(ClientAuth::None)
    };
    let with_secret = fob(ClientAuth::None);
    let refresh_tokens_only = RevocationRule {
        refresh_tokens_only: true,
        ..rule(RevocationStyle::Rfc7009)
    };
    let delete = rule(RevocationStyle::DeleteToken);
    let bearer = rule(RevocationStyle::Bearer);
    for (rule, client_, hint, why) in [
        (&delete, &secretless, Hint::AccessToken, "client secret"),
        (
            &delete,
            &with_secret,
            Hint::RefreshToken,
            "access tokens only",
        ),
        (
            &bearer,
            &with_secret,
            Hint::RefreshToken,
            "access tokens only",
        ),
        (
            &refresh_tokens_only,
            &with_secret,
            Hint::AccessToken,
            "refresh tokens only",
        ),
    ] {
        let endpoint = RevocationEndpoint {
            url: &url,
            client: client_,
            rule,
            headers: &BTreeMap::new(),
        };
        let result = endpoint.revoke(&http, &Secret::new(TOKEN), hint).await;
        assert!(
            matches!(&result, Err(OauthError::Invalid(what)) if what.contains(why)),
            "{result:?}"
        );
    }
    assert!(lines.lock().unwrap().is_empty());
    assert_eq!(unsupported(&refresh_tokens_only, Hint::RefreshToken), None);
    assert_eq!(unsupported(&bearer, Hint::AccessToken), None);
}
