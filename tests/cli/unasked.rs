//! Nothing asks by accident: on a terminal with `--no-input` or in `CI`, and without a terminal, what would have
//! been asked is a failure at once that names what answers instead.

use std::process::{Command, Stdio};

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::{GENEROUS, Running};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::screen::Screen;

const PASSPHRASE: &str = "correct horse";

/// A command that would ask, the exit code, and what it names instead of asking.
const ASKING: &[(&str, u32, &[&str])] = &[
    (
        "login acme --with-token",
        2,
        &["pipe it in", "keyfob login acme --with-token"],
    ),
    ("login acme", 4, &["KEYFOB_BROWSER", "--browser"]),
    (
        "login secretive --browser true",
        1,
        &["KEYFOB_SECRETIVE_CLIENT_SECRET"],
    ),
    ("login strange --browser true", 1, &["--register"]),
    (
        "exec acme --ephemeral -- true",
        4,
        &["KEYFOB_BROWSER", "--browser"],
    ),
    (
        "exec secretive --ephemeral --browser true -- true",
        1,
        &["KEYFOB_SECRETIVE_CLIENT_SECRET"],
    ),
    (
        "exec strange --ephemeral --browser true -- true",
        1,
        &["--register"],
    ),
    ("logout --all", 2, &["`--yes` answers it"]),
    ("provider remove acme --force", 2, &["`--yes` answers it"]),
    ("provider add beta", 2, &["--issuer"]),
    ("backup x.age --move", 2, &["`--yes` answers it"]),
    ("backup x.age", 2, &["KEYFOB_BACKUP_PASSPHRASE"]),
    ("token", 5, &["KEYFOB_PASSPHRASE"]),
    ("export acme", 5, &["KEYFOB_PASSPHRASE"]),
    ("exec acme -- true", 5, &["KEYFOB_PASSPHRASE"]),
    ("check --live", 5, &["KEYFOB_PASSPHRASE"]),
    ("whoami", 5, &["KEYFOB_PASSPHRASE"]),
];

/// Somebody signed in, their store behind a passphrase that is not there; and providers that want to know more.
fn scene() -> (Home, Provider) {
    let (mut home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    home.set("KEYFOB_PASSPHRASE", PASSPHRASE);
    home.login(&["acme"]).ok();
    home.unset("KEYFOB_PASSPHRASE");
    let secret = "client_auth = \"client_secret_post\"\nclient_secret_required = true\n";
    home.provider("secretive", &provider.definition(secret));
    home.provider("strange", &provider.bare_definition());
    provider.state(|state| state.registers = true);
    (home, provider)
}

/// The line with a flag of keyfob's own. A login has the passphrase, for it would ask for nothing else without.
fn command(home: &Home, line: &str, flag: Option<&str>) -> Command {
    let words: Vec<&str> = flag.into_iter().chain(line.split(' ')).collect();
    let mut command = home.keyfob(&words);
    if line.starts_with("login") {
        command.env("KEYFOB_PASSPHRASE", PASSPHRASE);
    }
    command
}

#[track_caller]
fn assert_named(line: &str, status: (u32, u32), said: &str, words: &[&str]) {
    assert_eq!(status.0, status.1, "{line}: {said}");
    for word in words {
        assert!(said.contains(word), "{line}: no `{word}` in {said}");
    }
    assert!(said.contains("hint"), "{line}: {said}");
    assert!(!said.contains("[y/N]: "), "{line}: {said}");
}

#[test]
fn on_a_terminal_where_nothing_may_be_asked_what_answers_is_named() {
    for (ci, flag) in [(Some("true"), None), (None, Some("--no-input"))] {
        let (mut home, provider) = scene();
        let before = home.stored().len();
        let asked = provider.asked("/token").len();
        if let Some(ci) = ci {
            home.set("CI", ci);
        }
        for (line, status, named) in ASKING {
            let mut screen = Screen::start(&command(&home, line, flag));
            let (ended, shown) = screen.end();
            assert_named(line, (ended, *status), &shown, named);
            assert!(screen.echoes(), "{line}");
        }
        assert_eq!(home.stored().len(), before);
        assert_eq!(provider.asked("/token").len(), asked);
        assert!(provider.asked("/register").is_empty());
    }
}

/// A pipe that stays open and gives nothing: a question would wait for ever.
#[test]
fn without_a_terminal_what_answers_is_named() {
    let (home, provider) = scene();
    for (line, status, named) in &ASKING[1..] {
        for manner in [None, Some("--json")] {
            let mut command = command(&home, line, manner);
            let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
            let stdin = child.stdin.take(); // open until the end
            let run = Running::new(child).end_within(GENEROUS);
            drop(stdin);
            let ended = run.status.try_into().expect("no signal");
            assert_named(line, (ended, *status), &run.stderr, named);
            let verdict = line.starts_with("check");
            assert!(run.stdout.is_empty() || verdict, "{line}: {run:?}");
            if manner.is_some() {
                run.failure();
            }
        }
    }
    assert_eq!(provider.asked("/token").len(), 1, "the login's");
}

/// What is piped is taken, and where nobody may be asked too.
#[test]
fn without_a_terminal_a_given_token_comes_through_the_pipe() {
    let token = format!("{MARK}given-0001");
    for (ci, flag) in [
        (None, None),
        (Some("true"), None),
        (None, Some("--no-input")),
    ] {
        let (mut home, provider) = keyfob_testkit::provider::acme();
        provider.state(|state| state.alive.insert(token.clone()));
        if let Some(ci) = ci {
            home.set("CI", ci);
        }
        let flag = flag.unwrap_or_default();
        let line = format!("echo {token} | keyfob login acme --with-token {flag}");
        let run: Run = home.shell(&line).ok();
        assert!(!run.stderr.contains(MARK), "{run:?}");
        assert_eq!(home.run(&["token"]).ok().line(), token);
    }
}

/// Those that need nobody do their work there, and say nothing but their answer.
#[test]
fn on_a_terminal_in_ci_what_needs_nobody_works() {
    let (mut home, _provider) = keyfob_testkit::scene::signed_in();
    home.set("CI", "true");
    for (line, answer) in [
        ("check", "valid"),
        ("which", "acme/julien"),
        ("doctor --offline", "passed"),
        ("exec acme -- echo done", "done"),
        ("token", MARK),
        ("export acme --format json", MARK),
        ("logout acme", "signed out"),
    ] {
        let mut screen = Screen::start(&command(&home, line, None));
        let (status, shown) = screen.end();
        assert_eq!(status, 0, "{line}: {shown}");
        assert!(shown.contains(answer), "{line}: {shown}");
        assert!(screen.echoes(), "{line}");
    }
}
