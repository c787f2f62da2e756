//! Tokens on their way to scripts: the formats of `export`, the command of `exec`, and a sign-in for it alone.

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::process::{Running, until};
use keyfob_testkit::provider::Decision;

const FORMATS: [&str; 11] = [
    "sh",
    "bash",
    "zsh",
    "fish",
    "powershell",
    "cmd",
    "nu",
    "elvish",
    "dotenv",
    "json",
    "gitlab",
];

/// A round whose account can be signed in to by a device code too; temporary files go to the home.
fn round() -> Round {
    let mut r = Round::new(Home::new());
    let more = [POST, &r.provider.device()].concat();
    r.home.provider("acme", &r.provider.definition(&more));
    r.provider.state(|state| state.decision = Decision::Granted);
    r.home.write("tmp/none", "");
    r.home
        .set("TMPDIR", r.home.path("tmp").display().to_string());
    r.run(well, &["login", "acme"]);
    r
}

/// The lines of a text that hold a secret.
fn marked(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains(MARK)).collect()
}

fn end_the_token(r: &Round) {
    r.home.later("acme/julien", 3600);
}

#[test]
fn every_format_is_on_stdout_alone() {
    let r = &mut round();
    for format in FORMATS {
        let manners = if format == "json" {
            &MANNERS[..]
        } else {
            &MANNERS[..2]
        };
        for manner in manners {
            let args = [&["export", "acme", "--format", format], *manner].concat();
            let run = r.home.run(&args).ok();
            assert_eq!(run.stdout.matches(MARK).count(), 1, "{format}: {run:?}");
            r.hear(&args, run);
        }
    }
    for echo in ECHOES {
        r.echo(Some(echo));
        for format in FORMATS {
            end_the_token(r);
            let args = ["export", "acme", "--format", format, "-v"];
            let run = r.home.run(&args);
            assert!(badly(run.status) && run.stdout.is_empty(), "{run:?}");
            r.hear(&args, run);
        }
    }
    r.echo(None);
    r.run(well, &["login", "acme"]);
    let wrong = [
        &["export", "acme", "--format", "github"][..],
        &["export", "acme", "--name", "1"],
        &["export", "acme", "--name", "PATH=x"],
        &["export", "acme", "acme/nobody"],
        &["export", "acme", "--format", "gitlab", "--report", "/"],
        &["export", "acme", "--min-ttl", "9d"],
    ];
    for args in wrong {
        for manner in MANNERS {
            let run = r.home.run(&[args, manner].concat());
            assert!(badly(run.status) && run.stdout.is_empty(), "{run:?}");
            r.hear(args, run);
        }
    }
    r.judge();
}

/// A token that a format cannot carry is not shown to say so.
#[test]
fn a_token_that_a_format_refuses_is_not_repeated() {
    let r = &mut round();
    let mut secrets = r.home.secrets("acme/julien");
    for odd in ["a'b\"c", "a b", "a\nb", "$(id)", "%PATH%", ""] {
        let token = if odd.is_empty() {
            String::new()
        } else {
            format!("{MARK}{odd}")
        };
        secrets.tokens.access_token = keyfob_base::secret::Secret::new(token);
        let account = r.home.account("acme/julien");
        r.home.vault().keep(&account, &secrets).expect("a store");
        for format in FORMATS {
            let args = ["export", "acme", "--format", format, "-v"];
            let run = r.home.run(&args);
            if run.status != 0 {
                assert_eq!(run.stdout, "", "{format} {odd:?}: {run:?}");
            }
            r.hear(&args, run);
        }
    }
    r.judge();
}

#[test]
fn a_runner_gets_masks_and_its_file_and_nothing_else() {
    let r = &mut round();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("env");
    let read = || std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, "").expect("a file");
    r.home.set("GITHUB_ENV", file.display().to_string());
    let github = ["export", "acme", "--format", "github", "-v"];
    let run = r.home.run(&github).ok();
    let [mask] = marked(&run.stdout)[..] else {
        panic!("one mask: {run:?}");
    };
    let token = mask
        .strip_prefix("::add-mask::")
        .expect("a mask")
        .to_owned();
    assert_eq!(marked(&read()), [&*token]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    r.hear(&github, run);

    std::fs::write(&file, "").expect("a file");
    for echo in ECHOES {
        r.echo(Some(echo));
        end_the_token(r);
        let run = r.home.run(&github);
        assert!(badly(run.status) && run.stdout.is_empty(), "{run:?}");
        r.hear(&github, run);
    }
    r.echo(None);
    r.run(well, &["login", "acme"]);
    for name in ["GITHUB_TOKEN", "NODE_OPTIONS", "1"] {
        let args = [&github[..], &["--name", name]].concat();
        let run = r.home.run(&args);
        assert!(badly(run.status) && run.stdout.is_empty(), "{run:?}");
        r.hear(&github, run);
    }
    assert_eq!(read(), "");

    // Inside a step `exec` masks before its command can speak.
    r.home.set("GITHUB_ACTIONS", "true");
    for exec in [
        &["exec", "acme", "-v", "--", "true"][..],
        &[
            "exec",
            "acme",
            "--ephemeral",
            "--flow",
            "device",
            "-v",
            "--",
            "true",
        ],
    ] {
        let run = r.home.run(exec).ok();
        let masks = marked(&run.stderr);
        assert_eq!(masks.len(), 1, "{run:?}");
        assert!(masks[0].starts_with("::add-mask::"), "{run:?}");
        assert_eq!(run.stdout, "");
    }
    r.home.unset("GITHUB_ACTIONS");
    r.judge();
}

#[test]
fn a_report_is_where_a_token_is_and_stdout_is_not() {
    let r = &mut round();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report");
    let path = file.display().to_string();
    let args = [
        "export", "acme", "--format", "gitlab", "--report", &path, "-v",
    ];
    for echo in ECHOES {
        r.echo(Some(echo));
        end_the_token(r);
        let run = r.home.run(&args);
        assert!(badly(run.status), "{run:?}");
        r.hear(&["export report"], run);
        assert!(!file.exists());
    }
    r.echo(None);
    r.run(well, &["login", "acme"]);
    let run = r.home.run(&args).ok();
    r.hear(&["export report"], run); // no stdout of `export` is excused here
    let report = std::fs::read_to_string(&file).expect("a report");
    assert_eq!(marked(&report).len(), 1, "{report}");
    let beside = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(beside, 1, "and no half of it");
    r.judge();
}

/// Where a secret may be of a process that runs: its arguments and its environment.
fn seen(pid: u32) -> (String, String) {
    let read = |what: &str| {
        let bytes = std::fs::read(format!("/proc/{pid}/{what}")).expect("it runs");
        String::from_utf8_lossy(&bytes).replace('\0', "\n")
    };
    (read("cmdline"), read("environ"))
}

/// The command's process, once it has said so.
fn begun(home: &Home, own: &[&str]) -> (Running, u32) {
    let line = "echo $$ >\"$HOME/pid.new\"; mv \"$HOME/pid.new\" \"$HOME/pid\"; read line; exit 3";
    let mut command = home.keyfob(&[own, &["--", "sh", "-c", line]].concat());
    let child = command.stdin(std::process::Stdio::piped()).spawn();
    let running = Running::new(child.expect("keyfob starts"));
    let pid = home.path("pid");
    until("the command runs", || pid.exists());
    let id = std::fs::read_to_string(&pid).expect("an id");
    std::fs::remove_file(&pid).expect("it is there");
    (running, id.trim().parse().expect("a number"))
}

#[test]
fn a_command_has_the_token_in_one_variable_and_keyfob_in_none() {
    for ended in [false, true] {
        let r = &mut round();
        r.home.unset("KEYFOB_ACME_CLIENT_SECRET");
        r.home.provider("acme", &r.provider.definition(""));
        r.run(well, &["login", "acme"]);
        if ended {
            end_the_token(r);
            let before = r.provider.asked("/token").len();
            let door = r.provider.hold("/token");
            let running = r.home.begin(&["exec", "acme", "-v", "--", "true"]);
            r.provider.wait_for("/token", before + 1);
            let (arguments, environment) = seen(running.id());
            assert!(!arguments.contains(MARK) && !environment.contains(MARK));
            drop(door);
            let run = running.end().ok();
            r.hear(&["exec"], run);
        }
        let (mut running, pid) = begun(&r.home, &["exec", "acme", "-v"]);
        assert_eq!(pid, running.id());
        let (arguments, environment) = seen(pid);
        assert!(!arguments.contains(MARK), "{arguments}");
        let variables = marked(&environment);
        assert_eq!(variables.len(), 1, "{variables:?}");
        assert!(variables[0].starts_with("ACME_TOKEN=MARKED-SECRET-access-"));
        drop(running.child().stdin.take());
        let run = running.end();
        assert_eq!(run.status, 3);
        r.hear(&["exec"], run);
        r.judge();
    }
}

#[test]
fn a_sign_in_for_one_command_is_in_its_environment_and_nowhere_else() {
    let r = &mut round();
    r.home.unset("KEYFOB_ACME_CLIENT_SECRET");
    r.home
        .provider("acme", &r.provider.definition(&r.provider.device()));
    let exec = ["exec", "acme", "--ephemeral", "--flow", "device", "-v"];
    let (mut running, pid) = begun(&r.home, &exec);
    assert_ne!(pid, running.id());
    let (arguments, environment) = seen(running.id());
    assert!(!arguments.contains(MARK) && !environment.contains(MARK));
    let (arguments, environment) = seen(pid);
    assert!(!arguments.contains(MARK), "{arguments}");
    assert_eq!(marked(&environment).len(), 1, "{environment}");
    // Nothing is written while it runs, nor held open in a file that has no name any more.
    for (path, bytes) in r.home.files() {
        assert_none(&spellings(MARK), &bytes, &path.display().to_string());
    }
    let open = std::fs::read_dir(format!("/proc/{}/fd", running.id())).expect("it runs");
    for descriptor in open.flatten() {
        let target = std::fs::read_link(descriptor.path()).unwrap_or_default();
        let regular = std::fs::metadata(descriptor.path()).is_ok_and(|file| file.is_file());
        assert!(!regular, "{}", target.display());
    }
    drop(running.child().stdin.take());
    let run = running.end();
    assert_eq!(run.status, 3);
    assert_eq!(run.stdout, "");
    r.hear(&["exec"], run);
    r.judge();
}

/// A sign-in for one command by a device code, which takes a second at least.
const EPHEMERAL: [&str; 7] = [
    "exec",
    "acme",
    "--ephemeral",
    "--flow",
    "device",
    "--",
    "true",
];

#[test]
fn a_sign_in_for_one_command_that_fails_gives_nothing_away() {
    let r = &mut round();
    for echo in ECHOES {
        r.echo(Some(echo));
        r.run(badly, &EPHEMERAL);
    }
    r.echo(None);
    for (command, status) in [("no-such", 127), ("/", 126), ("true", 0)] {
        let args = in_manner(&[&EPHEMERAL[..6], &[command]].concat(), &["-v"]);
        let run = r.home.run(&args);
        assert_eq!(run.status, status, "{run:?}");
        r.hear(&args, run);
    }
    r.judge();
}

/// Only what comes after the consent fails, each echo in one of the manners: who it is, and giving back.
#[test]
fn a_sign_in_for_one_command_that_fails_late_gives_nothing_away() {
    let late = ["/authorize", "/device", "/token", "/userinfo"];
    std::thread::scope(|scope| {
        for spared in [&late[..3], &late] {
            scope.spawn(move || {
                let r = &mut round();
                r.provider.state(|state| state.spared = spared.to_vec());
                for (echo, manner) in ECHOES.into_iter().zip(MANNERS.into_iter().cycle()) {
                    r.echo(Some(echo));
                    let args = in_manner(&EPHEMERAL, manner);
                    let run = r.home.run(&args);
                    let ran = spared.len() == late.len();
                    assert_eq!(run.status == 0, ran, "{run:?}");
                    r.hear(&args, run);
                }
                r.echo(None);
                r.judge();
            });
        }
    });
}

#[test]
fn a_command_that_does_not_start_gives_nothing_away() {
    let r = &mut round();
    r.run(|status| status == 127, &["exec", "acme", "--", "no-such"]);
    r.run(|status| status == 126, &["exec", "acme", "--", "/"]);
    r.run(badly, &["exec", "acme", "--env", "1", "--", "true"]);
    for echo in ECHOES {
        r.echo(Some(echo));
        end_the_token(r);
        r.run(badly, &["exec", "acme", "--", "true"]);
        r.run(badly, &["check", "--live"]);
    }
    r.judge();
}

#[test]
fn looking_shows_nothing() {
    let r = &mut round();
    for ended in [false, true] {
        if ended {
            end_the_token(r);
        }
        for args in [
            &["list"][..],
            &["check"],
            &["check", "--all"],
            &["which"],
            &["which", "acme"],
            &["log"],
            &["log", "acme", "--since", "1h"],
        ] {
            r.run(|status| status == 0 || status == 3, args);
        }
    }
    r.run(well, &["check", "--live"]);
    r.run(well, &["log"]);
    r.judge();
}
