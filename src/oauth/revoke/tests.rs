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

/// Revokes against one scripted answer; gives the request too.
async fn revoked(
    style: RevocationStyle,
    path: &str,
    client_: &Client,
    scripted: &str,
) -> (Result<(), OauthError>, String) {
    let server = Server::new([scripted]);
    let token = Secret::new(TOKEN);
    let result = revoke(
        &client().0,
        &server.url(path),
        style,
        client_,
        &token,
        Hint::AccessToken,
    )
    .await;
    (result, server.request())
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
async fn delete_token_says_what_it_cannot_do_and_sends_nothing() {
    let endpoint = Url::parse("http://127.0.0.1:1/{client_id}").unwrap();
    let (http, lines) = client();
    let secretless = Client {
        secret: None,
        ..fob(ClientAuth::None)
    };
    for (client_, hint, why) in [
        (secretless, Hint::AccessToken, "client secret"),
        (
            fob(ClientAuth::None),
            Hint::RefreshToken,
            "access tokens only",
        ),
    ] {
        let style = RevocationStyle::DeleteToken;
        let result = revoke(&http, &endpoint, style, &client_, &Secret::new(TOKEN), hint).await;
        assert!(
            matches!(&result, Err(OauthError::Invalid(what)) if what.contains(why)),
            "{result:?}"
        );
    }
    assert!(lines.lock().unwrap().is_empty());
}
