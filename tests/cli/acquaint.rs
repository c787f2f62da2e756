//! Whether somebody who signs in here for the first time is the one at the terminal.

use serde_json::json;

use keyfob_testkit::home::Home;
use keyfob_testkit::provider::{Decision, Provider, acme, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::visit;

const QUESTION: &str = "is that you? [Y/n]";

/// A login on a terminal whose browser is somebody's, up to where keyfob knows who signed in.
fn sign_in(home: &Home, args: &[&str]) -> Screen {
    let mut screen = Screen::start(&home.login_command(args)).unconfirmed();
    let url = screen.address();
    std::thread::spawn(move || visit(&url));
    screen
}

fn person(provider: &Provider, subject: &str, name: &str) {
    provider.state(|state| state.person = json!({"sub": subject, "preferred_username": name}));
}

#[test]
fn somebody_new_is_stored_only_after_yes() {
    for (keys, stored) in [
        ("\r", true),
        ("y\r", true),
        ("n\r", false),
        ("what\r", false),
        ("\x04", false),
    ] {
        let (home, provider) = acme();
        person(&provider, "666", "mallory");
        let mut screen = sign_in(&home, &["acme"]);
        screen.wait_for(&format!("signed in to Acme as mallory; {QUESTION}"));
        assert!(home.stored().is_empty());
        screen.press(keys);
        let (status, shown) = screen.end();
        assert_eq!(status, u32::from(!stored), "{keys:?}: {shown}");
        assert_eq!(!home.stored().is_empty(), stored, "{keys:?}: {shown}");
    }
}

#[test]
fn who_is_known_here_is_not_asked_about() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    for args in [&["acme"][..], &["acme/julien"], &["acme", "--as", "work"]] {
        let (status, shown) = sign_in(&home, args).end();
        assert_eq!(status, 0, "{shown}");
        assert!(!shown.contains("is that you"), "{shown}");
    }
    person(&provider, "666", "mallory");
    for args in [
        &["acme", "--as", "other"][..],
        &["acme", "--as", "work", "--replace"],
    ] {
        let mut screen = sign_in(&home, args);
        screen.wait_for(QUESTION);
        screen.press("n\r");
        assert_eq!(screen.end().0, 1);
    }
    assert_eq!(home.accounts(), ["acme/julien", "acme/work"]);
}

#[test]
fn a_device_code_is_asked_about_too() {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    let mut screen =
        Screen::start(&home.login_command(&["acme", "--flow", "device"])).unconfirmed();
    screen.wait_for(QUESTION);
    screen.press("n\r");
    screen.end();
    assert!(home.stored().is_empty());
}

#[test]
fn off_a_terminal_it_is_said_and_becomes_no_default_beside_others() {
    let (home, provider) = acme();
    home.login(&["acme"]).ok();
    std::fs::remove_file(home.path("data/defaults.json")).unwrap();
    person(&provider, "666", "mallory");
    let run = home.login(&["acme"]).ok();
    assert!(
        run.stderr
            .contains("`mallory` has not signed in here before"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("the default"), "{run:?}");
    home.run(&["token", "acme"])
        .fails(2, &["acme/julien", "acme/mallory"]);
}
