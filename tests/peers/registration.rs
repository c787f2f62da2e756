//! Where keyfob registers itself at the peer (RFC 7591), and takes that back (RFC 7592).

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::login::SignIn as _;
use crate::peer::{Lifetimes, Peer};
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::screen::Screen;

/// A definition without a client id, as somebody wrote it.
fn definition(peer: &Peer) -> String {
    format!(
        "# The one in the cellar.\n{}\n[identity]\n# What we call each other.\nusername = \"/name\"\n",
        peer.definition("")
    )
}

/// An empty home where no client is known at the server, `peer2`.
fn unregistered(peer: &Peer) -> Home {
    let home = Home::new();
    home.provider("peer2", &definition(peer));
    home
}

fn remove(home: &Home, more: &[&str]) -> Run {
    home.run(&[&["provider", "remove", "peer2", "--yes"], more].concat())
}

/// The parts of a registration that say what it may do.
#[track_caller]
fn is_native(registered: &Value, method: &str) {
    assert_eq!(registered["application_type"], "native");
    assert_eq!(registered["token_endpoint_auth_method"], method);
    assert_eq!(registered["response_types"], json!(["code"]));
    assert_eq!(
        registered["grant_types"],
        json!([
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code"
        ])
    );
}

#[test]
fn keyfob_registers_itself_when_told_to_and_keeps_the_client_id() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = unregistered(&peer);
    let login = home.sign_in(&["peer2", "--register"], "julien").ok();
    assert!(
        login.stderr.contains("registered keyfob at Peer"),
        "{login:?}"
    );
    assert!(
        login.stderr.contains("peer2/julien-of-the-peer"),
        "{login:?}"
    );
    is_native(&peer.registered(), "none");

    let after = std::fs::read_to_string(home.path("config/providers/peer2.toml")).unwrap();
    let added = after
        .lines()
        .find(|line| line.starts_with("client_id = "))
        .unwrap_or_else(|| panic!("{after}"));
    let without = after.replacen(&format!("{added}\n"), "", 1);
    assert_eq!(
        without,
        definition(&peer),
        "every line stands, comments too"
    );

    home.run(&["refresh"]).ok();
    home.sign_in(&["peer2"], "ada").ok();
    assert_eq!(peer.seen("registration_create.success"), 1);
}

#[test]
fn nothing_is_registered_without_being_told_to() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = unregistered(&peer);
    let mut login = home.keyfob(&["login", "peer2", "--json"]);
    login.env("KEYFOB_BROWSER", "true"); // it gets past the question who could sign in at all
    let login = Run::of(login.output().expect("keyfob starts"))
        .fails(1, &["keyfob login peer2 --register"]);
    assert_eq!(login.failure()["error"], "registration_required");
    assert_eq!(peer.seen("registration_create.success"), 0);
}

#[test]
fn a_person_is_asked_before_anything_is_registered() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = unregistered(&peer);
    let question = format!("register keyfob at {}?", peer.issuer());
    for (answer, registered) in [("\r", 0), ("y\r", 1)] {
        let mut screen = Screen::start(&home.keyfob(&["login", "peer2"]));
        screen.wait_for(&question);
        assert_eq!(peer.seen("registration_create.success"), 0);
        screen.press(answer);
        if registered == 1 {
            let url = screen.authorization_url();
            let redirect = Browser::of("julien").consent(&url);
            screen.press(&format!("{redirect}\r"));
        }
        let (status, shown) = screen.end();
        assert_eq!(status == 0, registered == 1, "{shown}");
        assert_eq!(peer.seen("registration_create.success"), registered);
    }
}

#[test]
fn a_client_that_the_server_makes_confidential_needs_nothing_in_the_environment() {
    let policy = json!({"token_endpoint_auth_method": "client_secret_basic"});
    let Some(peer) = Peer::with(&json!({"policy": policy})) else {
        return;
    };
    let home = unregistered(&peer);
    let login = home.sign_in(&["peer2", "--register", "-v"], "julien").ok();
    let registered = peer.registered();
    is_native(&registered, "client_secret_basic");
    let secret = registered["client_secret"].as_str().expect("a secret");
    assert!(login.stderr.contains("kept in the file store"), "{login:?}");
    assert!(!login.stderr.contains(secret), "{login:?}");
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(secret), "{}", path.display());
    }

    home.run(&["refresh"]).ok();
    home.sign_in(&["peer2"], "ada").ok();
    let tested = home
        .run(&["provider", "test", "peer2", "--json"])
        .ok()
        .json();
    let client = tested["checks"].as_array().expect("checks").iter();
    let client = client.clone().find(|check| check["check"] == "client");
    assert_eq!(client.expect("a check")["result"], "pass", "{tested}");

    assert_eq!(peer.seen("registration_create.success"), 1);
    assert_eq!(peer.seen("grant.error"), 1, "the made-up code of the test");
}

#[test]
fn a_client_goes_with_its_provider() {
    for policy in [
        Value::Null,
        json!({"token_endpoint_auth_method": "client_secret_post"}),
    ] {
        let Some(peer) = Peer::with(&json!({"policy": policy})) else {
            return;
        };
        let home = unregistered(&peer);
        home.sign_in(&["peer2", "--register"], "julien").ok();
        remove(&home, &[]).fails(1, &["in use: peer2/julien"]);
        let ask = home.keyfob(&["provider", "remove", "peer2", "--force"]);
        let mut screen = Screen::start(&ask);
        screen.wait_for("and delete its registration there?");
        screen.press("\r");
        assert_eq!(screen.end().0, 0);
        assert_eq!(peer.seen("registration_delete.success"), 0);
        let token = home.run(&["token"]).ok();
        let removed = remove(&home, &["--force", "--json"]).ok();
        assert_eq!(peer.introspect(token.line()), json!({"active": false}));
        assert_eq!(peer.seen("registration_delete.success"), 1);
        assert_eq!(removed.json()["registration"], "deleted");
        assert!(
            removed.stderr.contains("is no longer registered at Peer"),
            "{removed:?}"
        );
        assert!(home.stored().is_empty());
    }
}

#[test]
fn a_client_that_the_server_does_not_delete_is_named() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = unregistered(&peer);
    home.sign_in(&["peer2", "--register"], "julien").ok();
    let id = peer.registered()["client_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    home.run(&["logout"]).ok();
    let copy = home.copy();
    remove(&home, &[]).ok();
    // The other machine has a registration access token that is worth nothing any more.
    let removed = remove(&copy, &["--json"]).ok();
    assert_eq!(removed.json()["registration"], "failed");
    let warning = format!("client `{id}` may still be registered at Peer");
    assert!(removed.stderr.contains(&warning), "{removed:?}");
}

#[test]
fn a_client_that_two_definitions_share_goes_with_the_last() {
    let Some(peer) = Peer::start(Lifetimes::LONG) else {
        return;
    };
    let home = unregistered(&peer);
    let shared = "[redirect]\npath = \"/callback/peer\"\n";
    for name in ["peer2", "peer3"] {
        home.provider(name, &peer.definition(shared));
        home.sign_in(&[name, "--register"], "julien").ok();
        home.run(&["logout", name]).ok();
    }
    assert_eq!(peer.seen("registration_create.success"), 1);
    let removed = remove(&home, &["--json"]).ok();
    assert_eq!(removed.json()["registration"], "shared");
    assert!(removed.stderr.contains("`peer3` uses it"), "{removed:?}");
    assert_eq!(peer.seen("registration_delete.success"), 0);
    home.sign_in(&["peer3"], "julien").ok();
    home.run(&["provider", "remove", "peer3", "--yes", "--force"])
        .ok();
    assert_eq!(peer.seen("registration_delete.success"), 1);
}

#[test]
fn a_server_without_public_clients_registers_a_confidential_one() {
    let Some(peer) = Peer::with(&json!({"methods": ["client_secret_post"]})) else {
        return;
    };
    let home = unregistered(&peer);
    home.sign_in(&["peer2", "--register"], "julien").ok();
    is_native(&peer.registered(), "client_secret_post");
    home.run(&["refresh"]).ok();
}
