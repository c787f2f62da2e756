//! The authorization request and its response.

use std::collections::HashMap;

use keyfob_sandbox::{Options, Quirks};
use serde_json::json;

use super::{acting, pairs};
use crate::started;
use keyfob_testkit::client::{Client, REDIRECT_URI, VERIFIER, asked, challenge, json, landed};

/// A good request with some parameters replaced, added or, by an empty value, left out.
async fn ask(client: &Client, changes: &[(&str, &str)]) -> reqwest::Response {
    let challenge = challenge();
    let mut query = asked("openid", &challenge);
    query.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    query.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    client.get("/authorize", &query).await
}

async fn back(client: &Client, changes: &[(&str, &str)]) -> HashMap<String, String> {
    landed(&ask(client, changes).await)
}

#[tokio::test]
async fn scopes_are_separated_and_named_otherwise() {
    let (_running, client) = acting(Quirks {
        scope_separator: Some(",".into()),
        scope_parameter: Some("user_scope".into()),
        ..Quirks::default()
    });
    let good = [("scope", "write"), ("user_scope", "openid,read")];
    let code = back(&client, &good).await["code"].clone();
    let tokens = json(client.exchange(&code).await, 200).await;
    assert_eq!(tokens["scope"], "openid read", "`scope` is not looked at");
    let standard = back(&client, &[("user_scope", "openid read")]).await;
    assert_eq!(standard["error"], "invalid_scope");
}

#[tokio::test]
async fn parameters_are_demanded_by_a_page() {
    let (_running, client) = acting(Quirks {
        required_parameters: pairs(&[("duration", "permanent"), ("owner", "user")]),
        ..Quirks::default()
    });
    for bad in [
        &[("duration", "permanent")][..],
        &[("duration", "temporary"), ("owner", "user")],
    ] {
        let page = ask(&client, bad).await;
        assert_eq!(page.status(), 400);
        assert!(page.text().await.unwrap().contains("<h1>"));
    }
    let good = [("duration", "permanent"), ("owner", "user")];
    assert!(back(&client, &good).await.contains_key("code"));
}

#[tokio::test]
async fn the_expected_person_and_another_are_named_otherwise() {
    let (running, client) = started(Options {
        quirks: Quirks {
            login_hint_parameter: Some("login".into()),
            switch_parameters: pairs(&[("force_verify", "true")]),
            ..Quirks::default()
        },
        ..Options::default()
    });
    let page = async |changes: &[(&str, &str)]| ask(&client, changes).await.text().await.unwrap();
    let chosen = |person: &str| format!("value=\"{person}\" required checked");
    assert!(page(&[("login", "grace")]).await.contains(&chosen("1002")));
    assert!(
        page(&[("login_hint", "grace")])
            .await
            .contains(&chosen("1001"))
    );
    let switched = page(&[("force_verify", "true"), ("login", "grace")]).await;
    assert!(
        !switched.contains(" checked"),
        "nobody is chosen beforehand"
    );
    let standard = page(&[("prompt", "select_account")]).await;
    assert!(standard.contains(&chosen("1001")));
    let last = running.recorded().pop().unwrap();
    assert_eq!(last.get("prompt"), Some("select_account"));
}

#[tokio::test]
async fn redirect_uris_have_one_host_and_few_ports() {
    let (_running, client) = acting(Quirks {
        redirect_host: Some("localhost".into()),
        redirect_ports: vec![4711, 4712],
        ..Quirks::default()
    });
    for (uri, status) in [
        ("http://localhost:4711/callback/a", 303),
        ("http://localhost:4712/callback/a", 303),
        ("http://localhost:4713/callback/a", 400),
        ("http://localhost/callback/a", 400),
        (REDIRECT_URI, 400),
    ] {
        let answer = ask(&client, &[("redirect_uri", uri)]).await;
        assert_eq!(answer.status(), status, "{uri}");
    }
}

#[tokio::test]
async fn a_scheme_of_its_own_takes_the_place_of_loopback() {
    let (_running, client) = acting(Quirks {
        redirect_scheme: Some("practice+abc".into()),
        ..Quirks::default()
    });
    assert_eq!(ask(&client, &[]).await.status(), 400);
    let uri = "practice+abc://signed-in/keyfob";
    let answer = ask(&client, &[("redirect_uri", uri)]).await;
    let to = answer.headers()["location"].to_str().unwrap();
    assert!(to.starts_with(&format!("{uri}?code=sandbox_code_")), "{to}");
}

#[tokio::test]
async fn a_page_shows_the_code_for_copying() {
    for bare in [false, true] {
        let (running, client) = acting(Quirks {
            shows_bare_code: bare,
            ..Quirks::default()
        });
        let uri = format!("{}/callback/code", running.base());
        let sent = ask(&client, &[("redirect_uri", &uri), ("state", "s/1")]).await;
        let to = sent.headers()["location"].to_str().unwrap();
        let path = to.strip_prefix(&client.base).unwrap();
        let page = client.get(path, &[]).await;
        assert_eq!(page.status(), 200);
        let html = page.text().await.unwrap();
        let (_, shown) = html.split_once("<code id=\"code\">").unwrap();
        let shown = shown.split('<').next().unwrap();
        let (code, state) = shown.split_once('#').unwrap_or((shown, ""));
        assert_eq!(state, if bare { "" } else { "s/1" });
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &uri),
            ("client_id", "keyfob"),
            ("code_verifier", VERIFIER),
        ];
        json(client.post("/token", &form).await, 200).await;
        let hostile = [("code", "<script>"), ("state", "<b>")];
        let page = client.get("/callback/code", &hostile).await;
        assert!(page.text().await.unwrap().contains("&lt;script&gt;"));
    }
}

#[tokio::test]
async fn iss_is_left_out_announced_or_not() {
    let (_running, client) = acting(Quirks {
        iss_omitted: true,
        ..Quirks::default()
    });
    let landed = back(&client, &[]).await;
    assert!(landed.contains_key("code") && !landed.contains_key("iss"));
    assert_eq!(landed["state"], "the state");
    let announced = "authorization_response_iss_parameter_supported";
    let path = "/.well-known/oauth-authorization-server";
    let metadata = json(client.get(path, &[]).await, 200).await;
    assert_eq!(metadata[announced], true);

    let (_running, client) = acting(Quirks {
        iss_unannounced: true,
        ..Quirks::default()
    });
    assert!(back(&client, &[]).await.contains_key("iss"));
    let metadata = json(client.get(path, &[]).await, 200).await;
    assert!(metadata.get(announced).is_none());
}

#[tokio::test]
async fn the_metadata_names_a_template_of_the_issuer() {
    let (_running, client) = started(Options {
        approve: Some("ada".into()),
        issuer: Some("http://issuer.invalid/T1/v2".into()),
        quirks: Quirks {
            issuer_template: Some("http://issuer.invalid/{tid}/v2".into()),
            tenant: Some("T1".into()),
            ..Quirks::default()
        },
        ..Options::default()
    });
    let path = "/.well-known/openid-configuration";
    let metadata = json(client.get(path, &[]).await, 200).await;
    assert_eq!(metadata["issuer"], "http://issuer.invalid/{tid}/v2");
    let tokens = client.sign_in("openid").await;
    let claims = crate::claims(&tokens["id_token"]);
    assert_eq!(claims["iss"], "http://issuer.invalid/T1/v2");
    assert_eq!(claims["tid"], "T1");
    let said = json(client.userinfo(&tokens["access_token"]).await, 200).await;
    assert_eq!(said, json!({"sub": "1001", "tid": "T1"}));
}
