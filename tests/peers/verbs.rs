//! `provider add --issuer` and `provider test` against the peer.

use serde_json::{Value, json};

use crate::login::SignIn as _;
use crate::peer::Peer;
use keyfob_testkit::home::Home;

#[track_caller]
fn result(tested: &Value, name: &str) -> (String, String) {
    let checks = tested["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["check"] == name);
    let check = check.unwrap_or_else(|| panic!("no {name} in {tested}"));
    let text = |member: &str| check[member].as_str().expect("text").to_owned();
    (text("result"), text("reason"))
}

#[test]
fn a_provider_is_added_from_its_issuer_and_is_ready_once_it_registered() {
    let Some(peer) = Peer::with(&json!({"par": "offered"})) else {
        return;
    };
    let home = Home::new();
    let added = home
        .run(&[
            "provider",
            "add",
            "cellar",
            "--issuer",
            peer.issuer(),
            "--json",
        ])
        .ok();
    let found = &added.json()["found"];
    assert_eq!(found["pkce_s256"], true);
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "revocation_endpoint",
        "device_authorization_endpoint",
        "registration_endpoint",
    ] {
        let url = found[endpoint].as_str().expect(endpoint);
        assert!(url.starts_with(peer.issuer()), "{url}");
    }
    let tested = home
        .run(&["provider", "test", "cellar", "--json"])
        .ok()
        .json();
    assert_eq!(result(&tested, "client").0, "unknown", "{tested}");

    home.sign_in(&["cellar", "--register"], "julien").ok();
    let tested = home
        .run(&["provider", "test", "cellar", "--json"])
        .ok()
        .json();
    for check in [
        "definition",
        "redirect",
        "metadata",
        "endpoints",
        "pkce",
        "iss",
        "device",
    ] {
        let (result, reason) = result(&tested, check);
        assert_eq!(result, "pass", "{check}: {reason}");
    }
    assert_eq!(result(&tested, "client").0, "pass", "{tested}");
    let unissued = peer.seen("access_token.saved");
    home.run(&["provider", "test", "cellar"]).ok();
    assert_eq!(peer.seen("access_token.saved"), unissued);
    home.run(&["refresh"]).ok();
}

#[test]
fn a_client_that_the_server_does_not_know_fails_the_test() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = Home::new();
    home.provider("peer", &peer.definition("client_id = \"nobody\"\n"));
    let run = home.run(&["provider", "test", "peer", "--json"]);
    assert_eq!(run.status, 1, "{run:?}");
    let (result, reason) = result(&run.json(), "client");
    assert_eq!(result, "fail");
    assert!(reason.contains("invalid_client"), "{reason}");
}
