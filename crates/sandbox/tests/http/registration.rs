//! Registration (RFC 7591), its management (RFC 7592), clients that act for themselves, and clients known by
//! a document.

use keyfob_sandbox::{Options, Quirks};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{approving, started};
use keyfob_testkit::client::{self, Client, VERIFIER, asked, challenge, json, landed, refusal};

#[tokio::test]
async fn a_registered_client_signs_in_with_its_secret() {
    let (_running, client) = approving();
    let metadata = json!({
        "client_name": "a test",
        "redirect_uris": [client::REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let registered = json(client.post_json("/register", &metadata).await, 201).await;
    let id = registered["client_id"].as_str().unwrap();
    let secret = registered["client_secret"].as_str().unwrap();

    let challenge = challenge();
    let mut query = asked("openid", &challenge);
    query[1] = ("client_id", id);
    let code = landed(&client.get("/authorize", &query).await)["code"].clone();
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", client::REDIRECT_URI),
        ("client_id", id),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(
        refusal(client.post("/token", &form).await, 401).await,
        "invalid_client"
    );
    form.push(("client_secret", secret));
    json(client.post("/token", &form).await, 200).await;
}

/// A client that acts for itself.
async fn machine(client: &Client) -> (String, String) {
    let metadata = json!({"grant_types": ["client_credentials"]});
    let registered = client.register(&metadata).await;
    assert_eq!(registered["grant_types"], json!(["client_credentials"]));
    let member = |name: &str| registered[name].as_str().unwrap().to_owned();
    (member("client_id"), member("client_secret"))
}

async fn own_token(
    client: &Client,
    (id, secret): (&str, &str),
    further: &[(&str, &str)],
) -> reqwest::Response {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(further);
    let request = client.request(Method::POST, "/token");
    let request = request.basic_auth(id, Some(secret)).form(&form);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_machine_gets_tokens_of_its_own_and_nothing_to_refresh() {
    let (_running, client) = started(Options::default());
    let (id, secret) = machine(&client).await;
    let scope = [("scope", "read"), ("resource", "https://api.example/")];
    let tokens = json(own_token(&client, (&id, &secret), &scope).await, 200).await;
    assert_eq!(tokens["scope"], "read");
    assert_eq!(tokens["refresh_token"], Value::Null);
    assert_eq!(tokens["id_token"], Value::Null);
    let nobody = client.userinfo(&tokens["access_token"]).await;
    assert_eq!(refusal(nobody, 403).await, "insufficient_scope");

    let form = [("token", tokens["access_token"].as_str().unwrap())];
    let request = client.request(Method::POST, "/introspect");
    let request = request.basic_auth(&id, Some(&secret)).form(&form);
    let known = json(request.send().await.unwrap(), 200).await;
    assert_eq!(known["sub"], *id);
    assert_eq!(known["aud"], json!(["https://api.example/"]));
    let stranger = client.introspect(&tokens["access_token"]).await;
    assert_eq!(stranger, json!({"active": false}));

    let person = own_token(&client, (&id, &secret), &[("scope", "openid")]).await;
    assert_eq!(refusal(person, 400).await, "invalid_scope");
    let wrong = own_token(&client, (&id, "wrong"), &[]).await;
    assert_eq!(refusal(wrong, 401).await, "invalid_client");
}

#[tokio::test]
async fn nobody_acts_for_themselves_without_a_secret() {
    let (_running, client) = started(Options::default());
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "keyfob"),
    ];
    let public = client.post("/token", &form).await;
    assert_eq!(refusal(public, 400).await, "unauthorized_client");
    let metadata = json!({
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none",
    });
    let refused = client.post_json("/register", &metadata).await;
    assert_eq!(refusal(refused, 400).await, "invalid_client_metadata");
}

#[tokio::test]
async fn the_built_in_client_may_have_a_secret() {
    let (_running, client) = started(Options {
        client_secret: Some(keyfob_base::secret::Secret::new("s p+e:c%i")),
        ..Options::default()
    });
    // RFC 6749 §2.3.1: each part is form-encoded before they are joined.
    let tokens = own_token(&client, ("keyfob", "s+p%2Be%3Ac%25i"), &[]).await;
    assert_eq!(json(tokens, 200).await["scope"], "read write");
    let raw = own_token(&client, ("keyfob", "s p+e:c%i"), &[]).await;
    assert_eq!(refusal(raw, 401).await, "invalid_client");
}

#[tokio::test]
async fn a_registration_is_read_and_removed_by_its_own_token() {
    let (running, client) = approving();
    let metadata = json!({
        "redirect_uris": [client::REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let registered = client.register(&metadata).await;
    let id = registered["client_id"].as_str().unwrap();
    let token = registered["registration_access_token"].as_str().unwrap();
    assert_eq!(registered["client_secret_expires_at"], 0);
    let path = format!("/register/{id}");
    assert_eq!(
        registered["registration_client_uri"],
        format!("{}{path}", running.base())
    );
    let manage = |method: Method, token: &str| {
        let request = client.request(method, &path);
        request.bearer_auth(token).send()
    };

    for method in [Method::GET, Method::DELETE] {
        let refused = manage(method, "wrong").await.unwrap();
        assert_eq!(refusal(refused, 401).await, "invalid_token");
    }
    assert_eq!(client.get(&path, &[]).await.status(), 401);
    let mut read = json(manage(Method::GET, token).await.unwrap(), 200).await;
    read["client_secret"] = registered["client_secret"].clone(); // a hash is all that is kept
    assert_eq!(read, registered);

    let challenge = challenge();
    let mut query = asked("openid", &challenge);
    query[1] = ("client_id", id);
    assert!(landed(&client.get("/authorize", &query).await).contains_key("code"));
    assert_eq!(manage(Method::DELETE, token).await.unwrap().status(), 204);
    assert_eq!(client.get("/authorize", &query).await.status(), 400);
    let gone = manage(Method::GET, token).await.unwrap();
    assert_eq!(refusal(gone, 401).await, "invalid_token");
}

#[tokio::test]
async fn what_a_removed_client_held_goes_with_it() {
    let home = tempfile::tempdir().unwrap();
    let (_running, client) = started(Options {
        state: Some(home.path().to_path_buf()),
        ..Options::default()
    });
    let metadata = json!({"grant_types": ["client_credentials"]});
    let registered = client.register(&metadata).await;
    let member = |name: &str| registered[name].as_str().unwrap();
    let own = (member("client_id"), member("client_secret"));
    json(own_token(&client, own, &[]).await, 200).await;
    let kept = || std::fs::read_to_string(home.path().join("state.json")).unwrap();
    assert!(kept().contains(own.0));
    let token = member("registration_access_token");
    assert!(!kept().contains(token) && !kept().contains(own.1));

    let request = client.request(Method::DELETE, &format!("/register/{}", own.0));
    let removed = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    assert!(!kept().contains(own.0), "{}", kept());
    let state: Value = serde_json::from_str(&kept()).unwrap();
    assert_eq!(
        (&state["access_tokens"], &state["grants"]),
        (&json!({}), &json!({}))
    );
}

#[tokio::test]
async fn a_server_may_give_a_secret_unasked_and_one_that_ends() {
    let (_running, client) = started(Options {
        secret_lifetime: Some(0),
        quirks: Quirks {
            registration_gives_secret: true,
            ..Quirks::default()
        },
        ..Options::default()
    });
    let metadata = json!({
        "redirect_uris": [client::REDIRECT_URI], "token_endpoint_auth_method": "none",
    });
    let registered = client.register(&metadata).await;
    assert_eq!(
        registered["token_endpoint_auth_method"],
        "client_secret_post"
    );
    let secret = registered["client_secret"].as_str().unwrap();
    assert!(registered["client_secret_expires_at"].as_u64().unwrap() > 0);
    let id = registered["client_id"].as_str().unwrap();
    let form = [("token", "x"), ("client_id", id), ("client_secret", secret)];
    let answer = json(client.post("/revoke", &form).await, 401).await;
    assert!(
        answer["error_description"]
            .as_str()
            .unwrap()
            .contains("expired")
    );
}

#[tokio::test]
async fn a_document_makes_a_client_without_being_fetched() {
    let document = "https://client.example/metadata.json";
    let (_running, client) = started(Options {
        approve: Some("ada".into()),
        known_documents: vec![document.into()],
        ..Options::default()
    });
    let challenge = challenge();
    let mut query = asked("openid", &challenge);
    query[1] = ("client_id", document);
    let code = landed(&client.get("/authorize", &query).await)["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", client::REDIRECT_URI),
        ("client_id", document),
        ("code_verifier", VERIFIER),
    ];
    json(client.post("/token", &form).await, 200).await;
    query[1] = ("client_id", "https://client.example/metadata.json?");
    assert_eq!(client.get("/authorize", &query).await.status(), 400);
    let metadata = client.get("/.well-known/openid-configuration", &[]).await;
    let metadata = json(metadata, 200).await;
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
}
