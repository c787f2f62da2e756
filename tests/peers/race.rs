//! All ways of one login open at once at the peer, each of them the first to finish once: exactly one
//! grant is issued, what the others bring is never redeemed, and nothing is revoked.

use serde_json::json;
use url::Url;

use crate::browser::Browser;
use crate::device::Shown;
use crate::peer::Peer;
use keyfob_testkit::home::Home;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor;

const ENTER: &str = "\r";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A login on a terminal without a browser: listening, asking for the address, polling for the code.
struct Login {
    screen: Screen,
    authorization: Url,
    device: Shown,
}

impl Login {
    fn begin(home: &Home) -> Self {
        let mut screen = Screen::start(&home.keyfob(&["login", "peer"]));
        let authorization = screen.authorization_url();
        let device = Shown::on(&mut screen);
        Self {
            screen,
            authorization,
            device,
        }
    }

    /// Goes through the forms; where the browser ends, without going there.
    fn ends_on(&self) -> Url {
        Browser::of("julien").consent(&self.authorization)
    }

    fn approve(&self) {
        let page = Browser::of("julien").approve(&self.device.verification, &self.device.code);
        assert!(page.body.contains("Sign-in Success"), "{page:?}");
    }

    #[track_caller]
    fn signed_in(&mut self) -> String {
        let (status, shown) = self.screen.end();
        assert_eq!(status, 0, "{shown}");
        assert!(
            shown.contains("signed in to Peer as julien: peer/julien"),
            "{shown}"
        );
        shown
    }
}

/// The account works, and goes on working.
#[track_caller]
fn is_usable(home: &Home, peer: &Peer) {
    assert_eq!(home.accounts(), ["peer/julien"]);
    home.run(&["whoami"]).ok();
    home.run(&["refresh"]).ok();
    home.run(&["whoami"]).ok();
    assert_eq!(peer.seen("grant.revoked"), 0);
}

#[test]
fn the_redirect_is_first_though_the_code_was_agreed_to_as_well() {
    // Polls are too rare to come between.
    let Some(peer) = Peer::with(&json!({"announce": {"/device/auth": {"interval": 30}}})) else {
        return;
    };
    let home = peer.home();
    let mut login = Login::begin(&home);
    let redirect = login.ends_on();
    login.approve();
    let page = visitor::get(&redirect);
    assert!(page.body.contains("Are you <bdi>julien</bdi>"), "{page:?}");
    login.signed_in();
    peer.granted_only("authorization_code");
    assert_eq!(peer.seen("device_code.consumed"), 0);
    is_usable(&home, &peer);
}

#[test]
fn the_pasted_address_is_first_though_the_code_was_agreed_to_as_well() {
    let Some(peer) = Peer::with(&json!({"announce": {"/device/auth": {"interval": 30}}})) else {
        return;
    };
    let home = peer.home();
    let mut login = Login::begin(&home);
    let redirect = login.ends_on();
    login.approve();
    login.screen.press(&format!("{redirect}{ENTER}"));
    login.signed_in();
    assert!(
        visitor::get(&redirect).status == 0,
        "nobody listens any more"
    );
    peer.granted_only("authorization_code");
    assert_eq!(peer.seen("device_code.consumed"), 0);
    is_usable(&home, &peer);

    let code = redirect.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.expect("a code");
    assert!(!login.screen.raw().contains(&*code), "it is not echoed");
}

#[test]
fn the_device_is_first_and_the_code_of_the_redirect_is_not_redeemed() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let mut login = Login::begin(&home);
    let redirect = login.ends_on();
    login.approve();
    login.signed_in();
    assert!(
        visitor::get(&redirect).status == 0,
        "nobody listens any more"
    );
    peer.granted_only(DEVICE_CODE);
    assert_eq!(peer.seen("authorization_code.saved"), 1);
    assert_eq!(peer.seen("authorization_code.consumed"), 0);
    is_usable(&home, &peer);
}

#[test]
fn an_answer_during_a_poll_that_grants_is_not_redeemed() {
    for pasted in [false, true] {
        let Some(peer) = Peer::with(&json!({})) else {
            return;
        };
        let home = peer.home();
        let mut login = Login::begin(&home);
        let redirect = login.ends_on();
        peer.get("/hold");
        peer.wait_for("poll", peer.seen("poll") + 1);
        login.approve();
        let browser = if pasted {
            login.screen.press(&format!("{redirect}{ENTER}"));
            None
        } else {
            let browser = std::thread::spawn(move || visitor::get(&redirect));
            Some(browser)
        };
        // Time enough for a second request, which there must not be.
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(peer.seen("authorization_code.consumed"), 0);
        peer.get("/release");
        login.signed_in();
        peer.granted_only(DEVICE_CODE);
        assert_eq!(peer.seen("authorization_code.consumed"), 0);
        if let Some(browser) = browser {
            let page = browser.join().expect("a page");
            assert!(page.body.contains("Are you <bdi>julien</bdi>"), "{page:?}");
        }
        is_usable(&home, &peer);
    }
}

#[test]
fn an_answer_during_a_poll_that_is_pending_is_redeemed_after_it() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let mut login = Login::begin(&home);
    let redirect = login.ends_on();
    peer.get("/hold");
    peer.wait_for("poll", peer.seen("poll") + 1);
    login.screen.press(&format!("{redirect}{ENTER}"));
    std::thread::sleep(std::time::Duration::from_millis(200)); // as above
    assert_eq!(peer.seen("authorization_code.consumed"), 0);
    peer.get("/release");
    login.signed_in();
    peer.granted_only("authorization_code");
    is_usable(&home, &peer);
}

#[test]
fn the_paste_flow_alone_asks_for_no_device_code_and_again_after_a_wrong_paste() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let mut screen = Screen::start(&home.keyfob(&["login", "peer", "--flow", "paste"]));
    let authorization = screen.authorization_url();
    screen.wait_for("ends on");
    let redirect = Browser::of("julien").consent(&authorization);
    let mut other = redirect.clone();
    other.set_query(Some("code=abc&state=another"));
    screen.press(&format!("{other}{ENTER}"));
    screen.wait_for("that answers another sign-in");
    screen.press(&format!("{redirect}{ENTER}"));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    peer.granted_only("authorization_code");
    assert_eq!(peer.seen("device_code.saved"), 0);
    is_usable(&home, &peer);
}

#[test]
fn a_no_in_the_browser_is_pasted_too() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let mut login = Login::begin(&home);
    let redirect = Browser::of("julien").cancel(&login.authorization);
    login.screen.press(&format!("{redirect}{ENTER}"));
    let (status, shown) = login.screen.end();
    assert_eq!(status, 1, "{shown}");
    assert!(
        shown.contains("Peer said no: access_denied: End-User aborted interaction"),
        "{shown}"
    );
    assert!(home.stored().is_empty());
}
