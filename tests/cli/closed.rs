//! Standard streams that are closed, or that nobody reads any more: the exit code is right, what can still
//! be said is said, and no file takes a closed stream's place.

use std::process::Stdio;

use crate::home::{Home, Run};
use crate::provider::{Decision, MARK, Provider, acme_with_device};

/// A verb, as it is run from a shell.
struct Verb {
    /// What was done before it.
    before: &'static [&'static str],
    /// The verb and its arguments.
    line: &'static str,
    /// What its answer holds; nothing where it answers under `--json` alone.
    answer: &'static str,
    /// The same under `--json`.
    json: &'static str,
}

const VERBS: &[Verb] = &[
    verb("token", MARK, MARK),
    verb("list", "acme/julien", "acme/julien"),
    verb("whoami acme", "julien", "\"claims\""),
    verb("refresh acme", "refreshed", "refreshed"),
    verb("log", "sign_in", "sign_in"),
    verb("provider list", "acme", "\"acme\""),
    verb("login sandbox", "", "sandbox/ada"),
    Verb {
        before: &["login", "sandbox"],
        ..verb("logout sandbox", "", "revoked")
    },
];

const fn verb(line: &'static str, answer: &'static str, json: &'static str) -> Verb {
    Verb {
        before: &[],
        line,
        answer,
        json,
    }
}

/// A failure, as it is run from a shell, and its exit code.
const FAILURES: &[(&str, i32)] = &[
    ("token nobody", 2),
    ("token --nope", 2),
    ("nope", 2),
    ("token github", 4),
    ("refresh github", 4),
    ("whoami github", 4),
    ("logout github", 4),
    ("login acme --store keyring", 5),
    ("login acme --flow browser --no-input", 4),
    ("log Acme", 2),
    ("provider show nothing", 2),
];

fn scene() -> (Home, Provider) {
    let (home, provider) = acme_with_device();
    provider.state(|state| state.decision = Decision::Granted);
    home.login(&["acme"]).ok();
    (home, provider)
}

/// Runs every verb, for people and for scripts, in homes of their own; `answered` tells whether the answer
/// can arrive.
fn every_verb(answered: bool, run: impl Fn(&Home, &str) -> Run + Sync) {
    std::thread::scope(|scope| {
        for verb in VERBS {
            for (manner, answer) in [("", verb.answer), (" --json", verb.json)] {
                let run = &run;
                scope.spawn(move || {
                    let (home, _provider) = scene();
                    if !verb.before.is_empty() {
                        home.run(verb.before).ok();
                    }
                    let line = format!("{}{manner}", verb.line);
                    let run = run(&home, &line);
                    assert_eq!(run.status, 0, "{line}: {run:?}");
                    let wanted = if answered { answer } else { "" };
                    assert!(run.stdout.contains(wanted), "{line}: {run:?}");
                    assert_eq!(run.stdout.is_empty(), wanted.is_empty(), "{line}: {run:?}");
                    for noise in ["error", "panicked", "pipe", "descriptor"] {
                        assert!(!run.stderr.contains(noise), "{line}: {run:?}");
                    }
                });
            }
        }
    });
}

#[test]
fn without_standard_input_everything_works() {
    every_verb(true, |home, line| home.shell(&format!("keyfob {line} <&-")));
}

#[test]
fn without_standard_error_the_answer_comes() {
    every_verb(true, |home, line| {
        home.shell(&format!("keyfob {line} 2>&-"))
    });
}

#[test]
fn without_standard_output_the_work_is_done() {
    every_verb(false, |home, line| {
        home.shell(&format!("keyfob {line} >&-"))
    });
}

#[test]
fn without_any_stream_the_work_is_done() {
    every_verb(false, |home, line| {
        home.shell(&format!("keyfob {line} <&- >&- 2>&-"))
    });
    let (home, _provider) = scene();
    home.shell("keyfob login sandbox <&- >&- 2>&-").ok();
    assert_eq!(home.accounts(), ["acme/julien", "sandbox/ada"]);
    home.shell("keyfob logout sandbox <&- >&- 2>&-").ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
}

/// The reader is gone for certain, before the first byte.
#[test]
fn a_pipe_that_nobody_reads_is_no_failure() {
    every_verb(false, |home, line| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = home.shell_command(&format!("exec keyfob {line}"));
        command.stdout(Stdio::from(writer)).stderr(Stdio::piped());
        let child = command.spawn().expect("sh starts");
        drop(command); // and with it the last writer of this process
        Run::of(child.wait_with_output().expect("keyfob ends"))
    });
}

#[test]
fn a_conversation_that_nobody_reads_is_no_failure() {
    every_verb(true, |home, line| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = home.shell_command(&format!("exec keyfob {line} -v"));
        command.stderr(Stdio::from(writer)).stdout(Stdio::piped());
        let child = command.spawn().expect("sh starts");
        drop(command);
        Run::of(child.wait_with_output().expect("keyfob ends"))
    });
}

#[test]
fn failures_keep_their_exit_codes() {
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        for manner in ["", "--json"] {
            let (home, _provider) = scene();
            for (line, status) in FAILURES {
                let run = home.shell(&format!("keyfob {line} {manner} {closed}"));
                assert_eq!(run.status, *status, "{line} {manner} {closed}: {run:?}");
                assert_eq!(run.stdout, "", "{line} {manner} {closed}");
                let silent = closed.contains("2>&-");
                assert_eq!(
                    run.stderr.is_empty(),
                    silent,
                    "{line} {manner} {closed}: {run:?}"
                );
            }
        }
    }
}

/// What would be written to a closed stream would else go into a file, a lock or a socket.
#[cfg(target_os = "linux")]
#[test]
fn no_file_takes_the_place_of_a_closed_stream() {
    use crate::process::Running;
    for (line, stage) in [
        ("refresh acme", "/token"),
        ("whoami acme", "/userinfo"),
        ("login acme --flow device", "/device"),
        ("logout acme", "/revoke"),
    ] {
        let (home, provider) = scene();
        let before = provider.asked(stage).len();
        let door = provider.hold(stage);
        let mut command = home.shell_command(&format!("exec keyfob {line} -v <&- >&- 2>&-"));
        let process = Running::new(command.spawn().expect("sh starts"));
        provider.wait_for(stage, before + 1);
        for stream in 0..3 {
            let opened = std::fs::read_link(format!("/proc/{}/fd/{stream}", process.id()));
            assert_eq!(
                opened.expect("an open stream").to_str(),
                Some("/dev/null"),
                "{line}"
            );
        }
        drop(door);
        assert_eq!(process.end().status, 0, "{line}");
        for (path, bytes) in home.files() {
            let text = String::from_utf8_lossy(&bytes);
            let said = ["POST ", "signed ", "refreshed"]
                .iter()
                .any(|word| text.contains(word));
            assert!(!said, "{line}: {}: {text}", path.display());
        }
    }
}
