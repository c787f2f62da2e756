//! The practice provider, driven over HTTP from outside.

mod device;
mod pushed;
mod quirks;
mod registration;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyfob_sandbox::{Options, Running, start};
use keyfob_testkit::client::{Client, VERIFIER, asked, challenge, json, landed, refusal};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

/// A sandbox that approves everything as Ada, and its client.
fn approving() -> (Running, Client) {
    started(Options {
        approve: Some("ada".into()),
        ..Options::default()
    })
}

fn started(options: Options) -> (Running, Client) {
    let running = start(options).unwrap();
    let client = Client::new(running.base());
    (running, client)
}

/// What an id token says; who signed it is another test's question.
fn claims(id_token: &Value) -> Value {
    let claims = id_token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// Sends octets as they are, and gives the answer's first line.
fn raw(running: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(running.base().strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8(answer.to_vec()).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_and_the_token_says_who() {
    let (running, client) = approving();
    let landed = client
        .authorize("openid profile email offline_access")
        .await;
    assert_eq!(landed["state"], "the state");
    assert_eq!(landed["iss"], running.issuer());

    let tokens = json(client.exchange(&landed["code"]).await, 200).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "openid profile email offline_access");

    let claims = json(client.userinfo(&tokens["access_token"]).await, 200).await;
    assert_eq!(claims["sub"], "1001");
    assert_eq!(claims["preferred_username"], "ada");
    assert_eq!(claims["email"], "ada@sandbox.example");
    assert_eq!(claims["organizations"], json!(["engines"]));
}

#[tokio::test]
async fn pkce_cannot_be_left_out_weakened_or_guessed() {
    let (_running, client) = approving();
    let challenge = challenge();
    let without = |name: &str| -> Vec<(&str, &str)> {
        let asked = asked("openid", &challenge);
        asked.into_iter().filter(|(key, _)| *key != name).collect()
    };
    let mut plain = without("code_challenge_method");
    plain.push(("code_challenge_method", "plain"));
    for query in [
        without("code_challenge"),
        without("code_challenge_method"),
        plain,
    ] {
        let landed = landed(&client.get("/authorize", &query).await);
        assert_eq!(landed["error"], "invalid_request");
        assert_eq!(landed["state"], "the state");
        assert!(landed.contains_key("iss") && !landed.contains_key("code"));
    }
    let code = client.authorize("openid").await["code"].clone();
    let wrong = VERIFIER.replace('a', "b");
    let refused = client.exchange_with(&code, &wrong).await;
    assert_eq!(refusal(refused, 400).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_used_twice_takes_everything_back() {
    let (_running, client) = approving();
    let code = client.authorize("openid").await["code"].clone();
    let tokens = json(client.exchange(&code).await, 200).await;
    assert_eq!(
        refusal(client.exchange(&code).await, 400).await,
        "invalid_grant"
    );
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 401);
    let refused = client.refresh(&tokens["refresh_token"]).await;
    assert_eq!(refusal(refused, 400).await, "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_family() {
    let (_running, client) = approving();
    let first = client.sign_in("openid").await;
    let second = json(client.refresh(&first["refresh_token"]).await, 200).await;
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(client.userinfo(&second["access_token"]).await.status(), 200);

    let reused = client.refresh(&first["refresh_token"]).await;
    assert_eq!(refusal(reused, 400).await, "invalid_grant");
    let latest = client.refresh(&second["refresh_token"]).await;
    assert_eq!(refusal(latest, 400).await, "invalid_grant");
    assert_eq!(client.userinfo(&second["access_token"]).await.status(), 401);
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_wins() {
    let (_running, client) = approving();
    let tokens = client.sign_in("openid").await;
    let token = &tokens["refresh_token"];
    let (a, b, c) = tokio::join!(
        client.refresh(token),
        client.refresh(token),
        client.refresh(token)
    );
    let won = [a, b, c]
        .iter()
        .filter(|answer| answer.status() == 200)
        .count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn revocation_takes_a_family_or_one_token() {
    let (_running, client) = approving();
    let tokens = client.sign_in("openid").await;
    assert_eq!(client.revoke(&tokens["access_token"]).await.status(), 200);
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 401);
    let tokens = json(client.refresh(&tokens["refresh_token"]).await, 200).await;
    assert_eq!(client.revoke(&tokens["refresh_token"]).await.status(), 200);
    assert_eq!(client.userinfo(&tokens["access_token"]).await.status(), 401);
    assert_eq!(client.revoke(&json!("never issued")).await.status(), 200);
}

#[tokio::test]
async fn userinfo_challenges_whoever_has_no_good_token() {
    let (_running, client) = approving();
    let bare = client.get("/userinfo", &[]).await;
    assert_eq!(bare.status(), 401);
    assert_eq!(
        bare.headers()["www-authenticate"],
        "Bearer realm=\"sandbox\""
    );
    let bad = client.userinfo(&json!("sandbox_guess")).await;
    let challenge = bad.headers()["www-authenticate"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert_eq!(refusal(bad, 401).await, "invalid_token");
}

#[tokio::test]
async fn the_id_token_verifies_against_the_published_key() {
    let (running, client) = approving();
    let tokens = client.sign_in("openid profile").await;
    let metadata = json(
        client.get("/.well-known/openid-configuration", &[]).await,
        200,
    )
    .await;
    assert_eq!(metadata["jwks_uri"], format!("{}/jwks", running.base()));
    let keys = json(client.get("/jwks", &[]).await, 200).await;
    let key = &keys["keys"][0];

    let token = tokens["id_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (x, y) = (
        decode(key["x"].as_str().unwrap()),
        decode(key["y"].as_str().unwrap()),
    );
    let point = [vec![4], x, y].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();

    let parts: Vec<Value> = signed
        .split('.')
        .map(|part| serde_json::from_slice(&decode(part)).unwrap())
        .collect();
    assert_eq!(
        (&parts[0]["alg"], &parts[0]["kid"]),
        (&json!("ES256"), &key["kid"])
    );
    assert_eq!(parts[1]["iss"], running.issuer());
    assert_eq!(parts[1]["aud"], "keyfob");
    assert_eq!(parts[1]["nonce"], "the nonce");
    assert_eq!(parts[1]["sub"], "1001");
}

#[tokio::test]
async fn the_metadata_names_what_is_there() {
    let (running, client) = started(Options {
        issuer: Some("http://sandbox.invalid".into()),
        ..Options::default()
    });
    let openid = json(
        client.get("/.well-known/openid-configuration", &[]).await,
        200,
    )
    .await;
    let oauth = json(
        client
            .get("/.well-known/oauth-authorization-server", &[])
            .await,
        200,
    )
    .await;
    assert_eq!(openid, oauth);
    assert_eq!(openid["issuer"], "http://sandbox.invalid");
    assert_eq!(openid["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(
        openid["authorization_response_iss_parameter_supported"],
        true
    );
    for (name, endpoint) in openid.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let path = endpoint
                .as_str()
                .unwrap()
                .strip_prefix(running.base())
                .unwrap();
            assert_ne!(client.get(path, &[]).await.status(), 404, "{name}");
        }
    }
}

#[tokio::test]
async fn a_person_is_asked_and_hostile_input_stays_text() {
    let (_running, client) = started(Options::default());
    let metadata = json!({
        "client_name": "</h1><script>alert(1)</script>",
        "redirect_uris": [keyfob_testkit::client::REDIRECT_URI],
        "token_endpoint_auth_method": "none",
    });
    let registered = json(client.post_json("/register", &metadata).await, 201).await;
    let challenge = challenge();
    let mut query = asked("openid read", &challenge);
    query[1] = ("client_id", registered["client_id"].as_str().unwrap());
    query.push(("login_hint", "\"><script>alert(2)</script>"));

    let page = client.get("/authorize", &query).await;
    let headers = page.headers().clone();
    assert_eq!(page.status(), 200);
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cache-control"], "no-store");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:4711"),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");

    let (_, id) = html.split_once("name=\"request\" value=\"").unwrap();
    let id = id.split('"').next().unwrap();
    let form = [("request", id), ("person", "1004"), ("answer", "allow")];
    assert!(landed(&client.post("/consent", &form).await).contains_key("code"));
    assert_eq!(client.post("/consent", &form).await.status(), 400);

    query[1] = ("client_id", "<script>");
    let page = client.get("/authorize", &query).await;
    assert_eq!(page.status(), 400);
    assert!(!page.headers().contains_key("location"));
    assert!(!page.text().await.unwrap().contains("<script"));
}

#[tokio::test]
async fn two_servers_share_one_folder() {
    let home = tempfile::tempdir().unwrap();
    let options = Options {
        approve: Some("grace".into()),
        state: Some(home.path().to_path_buf()),
        issuer: Some("http://sandbox.invalid".into()),
        ..Options::default()
    };
    let (one, here) = started(options.clone());
    let (two, there) = started(options.clone());
    assert_eq!(one.id(), two.id());

    let code = here.authorize("openid").await["code"].clone();
    let first = json(there.exchange(&code).await, 200).await;
    let second = json(here.refresh(&first["refresh_token"]).await, 200).await;
    drop((one, two));

    let (_three, later) = started(options);
    assert_eq!(later.userinfo(&second["access_token"]).await.status(), 200);
    let reused = later.refresh(&first["refresh_token"]).await;
    assert_eq!(refusal(reused, 400).await, "invalid_grant");
    assert_eq!(later.userinfo(&second["access_token"]).await.status(), 401);

    let kept = std::fs::read_to_string(home.path().join("state.json")).unwrap();
    for tokens in [first, second] {
        for name in ["access_token", "refresh_token"] {
            assert!(!kept.contains(tokens[name].as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn a_state_damaged_meanwhile_is_said_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("state.json");
    let (_running, client) = started(Options {
        state: Some(home.path().to_path_buf()),
        ..Options::default()
    });
    std::fs::write(&path, "{").unwrap();
    let answer = json(client.refresh(&json!("sandbox_refresh_x")).await, 500).await;
    assert_eq!(answer["error"], "server_error");
    assert!(
        answer["error_description"]
            .as_str()
            .unwrap()
            .contains("damaged")
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
}

#[tokio::test]
async fn requests_that_are_not_for_us_or_too_large_are_refused() {
    let (running, client) = approving();
    for host in ["evil.example", "127.0.0.1.evil.example:80", ""] {
        let request = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(raw(&running, &request), "HTTP/1.1 421", "{host}");
    }
    assert_eq!(raw(&running, "GET /jwks HTTP/1.1\r\n\r\n"), "HTTP/1.1 421");
    let twice = "GET /jwks HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n";
    assert_eq!(raw(&running, twice), "HTTP/1.1 400");
    let own = "GET /jwks HTTP/1.1\r\nHost: localhost:1\r\n\r\n";
    assert_eq!(raw(&running, own), "HTTP/1.1 200");

    let large = "x".repeat(65 * 1024);
    assert_eq!(
        client.post("/token", &[("code", &large)]).await.status(),
        413
    );
    assert_eq!(
        client
            .get("/authorize", &[("state", &large[..17_000])])
            .await
            .status(),
        414
    );
    assert_eq!(client.get("/nowhere", &[]).await.status(), 404);
    assert_eq!(client.get("/token", &[]).await.status(), 405);
    assert_eq!(
        refusal(client.post_json("/token", &json!({})).await, 400).await,
        "invalid_request"
    );
}

#[tokio::test]
async fn a_body_that_never_comes_keeps_nobody_waiting() {
    let (running, client) = approving();
    let address = running.base().strip_prefix("http://").unwrap();
    let mut silent = TcpStream::connect(address).unwrap();
    silent
        .write_all(b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nx")
        .unwrap();
    assert_eq!(client.get("/jwks", &[]).await.status(), 200);
    drop(running);
}
