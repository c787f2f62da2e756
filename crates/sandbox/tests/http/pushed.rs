//! Pushed requests (RFC 9126), and what tokens are for (RFC 8707).

use keyfob_sandbox::Options;
use serde_json::json;

use crate::{approving, started};
use keyfob_testkit::client::{REDIRECT_URI, VERIFIER, asked, challenge, json, landed, refusal};

#[tokio::test]
async fn a_pushed_request_is_opened_in_another_process() {
    let home = tempfile::tempdir().unwrap();
    let options = Options {
        approve: Some("ada".into()),
        state: Some(home.path().to_path_buf()),
        require_pushed_requests: true,
        ..Options::default()
    };
    let (one, here) = started(options.clone());
    let challenge = challenge();
    let pushed = json(here.post("/par", &asked("openid", &challenge)).await, 201).await;
    let uri = pushed["request_uri"].as_str().unwrap();
    drop(one);
    let kept = std::fs::read_to_string(home.path().join("state.json")).unwrap();
    assert!(!kept.contains(uri.rsplit(':').next().unwrap()));

    let (running, there) = started(options);
    let query = [("client_id", "keyfob"), ("request_uri", uri)];
    let back = landed(&there.get("/authorize", &query).await);
    assert_eq!(back["state"], "the state");
    json(there.exchange(&back["code"]).await, 200).await;
    assert_eq!(there.get("/authorize", &query).await.status(), 400);

    let paths: Vec<String> = running
        .recorded()
        .into_iter()
        .map(|asked| asked.path)
        .collect();
    assert_eq!(paths, ["/authorize", "/authorize"]);
    assert_eq!(running.recorded()[0].get("request_uri"), Some(uri));
}

#[tokio::test]
async fn a_confidential_client_pushes_with_its_secret() {
    let (running, client) = approving();
    let metadata = json!({
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "client_secret_post",
    });
    let registered = client.register(&metadata).await;
    let challenge = challenge();
    let mut form = asked("openid", &challenge);
    form[1] = ("client_id", registered["client_id"].as_str().unwrap());
    let bare = client.post("/par", &form).await;
    assert_eq!(refusal(bare, 401).await, "invalid_client");
    form.push((
        "client_secret",
        registered["client_secret"].as_str().unwrap(),
    ));
    json(client.post("/par", &form).await, 201).await;
    let recorded = format!("{:?}", running.recorded());
    assert!(
        recorded.contains("code_challenge") && !recorded.contains("secret"),
        "{recorded}"
    );
}

#[tokio::test]
async fn a_token_is_for_the_resources_that_were_asked_for() {
    let (_running, client) = approving();
    let challenge = challenge();
    let mut query = asked("openid", &challenge);
    query.extend([
        ("resource", "https://a.example/api"),
        ("resource", "urn:b"),
        ("audience", "the api"),
    ]);
    let code = landed(&client.get("/authorize", &query).await)["code"].clone();
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", "keyfob"),
        ("code_verifier", VERIFIER),
        ("resource", "urn:c"),
    ];
    let other = client.post("/token", &form).await;
    assert_eq!(refusal(other, 400).await, "invalid_target");
    form[5].1 = "urn:b";
    let tokens = json(client.post("/token", &form).await, 200).await;
    let said = client.introspect(&tokens["access_token"]).await;
    assert_eq!(
        (&said["active"], &said["aud"]),
        (&json!(true), &json!(["urn:b"]))
    );
    let tokens = json(client.refresh(&tokens["refresh_token"]).await, 200).await;
    let said = client.introspect(&tokens["access_token"]).await;
    assert_eq!(
        said["aud"],
        json!(["https://a.example/api", "urn:b", "the api"])
    );

    query[8].1 = "no-uri";
    let refused = landed(&client.get("/authorize", &query).await);
    assert_eq!(refused["error"], "invalid_target");
}
