//! Clients with a secret at the peer: each way to authenticate, an id and a secret that an encoding may
//! lose something of, and machine accounts.

use serde_json::json;

use crate::login::SignIn as _;
use crate::peer::Peer;
use crate::vault::HomeVault as _;
use keyfob_testkit::home::Home;

/// The secret of the server's own confidential clients.
const SECRET: &str = "s/e+c r%t:&=?~\"\\%41";

const METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// A home whose provider `peer` has the confidential client of that method, its secret put into the store
/// by `provider set`.
fn home_with(peer: &Peer, method: &str) -> Home {
    let home = Home::new();
    home.provider("peer", &peer.definition(""));
    let id = format!("client_id=fob:100%+&=/{method}");
    let auth = format!("client_auth={method}");
    home.run_with_input(
        &["provider", "set", "peer", &id, &auth, "--client-secret"],
        format!("{SECRET}\n"),
    )
    .ok();
    home
}

#[track_caller]
fn nothing_leaks(home: &Home, said: &str) {
    let marks = [SECRET, "s%2Fe%2Bc"];
    assert!(!marks.iter().any(|mark| said.contains(mark)), "{said}");
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(SECRET), "{}", path.display());
    }
}

#[test]
fn an_id_and_a_secret_of_all_kinds_of_characters_arrive_as_they_are() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    for method in METHODS {
        let home = home_with(&peer, method);
        let tested = home.run(&["provider", "test", "peer"]).ok();
        assert!(tested.stdout.contains("and takes its secret"), "{tested:?}");
        let login = home.sign_in(&["peer", "-v"], "julien").ok();
        home.run(&["refresh"]).ok();
        nothing_leaks(&home, &login.stderr);
        let logout = home.run(&["logout", "--json"]).ok().json();
        for token in logout["accounts"][0]["tokens"].as_array().expect("two") {
            assert_eq!(token["result"], "revoked", "{logout}");
        }
    }
}

#[test]
fn a_wrong_secret_is_refused_and_nothing_is_kept_of_it() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    for method in METHODS {
        let mut home = Home::new();
        let id = format!("client_id = \"fob:100%+&=/{method}\"\nclient_auth = \"{method}\"\n");
        home.provider("peer", &peer.definition(&id));
        home.set("KEYFOB_PEER_CLIENT_SECRET", "s/e+c r%t:&=?~\"\\A"); // as if decoded twice
        home.sign_in(&["peer"], "julien").fails(
            1,
            &[
                "refused the code: invalid_client",
                "KEYFOB_PEER_CLIENT_SECRET",
            ],
        );
        assert!(home.stored().is_empty());
    }
}

#[test]
fn a_machine_account_gets_a_new_token_when_its_token_ends() {
    let Some(peer) = Peer::with(&json!({"login": 2})) else {
        return;
    };
    for method in METHODS {
        let before = peer.seen("client_credentials.saved");
        let home = home_with(&peer, method);
        let mut login = vec![
            "login",
            "peer",
            "--flow",
            "client-credentials",
            "--as",
            "robot",
        ];
        login.extend([
            "--resource",
            "https://api.example.com/",
            "--scope",
            "api:read",
        ]);
        let login = home.run(&login).ok();
        assert!(login.last().contains("peer/robot"), "{login:?}");
        let first = home.run(&["token"]).ok();
        assert_eq!(peer.introspect(first.line())["scope"], "api:read");
        home.later("peer/robot", 3600);

        let second = home.run(&["token", "peer/robot"]).ok();
        assert_ne!(first.line(), second.line());
        let token = peer.introspect(second.line());
        assert_eq!(token["aud"], "https://api.example.com/", "{token}");
        assert_eq!(token["scope"], "api:read");
        assert_eq!(peer.seen("client_credentials.saved"), before + 2);
        assert_eq!(peer.seen("refresh_token.saved"), 0);

        let third = home.run(&["refresh"]).ok();
        assert!(third.stdout.contains("peer/robot  refreshed"), "{third:?}");
        let last = home.run(&["token"]).ok();
        let logout = home.run(&["logout", "--json"]).ok().json();
        let [token] = &logout["accounts"][0]["tokens"].as_array().expect("one")[..] else {
            panic!("{logout}");
        };
        assert_eq!(token["result"], "revoked", "{logout}");
        assert_eq!(peer.introspect(last.line()), json!({"active": false}));
        nothing_leaks(&home, &login.stderr);
    }
}

#[test]
fn a_public_client_cannot_sign_in_for_itself() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    home.run(&["login", "peer", "--flow", "client-credentials"])
        .fails(1, &["has no secret", "client_auth=client_secret_basic"]);
}

#[test]
fn a_machine_account_whose_secret_was_changed_says_so() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let mut home = home_with(&peer, "client_secret_basic");
    home.set("KEYFOB_PEER_CLIENT_SECRET", "another");
    let login = [
        "login",
        "peer",
        "--flow",
        "client-credentials",
        "--scope",
        "api:read",
    ];
    home.run(&login)
        .fails(1, &["invalid_client", "KEYFOB_PEER_CLIENT_SECRET"]);
    home.unset("KEYFOB_PEER_CLIENT_SECRET");
    home.run(&login).ok();
}
