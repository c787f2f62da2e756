//! Token exchange at the peer, which checks the identity token's signature itself: here an id token that it
//! has given to a person.

use serde_json::json;

use crate::login::SignIn as _;
use crate::peer::Peer;
use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;

const LOGIN: [&str; 6] = ["login", "peer", "--flow", "token-exchange", "--as", "job"];

const API: [&str; 4] = [
    "--resource",
    "https://api.example.com/",
    "--scope",
    "api:read",
];

/// A home that has the peer's id token in the place of a job's.
fn job(peer: &Peer) -> Home {
    with_token(peer).0
}

/// The same, and the token.
fn with_token(peer: &Peer) -> (Home, String) {
    let mut home = Home::new();
    let rule = "client_id = \"keyfob-test\"\n[exchange]\naudience = \"keyfob-test\"\n";
    home.provider("peer", &peer.definition(rule));
    home.sign_in(&["peer"], "julien").ok();
    let person = home.secrets("peer/julien").tokens;
    let id_token = person.id_token.expect("openid was asked for");
    home.run(&["logout", "peer"]).ok();
    home.set("KEYFOB_PEER_ID_TOKEN", id_token.expose());
    (home, id_token.expose().to_owned())
}

#[test]
fn an_identity_token_is_exchanged_kept_and_exchanged_again() {
    let Some(peer) = Peer::with(&json!({"login": 2})) else {
        return;
    };
    let home = job(&peer);
    let before = peer.seen("refresh_token.saved");
    let login = home.run(&[&LOGIN[..], &API].concat()).ok();
    assert!(login.last().contains("peer/job"), "{login:?}");
    let first = home.run(&["token"]).ok();
    let token = peer.introspect(first.line());
    assert_eq!(token["aud"], "https://api.example.com/", "{token}");
    assert_eq!(token["scope"], "api:read");

    home.later("peer/job", 3600);
    let second = home.run(&["token", "peer/job"]).ok();
    assert_ne!(first.line(), second.line());
    let token = peer.introspect(second.line());
    assert_eq!(token["aud"], "https://api.example.com/", "{token}");
    assert_eq!(token["scope"], "api:read");
    let grant = "granted urn:ietf:params:oauth:grant-type:token-exchange";
    assert_eq!(peer.seen(grant), 2);
    assert_eq!(peer.seen("refresh_token.saved"), before);

    home.run(&["refresh"]).ok();
    let last = home.run(&["token"]).ok();
    let logout = home.run(&["logout", "--json"]).ok().json();
    assert_eq!(
        logout["accounts"][0]["tokens"][0]["result"], "revoked",
        "{logout}"
    );
    assert_eq!(peer.introspect(last.line()), json!({"active": false}));
}

#[test]
fn once_is_once_and_leaves_nothing() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = job(&peer);
    let run = home
        .run(&[&["token", "peer", "--exchange"][..], &API].concat())
        .ok();
    assert_eq!(peer.introspect(run.line())["active"], true);
    assert!(home.stored().is_empty());
}

#[test]
fn what_the_peer_refuses_is_said() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let mut home = job(&peer);
    let exchange = |home: &Home, more: &[&str]| {
        home.run(&[&["token", "peer", "--exchange"][..], more].concat())
    };
    exchange(&home, &["--resource", "https://other.example.com/"])
        .fails(1, &["invalid_target", "`--resource` or `--audience`"]);
    let other = Peer::with(&json!({})).expect("there was one");
    let (_, foreign) = with_token(&other);
    home.set("KEYFOB_PEER_ID_TOKEN", foreign);
    exchange(&home, &[]).fails(
        1,
        &[
            "invalid_grant",
            "Peer trusts this job, whose subject is `julien`",
        ],
    );
}
