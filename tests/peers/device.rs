//! The device flow at the peer's real pages: the code is typed, signed in with and agreed to there, while
//! keyfob polls.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr};

use serde_json::json;
use url::Url;

use crate::browser::Browser;
use crate::peer::Peer;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::screen::Screen;

/// What a person reads off a login by the device flow.
pub struct Shown {
    /// Where to go.
    pub verification: Url,
    /// What to type there.
    pub code: String,
}

impl Shown {
    /// Finds both in what was written so far.
    pub fn find(text: &str) -> Option<Self> {
        let lines = || text.lines().map(str::trim);
        Some(Self {
            verification: lines().find_map(|line| {
                let url = Url::parse(line).ok()?;
                (url.path() == "/device").then_some(url)
            })?,
            code: text
                .split_whitespace()
                .find(|word| is_code(word))?
                .to_owned(),
        })
    }

    /// Waits for both on a screen.
    #[track_caller]
    pub fn on(screen: &mut Screen) -> Self {
        screen.wait_for("for nobody else");
        let shown = screen.shown();
        Self::find(&shown).unwrap_or_else(|| panic!("no code: {shown}"))
    }
}

/// Four letters, a dash, four letters.
fn is_code(word: &str) -> bool {
    let letters = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_uppercase());
    word.split_once('-')
        .is_some_and(|(one, other)| letters(one) && letters(other))
}

/// A login without a terminal that has shown its code.
struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Waiting {
    fn begin(home: &Home, args: &[&str]) -> (Self, Shown) {
        let mut child = home.spawn(&[&["login"], args].concat());
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let mut said = String::new();
        let shown = loop {
            let read = stderr.read_line(&mut said).expect("stderr is UTF-8");
            assert_ne!(read, 0, "no code: {said}");
            if let Some(shown) = Shown::find(&said) {
                break shown;
            }
        };
        let waiting = Self {
            child,
            stderr,
            said,
        };
        (waiting, shown)
    }

    fn end(mut self) -> Run {
        let rest = self.stderr.read_to_string(&mut self.said);
        rest.expect("stderr is UTF-8");
        let run = Run::of(self.child.wait_with_output().expect("keyfob ends"));
        Run {
            stderr: self.said,
            ..run
        }
    }
}

#[test]
fn a_code_typed_elsewhere_signs_in_without_a_terminal() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    let (login, shown) = Waiting::begin(&home, &["peer"]);
    peer.wait_for("authorization_pending", 1);
    let page = Browser::of("julien").approve(&shown.verification, &shown.code);
    assert!(page.body.contains("Sign-in Success"), "{page:?}");
    let login = login.end().ok();
    assert!(
        login
            .last()
            .contains("signed in to Peer as julien: peer/julien"),
        "{login:?}"
    );
    peer.granted_only("urn:ietf:params:oauth:grant-type:device_code");

    let listed = home.run(&["list", "--json"]).ok().json();
    assert_eq!(listed["accounts"][0]["scope"], "openid profile email");
    home.run(&["refresh"]).ok();
    assert_eq!(peer.seen("refresh_token.consumed"), 1);
    let whoami = home.run(&["whoami", "--json"]).ok().json();
    assert_eq!(whoami["claims"]["sub"], "julien");

    let token = home.run(&["token"]).ok();
    let logout = home.run(&["logout", "peer", "--json"]).ok().json();
    for token in logout["accounts"][0]["tokens"].as_array().expect("two") {
        assert_eq!(token["result"], "revoked", "{logout}");
    }
    assert_eq!(peer.introspect(token.line()), json!({"active": false}));
}

#[test]
fn a_code_on_a_terminal_is_polled_for_as_rarely_as_the_server_wants() {
    // The package sends no `interval`, which means five seconds.
    let Some(peer) = Peer::with(&json!({"announce": {}})) else {
        return;
    };
    let home = peer.home();
    let mut screen = Screen::start(&home.keyfob(&["login", "peer", "--flow", "device"]));
    let shown = Shown::on(&mut screen);
    Browser::of("ada").approve(&shown.verification, &shown.code);
    let (status, shown) = screen.end();
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("signed in to Peer as ada: peer/ada"),
        "{shown}"
    );
    assert_eq!(
        peer.seen("poll"),
        1,
        "the person was faster than the interval"
    );
    peer.granted_only("urn:ietf:params:oauth:grant-type:device_code");
}

#[test]
fn a_server_that_wants_fewer_polls_gets_fewer() {
    let Some(peer) = Peer::with(&json!({"slowDowns": 1})) else {
        return;
    };
    let home = peer.home();
    let since = std::time::Instant::now();
    let (login, shown) = Waiting::begin(&home, &["peer"]);
    peer.wait_for("slow_down", 1);
    Browser::of("julien").approve(&shown.verification, &shown.code);
    login.end().ok();
    assert_eq!(peer.seen("poll"), 2);
    let waited = since.elapsed().as_secs();
    assert!(waited >= 7, "a second, and five more: {waited} s");
}

#[test]
fn a_no_on_either_page_ends_the_login() {
    let Some(peer) = Peer::with(&json!({})) else {
        return;
    };
    let home = peer.home();
    for no in [Browser::abort, Browser::cancel_device] {
        let (login, shown) = Waiting::begin(&home, &["peer", "--json"]);
        let page = no(&mut Browser::of("julien"), &shown.verification, &shown.code);
        assert!(page.body.contains("interrupted"), "{page:?}");
        let login = login.end();
        assert_eq!(login.status, 1, "{login:?}");
        let failure = login.failure();
        assert_eq!(failure["error"], "access_denied");
        let what = failure["error_description"].as_str().expect("a sentence");
        assert!(what.contains("End-User aborted interaction"), "{what}");
    }
    assert!(home.stored().is_empty());
    assert_eq!(peer.seen("access_token.saved"), 0);
}

#[test]
fn a_code_that_nobody_typed_in_time_says_so() {
    // Once by the server's word, for it is over sooner than announced, and once by keyfob's own clock.
    for announce in [
        json!({"interval": 1, "expires_in": 600}),
        json!({"interval": 1}),
    ] {
        let Some(peer) =
            Peer::with(&json!({"deviceCode": 2, "announce": {"/device/auth": announce}}))
        else {
            return;
        };
        let home = peer.home();
        let (login, _) = Waiting::begin(&home, &["peer", "--json"]);
        let login = login.end();
        assert_eq!(login.status, 1, "{login:?}");
        assert_eq!(login.failure()["error"], "expired_token");
        let hint = login.failure()["hint"].to_string();
        assert!(hint.contains("keyfob login peer"), "{hint}");
    }
}
