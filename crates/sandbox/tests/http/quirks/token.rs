//! The token endpoint.

use keyfob_base::secret::Secret;
use keyfob_sandbox::{AuthMethod, Options, Quirks};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{acting, pairs};
use crate::started;
use keyfob_testkit::client::{Client, REDIRECT_URI, VERIFIER, json, refusal};

/// An exchange without `client_id`.
fn exchange_form(code: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

async fn code(client: &Client) -> String {
    client.authorize("openid email read").await["code"].clone()
}

fn refresh_form<'a>(
    token: &'a Value,
    further: &[(&'static str, &'static str)],
) -> Vec<(&'static str, &'a str)> {
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("client_id", "keyfob"),
        ("refresh_token", token.as_str().unwrap()),
    ];
    form.extend(further);
    form
}

#[tokio::test]
async fn granted_scopes_are_listed_otherwise() {
    let (_running, client) = acting(Quirks {
        granted_scope_member: Some("scopes".into()),
        granted_scope_separator: Some(",".into()),
        granted_scope_aliases: pairs(&[("email", "https://id.example/email")]),
        unlisted_scopes: vec!["openid".into()],
        ..Quirks::default()
    });
    let tokens = client.sign_in("openid email read").await;
    assert_eq!(tokens["scopes"], "https://id.example/email,read");
    assert_eq!(tokens["scope"], Value::Null);
    let who = client.userinfo(&tokens["access_token"]).await;
    assert_eq!(who.status(), 200, "openid was granted all the same");
    let again = json(client.refresh(&tokens["refresh_token"]).await, 200).await;
    assert_eq!(again["scopes"], tokens["scopes"]);
}

#[tokio::test]
async fn tokens_have_a_type_of_their_own() {
    let (_running, client) = acting(Quirks {
        token_type: Some("user".into()),
        ..Quirks::default()
    });
    assert_eq!(client.sign_in("openid").await["token_type"], "user");
}

#[tokio::test]
async fn errors_come_under_200() {
    let (_running, client) = acting(Quirks {
        errors_under_200: true,
        ..Quirks::default()
    });
    assert_eq!(
        refusal(client.exchange("x").await, 200).await,
        "invalid_grant"
    );
    let stranger = client
        .post("/device_authorization", &[("client_id", "x")])
        .await;
    assert_eq!(refusal(stranger, 200).await, "invalid_client");
    let elsewhere = client.userinfo(&json!("x")).await;
    assert_eq!(elsewhere.status(), 401);
}

#[tokio::test]
async fn tokens_are_nested() {
    let (_running, client) = acting(Quirks {
        members: Some("/ok/authed_user".into()),
        ..Quirks::default()
    });
    let answer = client.sign_in("openid").await;
    assert_eq!(answer["access_token"], Value::Null);
    assert_eq!(answer["ok"]["authed_user"]["scope"], "openid");
    assert_eq!(
        refusal(client.exchange("x").await, 400).await,
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_refresh_repeats_what_the_login_said() {
    let (_running, client) = acting(Quirks {
        refresh_demands_redirect_uri: true,
        refresh_demands_scope: true,
        ..Quirks::default()
    });
    let tokens = client.sign_in("openid read").await;
    let token = &tokens["refresh_token"];
    let other = "http://127.0.0.1:4712/callback/sandbox";
    for (bad, error) in [
        (&[][..], "invalid_request"),
        (&[("redirect_uri", REDIRECT_URI)], "invalid_request"),
        (&[("scope", "openid")], "invalid_request"),
        (
            &[("redirect_uri", other), ("scope", "openid")],
            "invalid_grant",
        ),
    ] {
        let refused = client.post("/token", &refresh_form(token, bad)).await;
        assert_eq!(refusal(refused, 400).await, error, "{bad:?}");
    }
    let good = [("redirect_uri", REDIRECT_URI), ("scope", "openid read")];
    let tokens = client.post("/token", &refresh_form(token, &good)).await;
    assert_eq!(json(tokens, 200).await["scope"], "openid read");
}

#[tokio::test]
async fn an_exchange_repeats_the_state() {
    let (_running, client) = acting(Quirks {
        exchange_demands_state: true,
        ..Quirks::default()
    });
    let code = code(&client).await;
    let mut form = exchange_form(&code);
    form.push(("client_id", "keyfob"));
    let missing = client.post("/token", &form).await;
    assert_eq!(refusal(missing, 400).await, "invalid_request");
    form.push(("state", "another"));
    let other = client.post("/token", &form).await;
    assert_eq!(refusal(other, 400).await, "invalid_grant");
    form.last_mut().unwrap().1 = "the state";
    json(client.post("/token", &form).await, 200).await;
}

#[tokio::test]
async fn json_is_taken_and_forms_are_not() {
    let (_running, client) = acting(Quirks {
        json_bodies: true,
        ..Quirks::default()
    });
    let code = code(&client).await;
    assert_eq!(
        refusal(client.exchange(&code).await, 400).await,
        "invalid_request"
    );
    for bad in [json!([]), json!("code"), json!({"code": 7})] {
        let refused = client.post_json("/token", &bad).await;
        assert!(refused.status().is_client_error(), "{bad}");
    }
    let mut form = exchange_form(&code);
    form.push(("client_id", "keyfob"));
    let body: serde_json::Map<String, Value> = form
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    json(client.post_json("/token", &Value::Object(body)).await, 200).await;
}

#[tokio::test]
async fn headers_are_demanded() {
    let (_running, client) = acting(Quirks {
        token_headers: pairs(&[("Notion-Version", "2026-03-11")]),
        ..Quirks::default()
    });
    let code = code(&client).await;
    let mut form = exchange_form(&code);
    form.push(("client_id", "keyfob"));
    let send = |path: &str, version: &str, form: &[(&str, &str)]| {
        let request = client.request(Method::POST, path);
        request.header("notion-version", version).form(form).send()
    };
    let bare = client.post("/token", &form).await;
    assert_eq!(refusal(bare, 400).await, "invalid_request");
    let old = send("/token", "2022-01-01", &form).await.unwrap();
    assert_eq!(refusal(old, 400).await, "invalid_request");
    let tokens = send("/token", "2026-03-11", &form).await.unwrap();
    let tokens = json(tokens, 200).await;
    assert_eq!(client.revoke(&tokens["refresh_token"]).await.status(), 400);
    let form = [
        ("token", tokens["refresh_token"].as_str().unwrap()),
        ("client_id", "keyfob"),
    ];
    assert_eq!(
        send("/revoke", "2026-03-11", &form).await.unwrap().status(),
        200
    );
}

/// Sends an exchange in each of the four ways, and gives the statuses: bare, Basic with the secret, the
/// secret in the body, Basic with an empty password.
async fn ways(client: &Client) -> [u16; 4] {
    let send = async |basic: Option<&str>, further: &[(&str, &str)]| {
        let code = code(client).await;
        let mut form = exchange_form(&code);
        form.extend(further);
        let request = client.request(Method::POST, "/token").form(&form);
        let request = match basic {
            Some(secret) => request.basic_auth("keyfob", Some(secret)),
            None => request,
        };
        let answer: Response = request.send().await.unwrap();
        answer.status().as_u16()
    };
    let id = ("client_id", "keyfob");
    [
        send(None, &[id]).await,
        send(Some("hush"), &[]).await,
        send(None, &[id, ("client_secret", "hush")]).await,
        send(Some(""), &[]).await,
    ]
}

#[tokio::test]
async fn the_built_in_client_authenticates_in_one_way() {
    for (secret, client_auth, expected) in [
        (None, None, [200, 401, 401, 401]),
        (Some("hush"), None, [401, 200, 401, 401]),
        (
            Some("hush"),
            Some(AuthMethod::ClientSecretBasic),
            [401, 200, 401, 401],
        ),
        (
            Some("hush"),
            Some(AuthMethod::ClientSecretPost),
            [401, 401, 200, 401],
        ),
        (
            None,
            Some(AuthMethod::BasicWithoutSecret),
            [401, 401, 401, 200],
        ),
        (
            Some("other"),
            Some(AuthMethod::ClientSecretPost),
            [401, 401, 401, 401],
        ),
    ] {
        let (_running, client) = started(Options {
            approve: Some("ada".into()),
            client_secret: secret.map(Secret::new),
            quirks: Quirks {
                client_auth,
                ..Quirks::default()
            },
            ..Options::default()
        });
        assert_eq!(ways(&client).await, expected, "{secret:?} {client_auth:?}");
    }
}

#[tokio::test]
async fn a_device_may_need_no_secret_where_a_browser_does() {
    let (_running, client) = started(Options {
        approve: Some("ada".into()),
        client_secret: Some(Secret::new("hush")),
        device_interval: 0,
        quirks: Quirks {
            client_auth: Some(AuthMethod::ClientSecretPost),
            device_client_auth: Some(AuthMethod::None),
            ..Quirks::default()
        },
        ..Options::default()
    });
    assert_eq!(ways(&client).await, [401, 401, 200, 401]);
    let codes = client.device("openid").await;
    client.poll(&codes["device_code"], &[]).await;
    let tokens = json(client.poll(&codes["device_code"], &[]).await, 200).await;
    json(client.refresh(&tokens["refresh_token"]).await, 200).await;
    let secret = [("client_secret", "hush")];
    let codes = client.device("openid").await;
    let refused = client.poll(&codes["device_code"], &secret).await;
    assert_eq!(refusal(refused, 401).await, "invalid_client");
}
