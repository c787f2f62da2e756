//! `export` on a terminal: the format is the shell's, and what is on the screen now is said.

use std::process::Command;

use keyfob_testkit::home::Home;
use keyfob_testkit::needs::skip;
use keyfob_testkit::provider::MARK;
use keyfob_testkit::scene::signed_in;
use keyfob_testkit::screen::Screen;

/// What a terminal shows of a run.
#[track_caller]
fn shown(command: &Command) -> String {
    let (status, shown) = Screen::start(command).end();
    assert_eq!(status, 0, "{shown}");
    shown
}

/// keyfob on a terminal, started by a shell.
fn under(home: &Home, shell: &str, args: &[&str]) -> Command {
    let keyfob = home.keyfob(&[]);
    let mut command = Command::new(shell);
    command
        .args(args)
        .env_clear()
        .envs(keyfob.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .env("KEYFOB", keyfob.get_program());
    command
}

#[test]
fn the_shell_is_the_parent_and_else_the_usual_one() {
    let (mut home, _provider) = signed_in();
    home.set("SHELL", "/usr/bin/elvish");
    let token = format!("{MARK}access-0002");
    for (shell, args, form) in [
        // this test's own process is no shell
        ("", &[][..], "set-env ACME_TOKEN '"),
        (
            "bash",
            &["--norc", "-c", "\"$KEYFOB\" export; true"],
            "export ACME_TOKEN='",
        ),
        (
            "dash",
            &["-c", "\"$KEYFOB\" export; true"],
            "export ACME_TOKEN='",
        ),
        (
            "fish",
            &["--no-config", "-c", "$KEYFOB export; true"],
            "set -gx ACME_TOKEN '",
        ),
    ] {
        let command = match shell {
            "" => home.keyfob(&["export"]),
            shell if Command::new(shell).arg("-c").arg("true").status().is_err() => {
                skip(shell);
                continue;
            }
            shell => under(&home, shell, args),
        };
        let shown = shown(&command);
        assert!(
            shown.contains(&format!("{form}{token}'")),
            "{shell}: {shown}"
        );
    }
    home.set("SHELL", "/opt/odd/shell");
    assert!(shown(&home.keyfob(&["export"])).contains("export ACME_TOKEN='"));
    home.unset("SHELL");
    assert!(shown(&home.keyfob(&["export"])).contains("export ACME_TOKEN='"));
}

#[test]
fn a_token_on_the_screen_is_said_unless_quiet() {
    let (home, _provider) = signed_in();
    let warning = "warning: a token is on the screen now";
    for (format, instead) in [
        ("sh", "eval \"$(keyfob export --format sh)\""),
        ("fish", "`keyfob export --format fish | source`"),
        ("elvish", "| slurp"),
        ("nu", "| load-env"),
        ("powershell", "Invoke-Expression"),
        ("dotenv", "a pipe"),
        ("json", "a pipe"),
    ] {
        let args = ["export", "--format", format];
        let loud = shown(&home.keyfob(&args));
        assert!(loud.contains(warning) && loud.contains(instead), "{loud}");
        let quiet = shown(&home.keyfob(&[&args[..], &["-q"]].concat()));
        assert!(
            quiet.contains(MARK) && !quiet.contains("warning"),
            "{quiet}"
        );
    }
    assert!(shown(&home.keyfob(&["export", "--json"])).contains(warning));
    let report = home.path("r.env").display().to_string();
    let args = ["export", "--format", "gitlab", "--report", &report];
    assert!(!shown(&home.keyfob(&args)).contains("on the screen"));
}
