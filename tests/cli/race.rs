//! Redirect, pasted address and device code side by side: whichever is first wins, one token request at a
//! time, and what the others bring is never redeemed.

use keyfob_testkit::process::GENEROUS;
use std::time::{Duration, Instant};

use url::Url;

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{Decision, Provider, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::{begin_visit, get};

const ENTER: &str = "\r";

/// A login on a terminal without a browser, its device code shown.
fn login(home: &Home) -> (Screen, Url) {
    let mut screen = Screen::start(&home.keyfob(&["login", "acme"]));
    screen.wait_for("WDJB-MJHT");
    screen.wait_for("ends on");
    let url = screen.authorization_url();
    (screen, url)
}

/// Where the browser ends, without going there.
fn ends_on(url: &Url) -> Url {
    let page = get(url);
    Url::parse(page.header("location")).expect("a redirect")
}

fn grants(provider: &Provider, grant: &str) -> usize {
    let asked = provider.asked("/token").into_iter();
    asked
        .filter(|request| request.form["grant_type"].ends_with(grant))
        .count()
}

#[track_caller]
fn signed_in(screen: &mut Screen) {
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("signed in to Acme as julien: acme/julien, the default"),
        "{shown}"
    );
}

#[test]
fn the_redirect_wins_and_the_device_code_is_polled_no_more() {
    let (home, provider) = acme_with_device();
    let (mut screen, url) = login(&home);
    let browser = begin_visit(&url);
    signed_in(&mut screen);
    assert_eq!(browser.join().unwrap().status, 200);
    provider.state(|state| state.decision = Decision::Granted);
    let polls = grants(&provider, "device_code");
    assert_eq!(grants(&provider, "authorization_code"), 1);
    home.run(&["token", "acme"]).ok();
    assert_eq!(grants(&provider, "device_code"), polls, "nothing polls on");
}

#[test]
fn the_pasted_address_wins() {
    let (home, provider) = acme_with_device();
    let (mut screen, url) = login(&home);
    screen.press(&format!("{}{ENTER}", ends_on(&url)));
    signed_in(&mut screen);
    assert_eq!(grants(&provider, "authorization_code"), 1);
    assert!(!screen.raw().contains("code=MARKED"), "{}", screen.raw());
}

#[test]
fn the_device_code_wins() {
    let (home, provider) = acme_with_device();
    let (mut screen, _url) = login(&home);
    provider.state(|state| state.decision = Decision::Granted);
    signed_in(&mut screen);
    assert_eq!(grants(&provider, "authorization_code"), 0);
    assert!(home.entry("acme/julien")["client"]["redirect_uri"].is_null());
}

#[test]
fn a_redirect_during_a_poll_waits_for_it_and_its_code_is_not_redeemed() {
    let (home, provider) = acme_with_device();
    home.login(&["acme"]).ok(); // so that nobody is new
    let before = grants(&provider, "authorization_code");
    let (mut screen, url) = login(&home);
    let held = provider.hold("/token");
    let visited = provider.asked("/authorize").len();
    provider.state(|state| state.decision = Decision::Granted);
    provider.wait_for("/token", provider.asked("/token").len() + 1);
    let browser = begin_visit(&url);
    provider.wait_for("/authorize", visited + 1);
    std::thread::sleep(Duration::from_millis(100)); // time enough for a second request to be sent
    assert_eq!(
        grants(&provider, "authorization_code"),
        before,
        "one at a time"
    );
    drop(held);
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    let page = browser.join().unwrap();
    assert_eq!(page.status, 200, "the page tells how it ended");
    assert!(page.body.contains("acme/julien"), "{}", page.body);
    assert_eq!(grants(&provider, "authorization_code"), before);
    assert_eq!(provider.asked("/revoke").len(), 0, "nothing is revoked");
}

#[test]
fn a_redirect_during_a_poll_that_is_still_pending_is_redeemed_after_it() {
    let (home, provider) = acme_with_device();
    let (mut screen, url) = login(&home);
    let held = provider.hold("/token");
    let polled = grants(&provider, "device_code");
    provider.wait_for("/token", polled + 1);
    let browser = begin_visit(&url);
    provider.wait_for("/authorize", 1);
    std::thread::sleep(Duration::from_millis(100)); // time enough for a second request to be sent
    assert_eq!(grants(&provider, "authorization_code"), 0, "one at a time");
    drop(held);
    signed_in(&mut screen);
    browser.join().unwrap();
    assert_eq!(grants(&provider, "authorization_code"), 1);
}

#[test]
fn a_no_on_the_other_device_ends_it() {
    let (home, provider) = acme_with_device();
    let (mut screen, _url) = login(&home);
    provider.state(|state| state.decision = Decision::Denied);
    let (status, shown) = screen.end();
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("Acme said no: access_denied"), "{shown}");
    assert!(home.stored().is_empty());
}

#[test]
fn a_code_that_is_over_leaves_the_other_ways_and_enter_shows_a_new_one() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.code_lives = 1);
    let (mut screen, url) = login(&home);
    screen.wait_for("the code is no longer good; Enter shows a new one");
    screen.press(ENTER);
    provider.wait_for("/device", 2);
    screen.press(&format!("{}{ENTER}", ends_on(&url)));
    signed_in(&mut screen);
}

#[test]
fn a_refused_device_request_drops_only_that_way() {
    let (home, provider) = acme_with_device();
    provider.next(
        "/device",
        keyfob_testkit::server::Reply::Json(401, serde_json::json!({"error": "invalid_client"})),
    );
    let mut screen = Screen::start(&home.keyfob(&["login", "acme"]));
    screen.wait_for("ends on");
    provider.wait_for("/device", 1);
    let url = screen.authorization_url();
    screen.press(&format!("{}{ENTER}", ends_on(&url)));
    signed_in(&mut screen);
}

#[test]
fn with_a_browser_the_code_is_asked_for_on_enter_and_not_before() {
    let (home, provider) = acme_with_device();
    let start = Instant::now();
    let mut screen = Screen::start(&home.login_command(&["acme"]));
    screen.wait_for("press Enter for a code");
    std::thread::sleep(Duration::from_millis(300)); // time enough for a request that should not be
    assert!(provider.asked("/device").is_empty());
    screen.press(ENTER);
    screen.wait_for("WDJB-MJHT");
    assert!(start.elapsed() < GENEROUS, "not by its own time");
    provider.state(|state| state.decision = Decision::Granted);
    signed_in(&mut screen);
}

#[test]
fn what_is_pasted_wrongly_is_said_and_asked_for_again() {
    let (home, _provider) = acme_with_device();
    let (mut screen, url) = login(&home);
    let mut other = ends_on(&url);
    other.set_query(Some("code=MARKED-SECRET-x&state=another"));
    screen.press(&format!("{other}{ENTER}"));
    screen.wait_for("that answers another sign-in");
    screen.press(&format!("{url}{ENTER}"));
    screen.wait_for("began");
    screen.press(&format!("hello{ENTER}"));
    screen.wait_for("warning");
    screen.press(&format!("{}{ENTER}", "x".repeat(20_000)));
    screen.wait_for("longer than 16384 bytes");
    screen.press(&format!("{}{ENTER}", ends_on(&url)));
    signed_in(&mut screen);
    assert!(!screen.raw().contains("MARKED-SECRET"), "{}", screen.raw());
}
