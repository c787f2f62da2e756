//! Logins where the terminal is somebody else's, is none of theirs, or is not there.

use keyfob_testkit::process::GENEROUS;
use std::process::Command;
use std::time::{Duration, Instant};

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{Decision, Provider, acme, acme_with_device};
use keyfob_testkit::screen::Screen;
use keyfob_testkit::visitor::begin_visit;

/// "At once": no wait for a person or a poll.
const AT_ONCE: Duration = GENEROUS;

/// A line of a shell with job control, in which `keyfob` is the binary, on a terminal.
fn line(home: &Home, line: &str) -> Screen {
    let keyfob = home.keyfob(&[]);
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &format!("set -m; {}", line.replace("keyfob", "\"$0\"")),
        ])
        .arg(keyfob.get_program());
    for (name, value) in keyfob.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    Screen::start(&shell)
}

fn granted() -> (Home, Provider) {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    (home, provider)
}

#[test]
fn a_login_in_the_background_finishes_and_leaves_the_terminal_alone() {
    let (home, _provider) = granted();
    let mut screen = line(&home, "keyfob login acme & wait $!; echo ended $?");
    let before = screen.settings();
    screen.wait_for("WDJB-MJHT");
    assert_eq!(screen.settings(), before, "its keys are the shell's");
    assert!(!screen.raw().contains("waiting for"), "nothing moves");
    screen.wait_for("ended 0");
    assert_eq!(screen.end().0, 0);
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn a_redirect_finishes_a_login_in_the_background() {
    let (home, _provider) = acme();
    let mut screen = line(
        &home,
        "keyfob login acme --browser true & wait $!; echo ended $?",
    );
    let url = screen.authorization_url();
    let browser = begin_visit(&url);
    screen.wait_for("ended 0");
    browser.join().expect("the browser");
}

#[test]
fn pasting_alone_ends_at_once_where_no_key_arrives() {
    let (home, _provider) = acme();
    for how in [
        "keyfob login acme --flow paste & wait $!",
        "setsid -w keyfob login acme --flow paste",
    ] {
        let begin = Instant::now();
        let mut screen = line(&home, &format!("{how}; echo ended $?"));
        screen.wait_for("ended 4");
        assert!(begin.elapsed() < AT_ONCE, "{how}");
        let shown = screen.shown();
        assert!(shown.contains("what is pasted does not arrive"), "{shown}");
        assert!(!shown.contains("/authorize"), "{shown}");
    }
}

#[test]
fn without_a_controlling_terminal_the_other_ways_are_left() {
    let (home, _provider) = granted();
    let mut screen = line(&home, "setsid -w keyfob login acme; echo ended $?");
    screen.wait_for("WDJB-MJHT");
    screen.wait_for("ended 0");
    let shown = screen.shown();
    assert!(!shown.contains("paste"), "{shown}");
}

/// Nobody reads what is said, and the code signs in all the same: a script may have shown it.
#[test]
fn closed_streams_are_no_failure() {
    for streams in ["2>&-", "<&- 2>&-", "<&- >&- 2>&-"] {
        let (home, provider) = granted();
        let run: Run = home.shell(&format!("keyfob login acme --flow device {streams}"));
        assert_eq!(run.status, 0, "{streams}: {run:?}");
        assert_eq!(home.accounts(), ["acme/julien"], "{streams}");
        for (path, bytes) in home.files() {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("WDJB"), "{}: {text}", path.display());
        }
        drop(provider);
    }
}

#[test]
fn with_all_streams_closed_what_cannot_finish_ends_at_once() {
    let (home, provider) = acme();
    let begin = Instant::now();
    for (flow, status) in [("auto", 4), ("paste", 4), ("browser", 4), ("device", 2)] {
        let run = home.shell(&format!("keyfob login acme --flow {flow} <&- >&- 2>&-"));
        assert_eq!(run.status, status, "{flow}: {run:?}");
    }
    assert!(begin.elapsed() < AT_ONCE);
    assert!(provider.asked("/authorize").is_empty() && home.stored().is_empty());
}
