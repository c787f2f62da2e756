//! What a login asks the peer for, and how: pushed requests (RFC 9126), resources (RFC 8707), scopes.

use serde_json::json;

use crate::browser::Browser;
use crate::login::SignIn as _;
use crate::peer::Peer;
use keyfob_testkit::home::Home;
use keyfob_testkit::screen::Screen;

const API: &str = "https://api.example.com/";
const PUSHED: &str = "pushed_authorization_request.success";

/// The names of what the browser carries.
fn names(url: &url::Url) -> Vec<String> {
    url.query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect()
}

#[test]
fn a_request_is_pushed_where_the_server_offers_or_demands_it() {
    for par in ["offered", "required"] {
        let Some(peer) = Peer::with(&json!({"par": par})) else {
            return;
        };
        let home = peer.home();
        let waiting = home.begin_login(&["peer"]);
        assert_eq!(names(&waiting.url), ["client_id", "request_uri"]);
        let redirect = Browser::of("julien").consent(&waiting.url);
        keyfob_testkit::visitor::get(&redirect);
        waiting.end().ok();
        assert_eq!(peer.seen(PUSHED), 1);
        home.run(&["refresh"]).ok();
        home.sign_in(&["peer/julien"], "julien").ok();
        assert_eq!(peer.seen(PUSHED), 2);
    }
}

#[test]
fn an_address_that_is_over_is_made_anew_on_enter_or_by_itself() {
    let announce = json!({"/request": {"expires_in": 1}, "/device/auth": {"interval": 30}});
    let Some(peer) = Peer::with(&json!({"par": "required", "announce": announce})) else {
        return;
    };
    let home = peer.home();
    for flow in ["auto", "paste", "browser"] {
        let before = peer.seen(PUSHED);
        let mut screen = Screen::start(&home.keyfob(&["login", "peer", "--flow", flow]));
        let first = screen.authorization_url();
        if flow != "browser" {
            screen.wait_for("Enter shows a new one");
            assert_eq!(peer.seen(PUSHED), before + 1);
            screen.press("\r");
        }
        screen.wait_for("the address is now:");
        assert!(peer.seen(PUSHED) >= before + 2);
        let second = screen.authorization_url();
        assert_ne!(first, second);
        let redirect = Browser::of("julien").consent(&second);
        if flow == "paste" {
            screen.press(&format!("{redirect}\r"));
        } else {
            keyfob_testkit::visitor::get(&redirect);
        }
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{shown}");
    }
}

#[test]
fn a_server_that_demands_it_and_gets_none_is_not_met() {
    let Some(peer) = Peer::with(&json!({"par": "required"})) else {
        return;
    };
    let home = Home::new();
    home.provider("peer", &peer.definition("client_id = \"nobody\"\n"));
    home.refused_login(&["peer"])
        .fails(1, &["invalid_client", "nothing was stored"]);
}

#[test]
fn a_resource_is_what_the_token_is_for() {
    let Some(peer) = Peer::with(&json!({"par": "offered"})) else {
        return;
    };
    let home = peer.home();
    let is_for_the_api = || {
        let token = home.run(&["token"]).ok();
        let token = peer.introspect(token.line());
        assert_eq!(token["aud"], API, "{token}");
        assert_eq!(token["scope"], "api:read", "{token}");
    };
    let wanted = [
        "peer",
        "--scope",
        "openid profile email api:read",
        "--resource",
        API,
    ];
    home.sign_in(&wanted, "julien").ok();
    is_for_the_api();
    home.run(&["refresh"]).ok();
    is_for_the_api();
    home.sign_in(&["peer/julien"], "julien").ok();
    is_for_the_api();
}

#[test]
fn whoami_says_that_a_token_for_a_resource_is_not_for_the_userinfo_endpoint() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let login = ["peer", "--scope", "openid api:read", "--resource", API];
    home.sign_in(&login, "julien").ok();
    home.run(&["whoami"])
        .fails(4, &["takes no token that is for", API]);
    assert_eq!(
        peer.seen("refresh_token.consumed"),
        0,
        "a new one would be no better"
    );
}

#[test]
fn a_resource_goes_with_a_device_code_too() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let mut login = vec!["login", "peer", "--flow", "device"];
    login.extend(["--scope", "openid api:read", "--resource", API]);
    let mut screen = Screen::start(&home.keyfob(&login));
    let shown = crate::device::Shown::on(&mut screen);
    Browser::of("julien").approve(&shown.verification, &shown.code);
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    let token = home.run(&["token"]).ok();
    assert_eq!(peer.introspect(token.line())["aud"], API);
}

#[test]
fn a_resource_that_the_server_does_not_know_is_said() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let waiting = home.begin_login(&["peer", "--resource", "https://other.example.com/"]);
    let redirect = Browser::of("julien").consent(&waiting.url);
    keyfob_testkit::visitor::get(&redirect);
    waiting
        .end()
        .fails(1, &["invalid_target", "a `--resource` that it knows"]);
}

#[test]
fn an_audience_harms_nobody_who_does_not_know_it() {
    let Some(peer) = Peer::with(&json!({"par": "offered"})) else {
        return;
    };
    let home = peer.home();
    home.sign_in(
        &["peer", "--audience", "https://other.example.com/"],
        "julien",
    )
    .ok();
    home.run(&["whoami"]).ok();
}

#[test]
fn a_step_up_asks_for_what_the_account_has_and_more() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    home.sign_in(&["peer", "--scope", "openid profile"], "julien")
        .ok();
    home.sign_in(&["peer/julien", "--scope", "email"], "julien")
        .ok();
    let listed = home.run(&["list", "--json"]).ok().json();
    let scopes = listed["accounts"][0]["scope"].as_str().expect("scopes");
    for scope in ["openid", "profile", "email"] {
        assert!(
            scopes.split(' ').any(|granted| granted == scope),
            "{scopes}"
        );
    }
}

#[test]
fn a_client_that_registered_itself_can_step_up() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = Home::new();
    home.provider("peer", &peer.definition(""));
    home.sign_in(
        &["peer", "--register", "--scope", "openid profile"],
        "julien",
    )
    .ok();
    home.sign_in(&["peer/julien", "--scope", "email"], "julien")
        .ok();
    let waiting = home.begin_login(&["peer/julien", "--scope", "phone"]);
    let redirect = Browser::of("julien").consent(&waiting.url);
    keyfob_testkit::visitor::get(&redirect);
    waiting
        .end()
        .fails(1, &["invalid_scope", "ask for other scopes with `--scope`"]);
}
