//! `login sandbox`: the provider that runs inside keyfob.

use url::Url;

use crate::person::Consent;
use crate::stage::{begin, finish};
use keyfob_testkit::home::Home;
use keyfob_testkit::screen::Screen;

#[test]
fn a_person_chooses_in_the_browser_who_signs_in() {
    let home = Home::new();
    let waiting = begin(&home, &["sandbox"]).expect("an address");
    let run = finish(waiting, |url| Consent::open(url).allow("grace")).expect("a login");
    assert_eq!(
        run.last(),
        "signed in to Sandbox as grace: sandbox/grace, the default"
    );
    let refused = begin(&home, &["sandbox"]).expect("an address");
    let refused = finish(refused, |url| Consent::open(url).deny()).unwrap_err();
    assert!(
        refused.contains("Sandbox said no: access_denied"),
        "{refused}"
    );
    assert_eq!(home.accounts(), ["sandbox/grace"]);
}

#[test]
fn the_device_flow_is_approved_by_itself_and_says_so() {
    let home = Home::new();
    let run = home.run(&["login", "sandbox", "--flow", "device"]).ok();
    assert!(run.stderr.contains("/device"), "{run:?}");
    let said = "the sandbox approves by itself as `ada`";
    assert!(run.stderr.contains(said), "{run:?}");
    home.run(&["refresh", "sandbox"]).ok();
    home.run(&["whoami", "sandbox"]).ok();
    home.run(&["logout", "sandbox"]).ok();
}

#[test]
fn the_account_that_is_expected_is_the_one_that_is_approved() {
    let home = Home::new();
    let waiting = begin(&home, &["sandbox"]).expect("an address");
    finish(waiting, |url| Consent::open(url).allow("grace")).expect("a login");
    for flow in ["browser", "device"] {
        let run = home.run(&["login", "sandbox/grace", "--flow", flow]).ok();
        assert!(run.stderr.contains("by itself as `grace`"), "{run:?}");
    }
}

#[test]
fn pasting_is_practised_with_a_person_at_the_page() {
    let home = Home::new();
    let mut screen = Screen::start(&home.keyfob(&["login", "sandbox", "--flow", "paste"]));
    screen.wait_for("then paste here the address that it ends on");
    let page = Consent::open(&screen.authorization_url()).allow("alan");
    let to: Url = page.header("location").parse().expect("a redirect");
    screen.press(&format!("{to}\r"));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("signed in to Sandbox as alan"), "{shown}");
}

#[test]
fn on_a_terminal_without_a_browser_it_approves_by_itself() {
    let home = Home::new();
    let mut screen = Screen::start(&home.keyfob(&["login", "sandbox"]));
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("approves by itself as `ada`"), "{shown}");
    assert!(!shown.contains("ssh -L"), "{shown}");
}

#[test]
fn what_it_has_not_is_said_with_a_way_to_practise_it() {
    let home = Home::new();
    home.run(&["login", "sandbox", "--flow", "client-credentials"])
        .fails(1, &["has no secret", "keyfob sandbox serve"]);
    home.run(&["login", "sandbox", "--flow", "paste"])
        .fails(4, &["standard input is no terminal"]);
}
