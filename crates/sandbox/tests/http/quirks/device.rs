//! Dialects of the device flow.

use keyfob_sandbox::Quirks;
use reqwest::Method;
use serde_json::{Value, json};

use super::{acting, pairs};
use keyfob_testkit::client::{json, refusal};

#[tokio::test]
async fn the_client_may_stand_in_the_query_alone() {
    let (_running, client) = acting(Quirks {
        device_client_id_in_query: true,
        ..Quirks::default()
    });
    let in_body = client
        .post("/device_authorization", &[("client_id", "keyfob")])
        .await;
    assert_eq!(refusal(in_body, 400).await, "invalid_request");
    let path = "/device_authorization?client_id=keyfob";
    json(client.post(path, &[("scope", "read")]).await, 200).await;
}

#[tokio::test]
async fn scopes_have_another_name_in_request_and_poll() {
    let (_running, client) = acting(Quirks {
        device_scope_parameter: Some("scopes".into()),
        scope_separator: Some(" ".into()),
        ..Quirks::default()
    });
    let form = [
        ("client_id", "keyfob"),
        ("scopes", "openid read"),
        ("scope", "write"),
    ];
    let codes = json(client.post("/device_authorization", &form).await, 200).await;
    let code = &codes["device_code"];
    let bare = client.poll(code, &[]).await;
    assert_eq!(refusal(bare, 400).await, "invalid_request");
    let scopes = [("scopes", "openid read")];
    let first = client.poll(code, &scopes).await;
    assert_eq!(refusal(first, 400).await, "authorization_pending");
    let tokens = json(client.poll(code, &scopes).await, 200).await;
    assert_eq!(tokens["scope"], "openid read");
}

#[tokio::test]
async fn parameters_are_demanded() {
    let (running, client) = acting(Quirks {
        device_parameters: pairs(&[("response_type", "device_code")]),
        ..Quirks::default()
    });
    let mut form = vec![("client_id", "keyfob")];
    let bare = client.post("/device_authorization", &form).await;
    assert_eq!(refusal(bare, 400).await, "invalid_request");
    form.push(("response_type", "device_code"));
    json(client.post("/device_authorization", &form).await, 200).await;
    let last = running.recorded().pop().unwrap();
    assert_eq!(last.get("response_type"), Some("device_code"));
}

#[tokio::test]
async fn the_answer_is_written_otherwise() {
    let (_running, client) = acting(Quirks {
        verification_uri_member: Some("verification_url".into()),
        device_numbers_as_strings: true,
        ..Quirks::default()
    });
    let codes = client.device("read").await;
    assert_eq!(codes["verification_uri"], Value::Null);
    assert_eq!(codes["verification_url"], format!("{}/device", client.base));
    assert_eq!(
        (&codes["interval"], &codes["expires_in"]),
        (&json!("0"), &json!("300"))
    );

    let (_running, client) = acting(Quirks {
        verification_uri_omitted: true,
        ..Quirks::default()
    });
    let codes = client.device("read").await;
    let members: Vec<&String> = codes.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["device_code", "expires_in", "interval", "user_code"]
    );
}

#[tokio::test]
async fn polls_are_refused_in_other_words_and_places() {
    let (_running, client) = acting(Quirks {
        device_error_member: Some("message".into()),
        device_error_words: pairs(&[("invalid_grant", "bad_verification_code")]),
        ..Quirks::default()
    });
    let codes = client.device("read").await;
    let pending = json(client.poll(&codes["device_code"], &[]).await, 400).await;
    assert_eq!(pending["message"], "authorization_pending");
    assert_eq!(
        (&pending["status"], &pending["error"]),
        (&json!(400), &Value::Null)
    );
    let unknown = json(client.poll(&json!("x"), &[]).await, 400).await;
    assert_eq!(unknown["message"], "bad_verification_code");
    let code = client.exchange("x").await;
    assert_eq!(
        refusal(code, 400).await,
        "invalid_grant",
        "codes are not polls"
    );
}

#[tokio::test]
async fn pending_may_be_a_status_alone() {
    let (_running, client) = acting(Quirks {
        device_pending_status: Some(428),
        ..Quirks::default()
    });
    let codes = client.device("read").await;
    let pending = json(client.poll(&codes["device_code"], &[]).await, 428).await;
    assert_eq!(pending, json!({}));
    json(client.poll(&codes["device_code"], &[]).await, 200).await;
}

#[tokio::test]
async fn a_device_may_get_a_code_and_the_verifier_made_for_it() {
    let (_running, client) = acting(Quirks {
        device_by_code: true,
        ..Quirks::default()
    });
    let path = |name: &str| format!("/device_authorization/{name}");
    let asked = json!({"client_id": "keyfob", "scope": "openid email"});
    let standard = client
        .post("/device_authorization", &[("client_id", "keyfob")])
        .await;
    assert_eq!(standard.status(), 404);
    let codes = json(client.post_json(&path("usercode"), &asked).await, 200).await;
    assert_eq!(codes["interval"], "0");
    assert_eq!(codes["verification_uri"], Value::Null);
    let poll = json!({"device_auth_id": codes["device_auth_id"], "user_code": codes["user_code"]});
    let pending = json(client.post_json(&path("token"), &poll).await, 403).await;
    assert_eq!(pending, json!({}));
    let given = json(client.post_json(&path("token"), &poll).await, 200).await;
    let member = |name: &str| given[name].as_str().unwrap().to_owned();
    let redirect_uri = format!("{}{}", client.base, path("callback"));
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", member("authorization_code")),
        ("redirect_uri", redirect_uri),
        ("client_id", "keyfob".to_owned()),
        ("code_verifier", member("code_verifier")),
    ];
    let request = client.request(Method::POST, "/token").form(&form);
    let tokens = json(request.send().await.unwrap(), 200).await;
    assert_eq!(tokens["scope"], "openid email");

    let again = client.post_json(&path("token"), &poll).await;
    assert_eq!(refusal(again, 400).await, "invalid_grant");
    let form = client
        .post(&path("usercode"), &[("client_id", "keyfob")])
        .await;
    assert_eq!(refusal(form, 400).await, "invalid_request");
    let (_running, standard) = acting(Quirks::default());
    let nothing = standard.post_json(&path("usercode"), &asked).await;
    assert_eq!(nothing.status(), 404);
}
