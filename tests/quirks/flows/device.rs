//! The device flow, with a person who types the code on the real page.

use url::Url;

use super::with_pages;
use crate::person::Consent;
use crate::stage::{Stage, done};
use keyfob_testkit::home::Run;
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::get;

/// A login that shows its code, and what it said so far.
fn shown(stage: &Stage, args: &[&str]) -> (std::process::Child, Url) {
    use std::io::Read;
    let login = [&["login", "acme", "--flow", "device"], args].concat();
    let mut child = stage.home.spawn(&login);
    let mut stderr = child.stderr.take().expect("a pipe");
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !String::from_utf8_lossy(&said).contains("for nobody else") {
        assert_eq!(stderr.read(&mut byte).expect("stderr"), 1, "{said:?}");
        said.push(byte[0]);
    }
    child.stderr = Some(stderr);
    let said = String::from_utf8_lossy(&said).into_owned();
    (child, typed(stage, &said))
}

/// Where a person who types what is shown comes to.
fn typed(stage: &Stage, said: &str) -> Url {
    let page = stage.url("/device");
    assert!(said.contains(page.as_str()), "{said}");
    let is_code = |word: &&str| word.len() == 9 && word.as_bytes()[4] == b'-';
    let code = said
        .split(char::is_whitespace)
        .find(is_code)
        .expect("a code");
    let mut to = page;
    to.query_pairs_mut()
        .append_pair("user_code", &code.to_lowercase());
    to
}

fn end(child: std::process::Child) -> Run {
    Run::of(child.wait_with_output().expect("keyfob ends"))
}

#[test]
fn a_person_types_the_code_and_says_yes() {
    let stage = Stage::new(with_pages, "");
    let (child, to) = shown(&stage, &[]);
    let page = Consent::open(&to).allow("grace");
    assert!(
        page.body.contains("Your device is signed in"),
        "{}",
        page.body
    );
    let run = end(child).ok();
    assert_eq!(
        run.last(),
        "signed in to Practice as grace: acme/grace, the default"
    );
    stage.run(&["refresh", "acme"]).expect("a refresh");
    assert_eq!(get(&to).status, 404, "the code is spent");
}

#[test]
fn a_person_says_no() {
    let stage = Stage::new(with_pages, "");
    let (child, to) = shown(&stage, &[]);
    Consent::open(&to).deny();
    end(child).fails(1, &["Practice said no: access_denied", "keyfob login acme"]);
    assert!(stage.home.stored().is_empty());
}

#[test]
fn a_code_that_nobody_types_ends() {
    let acts = |o: &mut keyfob_sandbox::Options| {
        with_pages(o);
        o.device_lifetime = 1;
    };
    let stage = Stage::new(acts, "");
    let run = stage.home.run(&["login", "acme", "--flow", "device"]);
    run.fails(1, &["was not typed while it was good", "keyfob login acme"]);
}

#[test]
fn on_a_terminal_it_races_the_browser_and_wins() {
    let stage = Stage::new(with_pages, "");
    let mut screen = Screen::start(&stage.home.keyfob(&["login", "acme"]));
    screen.wait_for("for nobody else");
    let to = typed(&stage, &screen.shown());
    Consent::open(&to).allow("alan");
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("signed in to Practice as alan: acme/alan"),
        "{shown}"
    );
    done(stage.home.run(&["logout", "acme"])).expect("a logout");
}
