//! Standard streams that are closed, or that nobody reads any more: the exit code is right, what can still
//! be said is said, and no file takes a closed stream's place.

mod scripts;

use keyfob_testkit::process::GENEROUS;
use std::process::{Command, Stdio};
use std::time::Duration;

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::{Decision, MARK, Provider, acme_with_device};

/// Nothing here takes longer, even where many tests run beside it.
const BOUND: Duration = GENEROUS;

/// A verb, as it is run from a shell.
struct Verb {
    /// What was done before it.
    before: fn(&Home),
    /// The verb and its arguments.
    line: &'static str,
    /// What its answer holds; nothing where it answers under `--json` alone.
    answer: &'static str,
    /// The same under `--json`; `None` where that is another command.
    json: Option<&'static str>,
}

impl Verb {
    /// How it is run, and what its answer then holds.
    fn manners(&self) -> Vec<(String, &'static str)> {
        let plain = (self.line.to_owned(), self.answer);
        let json = self.json.map(|json| (in_json(self.line), json));
        std::iter::once(plain).chain(json).collect()
    }
}

/// The same line under `--json`, which stands before what is another program's.
fn in_json(line: &str) -> String {
    match line.split_once(" -- ") {
        Some((own, command)) => format!("{own} --json -- {command}"),
        None => format!("{line} --json"),
    }
}

const VERBS: &[Verb] = &[
    verb("token", MARK, MARK),
    verb("list", "acme/julien", "acme/julien"),
    verb("whoami acme", "julien", "\"claims\""),
    verb("refresh acme", "refreshed", "refreshed"),
    verb("log", "sign_in", "sign_in"),
    verb("provider list", "acme", "\"acme\""),
    verb(
        "export acme",
        "ACME_TOKEN='MARKED-SECRET-",
        "\"ACME_TOKEN\"",
    ),
    Verb {
        json: None,
        ..verb("export acme --format gitlab", MARK, "")
    },
    verb("export acme --exchange", MARK, MARK),
    verb("token acme --exchange", MARK, MARK),
    verb("doctor", "passed", "\"findings\""),
    verb("check", "valid", "\"valid\""),
    verb("check --live", "valid", "\"valid\""),
    verb("which", "acme/julien", "acme/julien"),
    verb("use acme/julien", "", "acme/julien"),
    verb("use acme/julien --here", "", ".keyfob.toml"),
    Verb {
        before: |home| home.write(".keyfob.toml", "accounts = ['acme/julien']"),
        ..verb("use --trust", "", ".keyfob.toml")
    },
    verb("rename acme/julien julien", "", "acme/julien"),
    verb("move acme --store file", "", "\"unchanged\""),
    verb(
        "backup $HOME/a.age --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        "",
        "\"saved\"",
    ),
    verb("check acme/*", "valid", "\"valid\""),
    verb("exec acme -- true", "", ""),
    verb("exec acme --exchange -- true", "", ""),
    verb("exec acme --ephemeral --flow device -- true", "", ""),
    verb("login sandbox", "", "sandbox/ada"),
    Verb {
        before: |home| {
            home.run(&["login", "sandbox"]).ok();
        },
        ..verb("logout sandbox", "", "revoked")
    },
];

const fn verb(line: &'static str, answer: &'static str, json: &'static str) -> Verb {
    Verb {
        before: |_| {},
        line,
        answer,
        json: Some(json),
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
    ("export github", 4),
    ("export acme github", 4),
    ("export acme --name 1", 2),
    ("export acme --report x", 2),
    ("exec github -- true", 4),
    ("exec acme -- no-such-command", 127),
    ("exec acme -- /", 126),
    ("exec acme --env 1 -- true", 2),
    ("exec github --ephemeral -- true", 1),
    ("which github", 4),
    ("which nobody", 2),
    ("doctor nobody", 2),
    ("use acme", 2),
    ("use github", 4),
    ("use --trust", 2),
    ("use --here", 2),
    ("rename acme/nobody work", 2),
    ("logout acme/*", 2),
    ("move acme/nobody --store file", 2),
    ("move acme --store keyring", 5),
    ("backup / acme", 2),
    ("restore /nowhere", 2),
    ("restore data/defaults.json", 1),
    ("token acme/*", 2),
    ("token github --exchange", 1),
    ("token acme/julien --exchange", 2),
    ("login acme --with-token", 2),
];

fn scene() -> (Home, Provider) {
    let (mut home, provider) = acme_with_device();
    provider.state(|state| {
        state.decision = Decision::Granted;
        state.machines = true;
    });
    home.set("KEYFOB_ACME_ID_TOKEN", format!("{MARK}job"));
    home.login(&["acme"]).ok();
    (home, provider)
}

/// Runs every verb, for people and for scripts, in homes of their own; `answered` tells whether the answer
/// can arrive.
fn every_verb(answered: bool, run: impl Fn(&Home, &str) -> Run + Sync) {
    std::thread::scope(|scope| {
        for verb in VERBS {
            for (line, answer) in verb.manners() {
                let run = &run;
                scope.spawn(move || {
                    let (home, _provider) = scene();
                    (verb.before)(&home);
                    let run = run(&home, &line);
                    assert_eq!(run.status, 0, "{line}: {run:?}");
                    let wanted = if answered { answer } else { "" };
                    assert!(run.stdout.contains(wanted), "{line}: {run:?}");
                    assert_eq!(run.stdout.is_empty(), wanted.is_empty(), "{line}: {run:?}");
                    for noise in ["error", "panicked", "pipe", "descriptor", MARK] {
                        assert!(!run.stderr.contains(noise), "{line}: {run:?}");
                    }
                    assert_no_file_holds_a_token(&home, &line);
                });
            }
        }
    });
}

/// A token that was meant for a closed stream would else lie in whatever file was opened next.
#[track_caller]
fn assert_no_file_holds_a_token(home: &Home, line: &str) {
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(MARK), "{line}: {}: {text}", path.display());
    }
}

/// Runs a line of the shell, which must end in time.
#[track_caller]
fn shell(home: &Home, line: &str) -> Run {
    let mut command = home.shell_command(line);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    bounded(command)
}

#[track_caller]
fn bounded(mut command: Command) -> Run {
    let child = command.spawn().expect("sh starts");
    drop(command); // and with it the last writer of this process
    Running::new(child).end_within(BOUND)
}

/// A pipe whose reader is gone for certain, before the first byte.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn without_standard_input_everything_works() {
    every_verb(true, |home, line| {
        shell(home, &format!("exec keyfob {line} <&-"))
    });
}

#[test]
fn without_standard_error_the_answer_comes() {
    every_verb(true, |home, line| {
        shell(home, &format!("exec keyfob {line} 2>&-"))
    });
}

#[test]
fn without_standard_output_the_work_is_done() {
    every_verb(false, |home, line| {
        shell(home, &format!("exec keyfob {line} >&-"))
    });
}

#[test]
fn without_any_stream_the_work_is_done() {
    every_verb(false, |home, line| {
        shell(home, &format!("exec keyfob {line} <&- >&- 2>&-"))
    });
    let (home, _provider) = scene();
    home.shell("keyfob login sandbox <&- >&- 2>&-").ok();
    assert_eq!(home.accounts(), ["acme/julien", "sandbox/ada"]);
    home.shell("keyfob logout sandbox <&- >&- 2>&-").ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn a_pipe_that_nobody_reads_is_no_failure() {
    every_verb(false, |home, line| {
        let mut command = home.shell_command(&format!("exec keyfob {line}"));
        command.stdout(unread()).stderr(Stdio::piped());
        bounded(command)
    });
}

#[test]
fn a_conversation_that_nobody_reads_is_no_failure() {
    every_verb(true, |home, line| {
        let mut command = home.shell_command(&format!("exec keyfob -v {line}"));
        command.stderr(unread()).stdout(Stdio::piped());
        bounded(command)
    });
}

#[test]
fn failures_keep_their_exit_codes() {
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let (home, _provider) = scene();
        for (line, status) in FAILURES {
            for line in [(*line).to_owned(), in_json(line)] {
                let run = shell(&home, &format!("exec keyfob {line} {closed}"));
                assert_eq!(run.status, *status, "{line} {closed}: {run:?}");
                assert_eq!(run.stdout, "", "{line} {closed}");
                let silent = closed.contains("2>&-");
                assert_eq!(run.stderr.is_empty(), silent, "{line} {closed}: {run:?}");
            }
        }
    }
}

/// What would be written to a closed stream would else go into a file, a lock or a socket.
#[cfg(target_os = "linux")]
#[test]
fn no_file_takes_the_place_of_a_closed_stream() {
    for (line, stage) in [
        ("refresh acme", "/token"),
        ("whoami acme", "/userinfo"),
        ("login acme --flow device", "/device"),
        ("token acme --exchange", "/token"),
        ("export acme --exchange", "/token"),
        ("check --live", "/userinfo"),
        ("exec acme --ephemeral --flow device -- true", "/device"),
        ("logout acme", "/revoke"),
    ] {
        let (home, provider) = scene();
        let before = provider.asked(stage).len();
        let door = provider.hold(stage);
        let mut command = home.shell_command(&format!("exec keyfob -v {line} <&- >&- 2>&-"));
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
        assert_eq!(process.end_within(BOUND).status, 0, "{line}");
        assert_no_file_holds_a_token(&home, line);
        for (path, bytes) in home.files() {
            let text = String::from_utf8_lossy(&bytes);
            let said = ["POST ", "signed ", "refreshed"]
                .iter()
                .any(|word| text.contains(word));
            assert!(!said, "{line}: {}: {text}", path.display());
        }
    }
}
