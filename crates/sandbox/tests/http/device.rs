//! The device flow (RFC 8628), with the person's browser on another machine.

use keyfob_sandbox::Options;
use serde_json::json;

use crate::started;
use keyfob_testkit::client::{Client, DEVICE_CODE, json, refusal};

/// The one-time id in a page.
fn page_id(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"request\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn page(client: &Client, address: &str) -> String {
    let path = address.strip_prefix(&client.base).unwrap();
    let page = client.get(path, &[]).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self'"));
    assert_eq!(page.headers()["x-frame-options"], "DENY");
    page.text().await.unwrap()
}

/// No pace to keep, so that nothing has to wait.
fn hurried() -> Options {
    Options {
        device_interval: 0,
        ..Options::default()
    }
}

#[tokio::test]
async fn a_person_types_the_code_and_the_device_is_signed_in_elsewhere() {
    let home = tempfile::tempdir().unwrap();
    let options = Options {
        state: Some(home.path().to_path_buf()),
        ..hurried()
    };
    let (_one, device) = started(options.clone());
    let codes = device.device("openid profile").await;
    let code = codes["user_code"].as_str().unwrap();
    let waiting = device.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(waiting, 400).await, "authorization_pending");

    let (_two, browser) = started(options);
    let entry = page(&browser, &format!("{}/device", browser.base)).await;
    assert!(entry.contains("name=\"user_code\"") && !entry.contains("value=\"1001\""));
    let typed = code.to_lowercase().replace('-', "");
    let asks = page(
        &browser,
        &format!("{}/device?user_code={typed}", browser.base),
    )
    .await;
    assert!(asks.contains(code), "the code to compare: {asks}");
    assert!(asks.contains("<b>keyfob</b>") && asks.contains("<code>profile</code>"));
    assert!(!asks.contains("<code>write</code>"));
    let id = page_id(&asks);
    let form = [
        ("request", id.as_str()),
        ("answer", "allow"),
        ("person", "1003"),
    ];
    assert_eq!(browser.post("/device", &form).await.status(), 200);
    assert_eq!(browser.post("/device", &form).await.status(), 400);

    let tokens = json(device.poll(&codes["device_code"], &[]).await, 200).await;
    let who = json(device.userinfo(&tokens["access_token"]).await, 200).await;
    assert_eq!(who["preferred_username"], "alan");
    assert!(tokens["id_token"].is_string());
    let again = device.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(again, 400).await, "invalid_grant");
    json(device.refresh(&tokens["refresh_token"]).await, 200).await;
}

#[tokio::test]
async fn a_person_says_no() {
    let (_running, client) = started(hurried());
    let codes = client.device("read").await;
    let complete = codes["verification_uri_complete"].as_str().unwrap();
    let id = page_id(&page(&client, complete).await);
    let form = [("request", id.as_str()), ("answer", "deny")];
    assert_eq!(client.post("/device", &form).await.status(), 200);
    let denied = client.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(denied, 400).await, "access_denied");
}

#[tokio::test]
async fn a_hasty_device_is_slowed_down_and_a_late_one_told_so() {
    let (_running, client) = started(Options {
        device_interval: 3600,
        ..Options::default()
    });
    let codes = client.device("read").await;
    assert_eq!(
        (&codes["interval"], &codes["expires_in"]),
        (&json!(3600), &json!(300))
    );
    let first = client.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(first, 400).await, "authorization_pending");
    let second = client.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(second, 400).await, "slow_down");

    let (_running, client) = started(Options {
        device_lifetime: 0,
        ..hurried()
    });
    let codes = client.device("read").await;
    let late = client.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(late, 400).await, "expired_token");
}

#[tokio::test]
async fn an_approver_answers_the_second_poll() {
    let (_running, client) = started(Options {
        approve: Some("grace".into()),
        ..hurried()
    });
    let codes = client.device("openid").await;
    let first = client.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(first, 400).await, "authorization_pending");
    let tokens = json(client.poll(&codes["device_code"], &[]).await, 200).await;
    let who = json(client.userinfo(&tokens["access_token"]).await, 200).await;
    assert_eq!(who["sub"], "1002");
}

#[tokio::test]
async fn codes_cannot_be_guessed_for_long_and_hostile_ones_stay_text() {
    let (_running, client) = started(hurried());
    let codes = client.device("read").await;
    let hostile = [("user_code", "\"><script>alert(1)</script>")];
    let page = client.get("/device", &hostile).await;
    assert_eq!(page.status(), 404);
    assert!(!page.text().await.unwrap().contains("<script"));
    for _ in 0..9 {
        let wrong = client.get("/device", &[("user_code", "BCDF-GHJK")]).await;
        assert_eq!(wrong.status(), 404);
    }
    let right = [("user_code", codes["user_code"].as_str().unwrap())];
    assert_eq!(client.get("/device", &right).await.status(), 429);
}

#[tokio::test]
async fn only_clients_that_asked_for_the_grant_use_it() {
    let (_running, client) = started(hurried());
    let metadata = json!({
        "redirect_uris": [keyfob_testkit::client::REDIRECT_URI], "token_endpoint_auth_method": "none",
    });
    let registered = client.register(&metadata).await;
    let id = registered["client_id"].as_str().unwrap();
    let refused = client
        .post("/device_authorization", &[("client_id", id)])
        .await;
    assert_eq!(refusal(refused, 400).await, "unauthorized_client");
    let form = [
        ("grant_type", DEVICE_CODE),
        ("device_code", "x"),
        ("client_id", id),
    ];
    let refused = client.post("/token", &form).await;
    assert_eq!(refusal(refused, 400).await, "unauthorized_client");

    let metadata = json!({
        "grant_types": [DEVICE_CODE], "token_endpoint_auth_method": "none",
        "client_name": "Television",
    });
    let registered = client.register(&metadata).await;
    let id = registered["client_id"].as_str().unwrap();
    let answer = client
        .post("/device_authorization", &[("client_id", id)])
        .await;
    let codes = json(answer, 200).await;
    let complete = codes["verification_uri_complete"].as_str().unwrap();
    assert!(page(&client, complete).await.contains("<b>Television</b>"));
    let stolen = client.poll(&codes["device_code"], &[]).await;
    assert_eq!(refusal(stolen, 400).await, "invalid_grant");
}
