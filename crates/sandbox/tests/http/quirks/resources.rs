//! Userinfo, and the ways to revoke.

use keyfob_base::secret::Secret;
use keyfob_sandbox::{Options, Quirks, Revocation};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{acting, pairs};
use crate::started;
use keyfob_testkit::client::{Client, REDIRECT_URI, VERIFIER, json, refusal};

/// A userinfo request with these headers and this body.
async fn ask(client: &Client, headers: &[(&str, &str)], body: Option<&'static str>) -> Response {
    let mut request = client.request(Method::POST, "/userinfo");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request
            .header("Content-Type", "application/json")
            .body(body);
    }
    request.send().await.unwrap()
}

async fn bearer(client: &Client) -> String {
    let tokens = client.sign_in("openid profile").await;
    format!("Bearer {}", tokens["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn userinfo_answers_a_post_without_a_body() {
    let (_running, client) = acting(Quirks {
        userinfo_by_post: true,
        ..Quirks::default()
    });
    let bearer = bearer(&client).await;
    let own = [("Authorization", bearer.as_str())];
    let get = client.get_with("/userinfo", "Authorization", &bearer).await;
    assert_eq!(get.status(), 405);
    assert_eq!(ask(&client, &own, Some("null")).await.status(), 400);
    assert_eq!(ask(&client, &own, None).await.status(), 200);
}

#[tokio::test]
async fn userinfo_wants_one_body() {
    let (_running, client) = acting(Quirks {
        userinfo_body: Some(r#"{"query": "{ viewer { id } }"}"#.into()),
        ..Quirks::default()
    });
    let bearer = bearer(&client).await;
    let own = [("Authorization", bearer.as_str())];
    assert_eq!(ask(&client, &own, None).await.status(), 400);
    assert_eq!(
        ask(&client, &own, Some(r#"{"query": ""}"#)).await.status(),
        400
    );
    let good = r#"{"query":"{ viewer { id } }"}"#;
    assert_eq!(ask(&client, &own, Some(good)).await.status(), 200);
    let get = client.get_with("/userinfo", "Authorization", &bearer).await;
    assert_eq!(get.status(), 405);
}

#[tokio::test]
async fn userinfo_wants_a_scheme_and_headers_of_its_own() {
    let (_running, client) = acting(Quirks {
        userinfo_scheme: Some("OAuth".into()),
        userinfo_headers: pairs(&[("Client-Id", "{client_id}")]),
        userinfo_members: Some("/data/0".into()),
        ..Quirks::default()
    });
    let bearer = bearer(&client).await;
    let oauth = bearer.replace("Bearer", "OAuth");
    let own = ("Client-Id", "keyfob");
    let standard = ask(&client, &[("Authorization", &bearer), own], None).await;
    assert_eq!(refusal(standard, 401).await, "invalid_token");
    let bare = ask(&client, &[("Authorization", &oauth)], None).await;
    assert_eq!(refusal(bare, 400).await, "invalid_request");
    let other = [("Authorization", oauth.as_str()), ("Client-Id", "other")];
    assert_eq!(ask(&client, &other, None).await.status(), 400);
    let said = ask(&client, &[("Authorization", &oauth), own], None).await;
    let said = json(said, 200).await;
    assert_eq!(said["data"][0]["preferred_username"], "ada");
    assert_eq!(said["sub"], Value::Null);
}

fn revoking(revocation: Revocation) -> (keyfob_sandbox::Running, Client) {
    acting(Quirks {
        revocation,
        ..Quirks::default()
    })
}

#[tokio::test]
async fn a_token_alone_is_revoked_once() {
    let (_running, client) = revoking(Revocation::TokenOnly);
    let tokens = client.sign_in("openid").await;
    let standard = client.revoke(&tokens["refresh_token"]).await;
    assert_eq!(refusal(standard, 400).await, "invalid_request");
    let form = [("token", tokens["access_token"].as_str().unwrap())];
    assert_eq!(client.post("/revoke", &form).await.status(), 200);
    let gone = client.refresh(&tokens["refresh_token"]).await;
    assert_eq!(refusal(gone, 400).await, "invalid_grant");
    let again = client.post("/revoke", &form).await;
    assert_eq!(refusal(again, 400).await, "invalid_token");
}

#[tokio::test]
async fn a_bearer_is_revoked_without_a_body() {
    let (_running, client) = revoking(Revocation::Bearer);
    let tokens = client.sign_in("openid").await;
    assert_eq!(client.revoke(&tokens["access_token"]).await.status(), 400);
    let send = |token: &Value| {
        let request = client.request(Method::POST, "/revoke");
        request.bearer_auth(token.as_str().unwrap()).send()
    };
    let refresh_token = send(&tokens["refresh_token"]).await.unwrap();
    assert_eq!(refusal(refresh_token, 401).await, "invalid_token");
    assert_eq!(send(&tokens["access_token"]).await.unwrap().status(), 200);
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 401);
}

#[tokio::test]
async fn json_is_revoked_and_forms_are_not() {
    let (_running, client) = revoking(Revocation::Json);
    let tokens = client.sign_in("openid").await;
    let form = client.revoke(&tokens["refresh_token"]).await;
    assert_eq!(refusal(form, 400).await, "invalid_request");
    let body = json!({"token": tokens["refresh_token"], "client_id": "keyfob"});
    assert_eq!(client.post_json("/revoke", &body).await.status(), 200);
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 401);
}

#[tokio::test]
async fn refresh_tokens_alone_are_revoked() {
    let (_running, client) = acting(Quirks {
        revokes_refresh_tokens_only: true,
        ..Quirks::default()
    });
    let tokens = client.sign_in("openid").await;
    let access = client.revoke(&tokens["access_token"]).await;
    assert_eq!(refusal(access, 400).await, "unsupported_token_type");
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 200);
    assert_eq!(client.revoke(&tokens["refresh_token"]).await.status(), 200);
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 401);
}

#[tokio::test]
async fn a_token_is_deleted_by_its_client() {
    let (_running, client) = started(Options {
        approve: Some("ada".into()),
        client_secret: Some(Secret::new("hush")),
        quirks: Quirks {
            revocation: Revocation::DeleteToken,
            ..Quirks::default()
        },
        ..Options::default()
    });
    let code = client.authorize("openid").await["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let request = client.request(Method::POST, "/token").form(&form);
    let request = request.basic_auth("keyfob", Some("hush"));
    let tokens = json(request.send().await.unwrap(), 200).await;

    let delete = |id: &str, secret: &str, token: &Value| {
        let request = client.request(Method::DELETE, &format!("/applications/{id}/token"));
        let request = request.basic_auth("keyfob", Some(secret));
        request.json(&json!({"access_token": token})).send()
    };
    let token = &tokens["access_token"];
    assert_eq!(
        delete("keyfob", "wrong", token).await.unwrap().status(),
        401
    );
    assert_eq!(delete("other", "hush", token).await.unwrap().status(), 404);
    assert_eq!(client.userinfo(token).await.status(), 200);
    assert_eq!(delete("keyfob", "hush", token).await.unwrap().status(), 204);
    assert_eq!(client.userinfo(token).await.status(), 401);
    assert_eq!(delete("keyfob", "hush", token).await.unwrap().status(), 404);
    assert_eq!(client.revoke(token).await.status(), 404);
}
