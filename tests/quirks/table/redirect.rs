//! Where the browser ends.

use keyfob_sandbox::Options;
use url::Url;

use super::row::{PLAIN, Row};
use crate::person::{said, shown_code};
use crate::stage::{ENDPOINTS, Outcome, Stage};
use keyfob_testkit::process::until;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::{get, visit};

#[test]
fn redirect() {
    super::practise(&ROWS);
}

const SCHEME: &str = "redirect.manual = \"practice+abc://signed-in/keyfob\"";

const PASTE: &[&str] = &["--flow", "paste"];

fn scheme(options: &mut Options) {
    options.quirks.redirect_scheme = Some("practice+abc".into());
}

pub const ROWS: [Row; 8] = [
    Row {
        key: "redirect.host",
        acts: |o| o.quirks.redirect_host = Some("127.0.0.1".into()),
        with: "redirect.host = \"127.0.0.1\"",
        without: "redirect.host = \"::1\"",
        fails: "`redirect_uri` is not registered",
        ..PLAIN
    },
    Row {
        key: "redirect.host",
        acts: |o| o.quirks.redirect_host = Some("localhost".into()),
        with: "redirect.host = \"localhost\"",
        fails: "`redirect_uri` is not registered",
        ..PLAIN
    },
    Row {
        key: "redirect.host",
        acts: |o| o.quirks.redirect_host = Some("[::1]".into()),
        with: "redirect.host = \"::1\"",
        fails: "`redirect_uri` is not registered",
        ..PLAIN
    },
    Row {
        key: "redirect.path",
        given: "client_id = \"{client}\"",
        with: "redirect.path = \"/done\"",
        fails: "`redirect_uri` is not registered",
        ..PLAIN
    },
    Row {
        key: "redirect.ports",
        acts: |o| o.quirks.redirect_ports = vec![0],
        with: "redirect.ports = [{port}]",
        fails: "`redirect_uri` is not registered",
        ..PLAIN
    },
    Row {
        key: "redirect.no_loopback",
        acts: scheme,
        given: ENDPOINTS, // a device code would be first
        with: "redirect.manual = \"practice+abc://signed-in/keyfob\"\nredirect.no_loopback = true",
        without: SCHEME,
        drill: |s| pasted(s, &[], address),
        fails: "`redirect_uri` is not registered",
    },
    Row {
        key: "redirect.manual",
        acts: scheme,
        with: SCHEME,
        drill: |s| pasted(s, PASTE, address),
        fails: "`redirect_uri` is not registered",
        ..PLAIN
    },
    Row {
        key: "redirect.shows_code",
        acts: |o| o.quirks.shows_bare_code = true,
        given: "redirect.manual = \"{base}/callback/code\"",
        with: "redirect.shows_code = true",
        drill: |s| pasted(s, PASTE, code),
        fails: "warning: ",
        ..PLAIN
    },
];

/// The address that the browser ends on.
fn address(url: &Url) -> Outcome<String> {
    let page = get(url);
    match page.header("location") {
        "" => Err(said(&page).to_owned()),
        to => Ok(to.to_owned()),
    }
}

/// The code that the page at the end shows.
fn code(url: &Url) -> Outcome<String> {
    let page = visit(url);
    let code = shown_code(&page).ok_or(said(&page));
    code.map(str::to_owned).map_err(str::to_owned)
}

/// Signs in on a terminal with what `bring` gives for the address.
fn pasted(stage: &Stage, args: &[&str], bring: fn(&Url) -> Outcome<String>) -> Outcome {
    let login = [&["login", "acme"], args].concat();
    let mut screen = Screen::start(&stage.home.keyfob(&login));
    let url = screen.authorization_url();
    screen.press(&format!("{}\r", bring(&url)?));
    let mut seen = String::new();
    until("the login says something", || {
        seen = screen.shown();
        let words = ["signed in to", "warning: ", "error: "];
        words.iter().any(|word| seen.contains(word))
    });
    if seen.contains("signed in to Practice as ada") {
        Ok(())
    } else {
        Err(seen)
    }
}
