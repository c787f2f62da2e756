//! The same where a script gives or takes a token: a pipe that holds one, files of a CI system, the streams of
//! a command.

use super::*;
use crate::vault::HomeVault as _;
use keyfob_testkit::server::Reply;

const GIVEN: &str = "MARKED-SECRET-given-0001";

/// Streams that are closed, whether the answer then comes, and whether the conversation is heard.
const CLOSED: [(&str, bool, bool); 3] = [
    (">&-", false, true),
    ("2>&-", true, false),
    (">&- 2>&-", false, false),
];

/// Files of a CI system, outside the home.
fn files_of_ci(home: &mut Home) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (variable, file) in [("GITHUB_ENV", "env"), ("GITHUB_OUTPUT", "output")] {
        let path = folder.path().join(file);
        std::fs::write(&path, "").expect("a file");
        home.set(variable, path.display().to_string());
    }
    folder
}

fn read(folder: &tempfile::TempDir, file: &str) -> String {
    std::fs::read_to_string(folder.path().join(file)).unwrap_or_default()
}

#[test]
fn a_given_token_is_taken_whatever_else_is_closed() {
    for (closed, answered, heard) in CLOSED {
        for manner in ["", "--json"] {
            let (home, provider) = scene();
            provider.state(|state| state.alive.insert(GIVEN.into()));
            let line =
                format!("echo {GIVEN} | keyfob login acme --with-token --as ci {manner} {closed}");
            let run = shell(&home, &line).ok();
            let answered = answered && manner == "--json";
            assert_eq!(run.stdout.contains("acme/ci"), answered, "{line}: {run:?}");
            let said = heard && manner.is_empty();
            assert_eq!(run.stderr.contains("acme/ci"), said, "{line}: {run:?}");
            assert!(!run.stderr.contains(MARK) && !run.stdout.contains(MARK));
            assert_no_file_holds_a_token(&home, &line);
            assert_eq!(home.run(&["token", "acme/ci"]).ok().line(), GIVEN);
        }
    }
}

#[test]
fn a_given_token_that_cannot_come_is_no_login() {
    let (home, provider) = scene();
    let asked = provider.asked("/userinfo").len();
    for closed in ["<&-", "<&- >&-", "<&- >&- 2>&-", "</dev/null"] {
        let line = format!("exec keyfob login acme --with-token --as ci {closed}");
        assert_eq!(shell(&home, &line).status, 2, "{closed}");
    }
    assert_eq!(provider.asked("/userinfo").len(), asked);
    assert_eq!(home.accounts(), ["acme/julien"]);
}

/// A mask is the runner's only once it was read, so a conversation may be lost and an answer may not.
#[test]
fn a_file_of_the_runner_holds_a_token_only_after_its_mask_was_written() {
    for flag in ["", "--output"] {
        let file = if flag.is_empty() { "env" } else { "output" };
        let line = format!("exec keyfob export acme --format github {flag}");
        for (closed, masked) in [
            ("<&-", true),
            ("2>&-", true),
            ("<&- 2>&-", true),
            (">&-", false),
            (">&- 2>&-", false),
            ("<&- >&- 2>&-", false),
        ] {
            let (mut home, _provider) = scene();
            let folder = files_of_ci(&mut home);
            let run = shell(&home, &format!("{line} {closed}"));
            assert_eq!(run.status, i32::from(!masked), "{closed}: {run:?}");
            assert_eq!(
                run.stdout.contains("::add-mask::"),
                masked,
                "{closed}: {run:?}"
            );
            assert_eq!(read(&folder, file).contains(MARK), masked, "{closed}");
            assert!(!run.stderr.contains(MARK), "{run:?}");
            assert_no_file_holds_a_token(&home, closed);
        }
        let (mut home, _provider) = scene();
        let folder = files_of_ci(&mut home);
        let mut command = home.shell_command(&line);
        command.stdout(unread()).stderr(Stdio::piped());
        let run = bounded(command);
        run.fails(1, &["nothing was set"]);
        assert_eq!(read(&folder, file), "");
    }
}

#[test]
fn a_report_is_written_whatever_is_closed() {
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let (home, _provider) = scene();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("report");
        let line = format!(
            "exec keyfob export acme --format gitlab --report {} {closed}",
            file.display()
        );
        let run = shell(&home, &line).ok();
        assert_eq!(run.stdout, "", "{closed}: {run:?}");
        assert!(!run.stderr.contains(MARK), "{run:?}");
        let report = read(&folder, "report");
        assert_eq!(report.matches(MARK).count(), 1, "{closed}: {report}");
        assert_eq!(report.lines().count(), 1, "{closed}: {report}");
        assert_no_file_holds_a_token(&home, closed);
    }
}

/// How `exec` is run, before the command.
const EXECS: [&str; 3] = [
    "exec acme",
    "exec acme --exchange",
    "exec acme --ephemeral --flow device -q",
];

#[test]
fn what_is_open_is_the_commands_and_what_is_closed_goes_nowhere() {
    for exec in EXECS {
        let (home, _provider) = scene();
        for closed in ["", "2>&-"] {
            let line = format!("echo in | keyfob {exec} -- cat {closed}");
            assert_eq!(shell(&home, &line).ok().stdout, "in\n", "{line}");
        }
        let line = format!("exec keyfob {exec} -- cat <&-");
        assert_eq!(shell(&home, &line).ok().stdout, "", "{line}");
        let looked = home.path("looked").display().to_string();
        let look = "$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)";
        let line =
            format!("exec keyfob {exec} -- sh -c 'echo \"{look}\" >{looked}; exit 7' <&- >&- 2>&-");
        assert_eq!(shell(&home, &line).status, 7, "{line}");
        #[cfg(target_os = "linux")]
        {
            let looked = std::fs::read_to_string(looked).expect("the command ran");
            let streams: Vec<&str> = looked.lines().collect();
            assert_eq!(streams, ["/dev/null"; 3], "{line}");
        }
        assert_no_file_holds_a_token(&home, exec);
    }
}

/// As it would end without keyfob: by SIGPIPE, which for a parent is 128 and its number.
#[test]
fn a_command_whose_output_nobody_reads_ends_as_it_does_alone() {
    for (exec, status) in EXECS.into_iter().zip([-1, -1, 141]) {
        let (home, _provider) = scene();
        let mut command = home.shell_command(&format!("exec keyfob {exec} -- yes"));
        command.stdout(unread()).stderr(Stdio::piped());
        let run = bounded(command);
        assert_eq!(run.status, status, "{exec}: {run:?}");
        assert!(!run.stderr.contains("error"), "{run:?}");
    }
}

#[test]
fn an_ephemeral_sign_in_is_given_back_with_every_stream_closed() {
    for (command, status, given_back) in
        [("true", 0, 2), ("false", 1, 2), ("no-such-command", 127, 0)]
    {
        let (home, provider) = scene();
        let line =
            format!("exec keyfob exec acme --ephemeral --flow device -- {command} <&- >&- 2>&-");
        assert_eq!(shell(&home, &line).status, status, "{command}");
        assert_eq!(provider.asked("/revoke").len(), given_back, "{command}");
        assert_eq!(home.accounts(), ["acme/julien"]);
    }
}

/// What the answer of a renewed token says is true: where it was lost the token is kept all the same.
#[test]
fn a_token_that_was_renewed_for_nobody_is_kept() {
    for verb in [
        "token acme",
        "export acme",
        "check --live",
        "exec acme -- true",
    ] {
        for closed in [">&-", "<&- >&- 2>&-"] {
            let (home, provider) = scene();
            home.later("acme/julien", 3600);
            shell(&home, &format!("exec keyfob {verb} {closed}")).ok();
            provider.assert_refreshes(1);
            provider.next("/token", Reply::Close); // nobody asks again
            home.run(&["token", "acme"]).ok();
            assert_eq!(provider.state(|state| state.reuses), 0, "{verb}");
        }
    }
}
