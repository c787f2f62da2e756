//! The paste flow on a terminal: the address, or what a page of the provider's shows.

use url::Url;

use super::with_pages;
use crate::person::{Consent, shown_code};
use crate::stage::Stage;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::get;

fn paste(stage: &Stage) -> Screen {
    Screen::start(&stage.home.keyfob(&["login", "acme", "--flow", "paste"]))
}

/// What the person at the page ends on.
fn ends_on(screen: &mut Screen) -> Url {
    let page = Consent::open(&screen.authorization_url()).allow("grace");
    page.header("location").parse().expect("a redirect")
}

#[track_caller]
fn signed_in(mut screen: Screen) {
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("signed in to Practice as grace: acme/grace"),
        "{shown}"
    );
    assert!(
        !screen.raw().contains("sandbox_code_"),
        "what is pasted is not echoed"
    );
}

#[test]
fn the_address_is_pasted() {
    let stage = Stage::new(with_pages, "");
    let mut screen = paste(&stage);
    screen.wait_for("paste here the address");
    let to = ends_on(&mut screen);
    screen.press(&format!("{to}\r"));
    signed_in(screen);
    stage.run(&["refresh", "acme"]).expect("a refresh");
}

#[test]
fn code_and_state_are_pasted_from_the_page_that_shows_them() {
    let page = "redirect.manual = \"{base}/callback/code\"\nredirect.shows_code = true";
    for bare in [false, true] {
        let acts = |o: &mut keyfob_sandbox::Options| {
            with_pages(o);
            o.quirks.shows_bare_code = bare;
        };
        let stage = Stage::new(acts, page);
        let mut screen = paste(&stage);
        screen.wait_for("paste here the code that it shows");
        let page = get(&ends_on(&mut screen));
        let code = shown_code(&page).expect("a code");
        assert_eq!(code.contains('#'), !bare, "{code}");
        screen.press(&format!("{code}\r"));
        signed_in(screen);
    }
}

#[test]
fn the_state_of_another_sign_in_is_refused_and_asked_for_again() {
    let page = "redirect.manual = \"{base}/callback/code\"\nredirect.shows_code = true";
    let stage = Stage::new(with_pages, page);
    let mut screen = paste(&stage);
    screen.wait_for("paste here the code that it shows");
    let page = get(&ends_on(&mut screen));
    let code = shown_code(&page).expect("a code");
    let (alone, _) = code.split_once('#').expect("a state");
    screen.press(&format!("{alone}#another\r"));
    screen.wait_for("that answers another sign-in");
    screen.press(&format!("{code}\r"));
    signed_in(screen);
}

#[test]
fn a_no_is_pasted_too() {
    let stage = Stage::new(with_pages, "");
    let mut screen = paste(&stage);
    let page = Consent::open(&screen.authorization_url()).deny();
    screen.press(&format!("{}\r", page.header("location")));
    let (status, shown) = screen.end();
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("Practice said no: access_denied"), "{shown}");
}
