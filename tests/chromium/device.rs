//! Signing in where no redirect comes: the device's page, and the page that shows a code for copying.

use crate::chromium::Chromium;
use crate::scene::Scene;
use keyfob_testkit::process::until;
use keyfob_testkit::screen::Screen;

const ENTRY: &str = "Which code does your device show?";
const CONSENT: &str = "keyfob wants to sign you in on a device";

/// A login on a terminal that shows a code, and that code.
fn shown(scene: &Scene) -> (Screen, String) {
    let login = scene
        .home
        .keyfob(&["login", "practice", "--flow", "device"]);
    let mut screen = Screen::start(&login);
    screen.wait_for("is for nobody else");
    let shown = screen.shown();
    let mut words = shown.split_whitespace();
    let code = words.find(|word| word.len() == 9 && word.as_bytes()[4] == b'-');
    (screen, code.expect("a code").to_owned())
}

#[test]
fn a_link_with_the_code_in_it_shows_the_code_to_compare() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let scene = Scene::new(&[], "");
    let (mut screen, code) = shown(&scene);
    chromium.open(&format!("{}/device?user_code={code}", scene.base));
    let consent = chromium.see(CONSENT);
    assert!(consent.text.contains(&code), "{consent:?}");
    chromium.look("device");
    chromium.click("input[value='1002']");
    chromium.click("button[value=allow]");
    let page = chromium.see("Your device is signed in");
    assert!(page.text.contains("You can close this tab"), "{page:?}");
    chromium.look("device-allowed");
    chromium.assert_quiet();
    chromium.assert_policy();
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert_eq!(scene.home.accounts(), ["practice/grace"]);
}

#[test]
fn a_code_is_typed_wrong_and_then_right_and_refused() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let scene = Scene::new(&[], "");
    let (mut screen, code) = shown(&scene);
    chromium.open(&format!("{}/device", scene.base));
    chromium.see(ENTRY);
    chromium.look("device-entry");
    chromium.enter("bcdfghjk"); // the field has the focus
    chromium.press("Enter");
    chromium.until("a complaint", |chromium| {
        let page = chromium.see(ENTRY);
        let complains = page.text.contains("bcdfghjk is unknown or has expired");
        complains.then_some(()).ok_or(page.text.into())
    });
    chromium.look("device-wrong");
    chromium.enter(&code.to_lowercase().replace('-', " "));
    chromium.press("Enter");
    let consent = chromium.see(CONSENT);
    assert!(consent.text.contains(&code), "{consent:?}");
    chromium.click("button[value=deny]");
    chromium.see("Your device is not signed in");
    chromium.look("device-denied");
    let (status, shown) = screen.end();
    assert_eq!(status, 1, "{shown}");
    assert!(scene.home.stored().is_empty());
}

#[test]
fn a_code_is_copied_from_the_page_into_the_terminal() {
    let Some(mut chromium) = Chromium::for_test() else {
        return;
    };
    let manual = "[redirect]\nmanual = \"BASE/callback/code\"\nshows_code = true\n";
    let scene = Scene::new(&[], manual);
    let login = scene.home.keyfob(&["login", "practice", "--flow", "paste"]);
    let mut screen = Screen::start(&login);
    let url = screen.address();
    chromium.open(url.as_str());
    chromium.see("keyfob wants to sign you in");
    chromium.click("button[value=allow]");
    chromium.see("Copy this code");
    chromium.look("code");
    chromium.assert_quiet();
    chromium.click("#code");
    let selected = chromium.evaluate("getSelection().toString().trim()");
    let code = selected.expect("a page");
    let code = code.as_str().expect("a string").to_owned();
    assert!(code.contains('#'), "one click selects it all: {code:?}");
    chromium.assert_policy();
    screen.press(&format!("{code}\r"));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    until("the account is there", || {
        scene.home.accounts() == ["practice/ada"]
    });
}
