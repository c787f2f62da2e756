//! What other processes of the same user see of a running keyfob, and what is left when it crashes.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

use keyfob_testkit::local_users::LocalUsers;
use keyfob_testkit::process::{Running, until};
use keyfob_testkit::provider::acme;
use keyfob_testkit::scene::signed_in;

/// As a shell starts it that allows core dumps of any size.
fn with_core_dumps(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "ulimit -c unlimited 2>/dev/null || ulimit -c $(ulimit -H -c); exec \"$0\" \"$@\"",
        ])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in command.get_envs() {
        shell.env(name, value.expect("nothing is taken away"));
    }
    shell
}

#[test]
fn a_crash_dumps_nothing() {
    let (home, _provider) = acme();
    let folder = home.path("");
    let mut login = with_core_dumps(&home.login_command(&["acme"]));
    let mut login = Running::new(login.current_dir(&folder).spawn().unwrap());
    login.await_line("authorize?");
    let limits = fs::read_to_string(format!("/proc/{}/limits", login.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    login.signal("ABRT");
    let status = login.child().wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    assert!(
        !fs::read_dir(folder)
            .unwrap()
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("core"))
    );
}

/// What `exec` runs has the limit that keyfob was started with.
#[test]
fn a_command_may_dump_as_before() {
    let (home, _provider) = signed_in();
    let limit = |command: &Command| {
        let output = with_core_dumps(command).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let mut plain = Command::new("sh");
    plain
        .args(["-c", "ulimit -c"])
        .env("PATH", std::env::var_os("PATH").unwrap());
    let through = home.keyfob(&["exec", "acme", "--", "sh", "-c", "ulimit -c"]);
    assert_eq!(limit(&through), limit(&plain));
    let mut ephemeral = home.keyfob(&[
        "exec",
        "sandbox",
        "--ephemeral",
        "--",
        "sh",
        "-c",
        "ulimit -c",
    ]);
    ephemeral.env("KEYFOB_BROWSER", "");
    assert_eq!(limit(&ephemeral), limit(&plain));
}

#[test]
fn another_process_of_the_same_user_does_not_read_the_memory() {
    let Some(users) = LocalUsers::find() else {
        return;
    };
    users.run("ada", &["login", "sandbox"]).ok();
    let mut waiting = users.keyfob(users.ada, "ada", &["sandbox", "serve"]);
    waiting.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut waiting = Running::new(waiting.spawn().unwrap());
    waiting.await_line("http");
    let read = |id: u32| {
        let script = format!("exec 3</proc/{id}/mem");
        let mut read = Command::new("sh");
        read.args(["-c", &script])
            .uid(users.ada.uid)
            .gid(users.ada.uid);
        read.stderr(Stdio::null()).status().unwrap().success()
    };
    let mut other = Command::new("sleep");
    let other = other
        .arg("100")
        .uid(users.ada.uid)
        .gid(users.ada.uid)
        .spawn()
        .unwrap();
    let other = Running::new(other);
    until("a process of that user can be read", || read(other.id()));
    assert!(!read(waiting.id()));
}
