//! A token that is given: through a pipe or at a prompt, taken or refused, to its end.

use super::*;
use keyfob_testkit::screen::Screen;

/// The provider knows it.
const GOOD: &str = "MARKED-SECRET-given-0001";

/// What goes wrong before anything is sent, each with the mark in it.
const NO_TOKENS: [&str; 8] = [
    "MARKED-SECRET-a\nMARKED-SECRET-b",
    "Bearer MARKED-SECRET-a",
    "MARKED-SECRET-\0",
    "MARKED-SECRET-\u{fc}",
    "{\"access_token\":\"MARKED-SECRET-a\"}",
    "\"MARKED-SECRET-a\"",
    "TOKEN=MARKED-SECRET-a",
    "renews-MARKED-SECRET-a",
];

impl Round {
    /// Gives a token in every manner.
    #[track_caller]
    fn give(&mut self, ends: fn(i32) -> bool, token: &str, args: &[&str]) {
        for manner in MANNERS {
            let args = [&["login", "acme", "--with-token"], args, manner].concat();
            let run = self.home.run_with_input(&args, token);
            assert!(ends(run.status), "{args:?}: {run:?}");
            self.hear(&args, run);
        }
    }
}

#[test]
fn a_given_token_is_kept() {
    let r = &mut Round::new(Home::new());
    let more = "[prefixes]\naccess = [\"MARKED-\"]\nrefresh = [\"renews-\"]\n\
                [revocation]\nstyle = \"bearer\"\n";
    let definition = r.provider.definition(&[POST, more].concat());
    r.home.provider("acme", &definition);
    r.provider.state(|state| state.alive.insert(GOOD.into()));
    for wrong in NO_TOKENS {
        r.give(|status| status == 2, wrong, &[]);
    }
    for echo in ECHOES {
        r.echo(Some(echo));
        r.give(badly, GOOD, &[]);
    }
    for echo in ECHOES {
        r.echo(None);
        r.give(well, GOOD, &["--as", "ci"]);
        r.run(well, &["list"]);
        r.run(badly, &["refresh", "acme/ci"]);
        r.echo(Some(echo));
        r.run(badly, &["whoami", "acme/ci"]);
        let run = r.home.run(&["logout", "acme/ci", "--revoke", "-v"]);
        r.hear(&["logout"], run);
    }
    r.echo(None);
    r.give(well, GOOD, &["--as", "ci", "--no-verify"]);
    r.run(well, &["token", "acme/ci"]);
    let run = r.home.run(&["logout", "acme/ci", "-v"]).ok();
    r.hear(&["logout"], run);
    r.run(well, &["login", "acme"]); // so that the judge finds a store and a browser in use
    r.judge();
}

#[test]
fn a_token_that_is_typed_is_nowhere_on_the_screen() {
    for token in [GOOD].iter().chain(&NO_TOKENS[1..]) {
        let r = &mut Round::new(Home::new());
        r.provider.state(|state| state.alive.insert(GOOD.into()));
        let args = ["login", "acme", "--with-token", "-v"];
        let mut screen = Screen::start(&r.home.keyfob(&args));
        screen.wait_for_echo(false);
        screen.press(&format!("{}\r", token.replace('\0', "")));
        screen.end();
        let raw = screen.raw();
        assert!(!raw.contains(MARK), "{raw}");
    }
}
