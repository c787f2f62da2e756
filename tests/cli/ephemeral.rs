//! `exec --ephemeral`: a sign-in for one command, of which nothing is written, and all of it given back.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use keyfob_testkit::home::Home;
use keyfob_testkit::process::{Running, until};
use keyfob_testkit::provider::{Decision, MARK, Provider, acme_with};
use keyfob_testkit::server::Reply;
use keyfob_testkit::visitor::{Waiting, begin_visit};

/// What the first sign-in gets.
const ACCESS: &str = "MARKED-SECRET-access-0002";

/// A home that knows `acme`, whose person allows every device code at once.
fn granted() -> (Home, Provider) {
    granted_with("")
}

fn granted_with(more: &str) -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider(
        "acme",
        &provider.definition(&format!("{}{more}", provider.device())),
    );
    provider.state(|state| state.decision = Decision::Granted);
    (home, provider)
}

/// The arguments that sign in by a device code and run a line of the shell.
fn sh(line: &str) -> [&str; 9] {
    [
        "exec",
        "acme",
        "--ephemeral",
        "--flow",
        "device",
        "--",
        "sh",
        "-c",
        line,
    ]
}

/// A child that counts the signals it gets, and ends at the first USR2.
const COUNTS: &str = "for each in INT TERM HUP QUIT USR1; do trap \"echo $each\" $each; done; \
    trap 'exit 9' USR2; echo ready >&2; while :; do sleep 0.01; done";

/// Every file and folder of the home but the sandbox's own.
fn tree(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = home.holdings().into_iter();
    let ours = files.filter(|(path, _)| !path.starts_with(home.path("state/sandbox")));
    ours.collect()
}

/// The tokens that the server was asked to revoke, in order.
fn revoked(provider: &Provider) -> Vec<String> {
    let asked = provider.asked("/revoke").into_iter();
    asked
        .map(|request| request.form["token_type_hint"].clone())
        .collect()
}

const BOTH: [&str; 2] = ["refresh_token", "access_token"];

fn kill(signal: &str, target: &str) {
    let status = Command::new("kill")
        .args([&format!("-{signal}"), "--", target])
        .status();
    assert!(
        status.expect("kill starts").success(),
        "kill -{signal} {target}"
    );
}

#[test]
fn a_sign_in_for_one_command_leaves_nothing_here_and_nothing_there() {
    let (home, provider) = granted();
    let before = tree(&home);
    let run = home.run(&sh("echo $ACME_TOKEN; exit 3"));
    assert_eq!(run.status, 3, "{run:?}");
    assert!(run.line().starts_with(MARK), "{run:?}");
    assert_eq!(tree(&home), before);
    assert!(!home.path("data").exists());
    assert_eq!(revoked(&provider), BOTH);
    let token = &provider.asked("/revoke")[1].form["token"];
    assert_eq!(token, run.line());
    assert!(provider.state(|state| state.alive.is_empty()));
    assert!(
        run.stderr
            .contains("signed in to Acme as julien, for this command alone"),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("revoked what the command had of Acme"),
        "{run:?}"
    );
    assert!(!run.stderr.contains(MARK), "{run:?}");
    assert!(home.accounts().is_empty());
}

#[test]
fn the_browser_signs_in_too_and_is_told_that_nothing_is_kept() {
    let (home, provider) = acme_with("");
    let mut command = home.keyfob(&[
        "exec",
        "acme",
        "--ephemeral",
        "--",
        "sh",
        "-c",
        "echo $ACME_TOKEN",
    ]);
    command.env("KEYFOB_BROWSER", "true");
    let before = tree(&home);
    let waiting = Waiting::new(command.spawn().expect("keyfob starts"));
    let url = waiting.url.clone();
    let (page, run) = waiting.bring(&url);
    assert_eq!(run.ok().line(), ACCESS);
    assert!(page.body.contains("keyfob keeps nothing of it"), "{page:?}");
    assert_eq!(tree(&home), before);
    assert_eq!(revoked(&provider), BOTH);
}

#[test]
fn the_sandbox_and_machines_sign_in_for_one_command() {
    let home = Home::new();
    let run = home.run(&[
        "exec",
        "sandbox",
        "--ephemeral",
        "--",
        "sh",
        "-c",
        "echo $SANDBOX_TOKEN",
    ]);
    let run = run.ok();
    assert!(run.line().len() > 20, "{run:?}");
    assert!(run.stderr.contains("revoked what"), "{run:?}");
    assert!(tree(&home).is_empty(), "{:?}", tree(&home).keys());

    let (mut home, provider) = acme_with("client_auth = \"client_secret_post\"\n");
    provider.state(|state| state.machines = true);
    home.set("KEYFOB_ACME_CLIENT_SECRET", "a-secret");
    home.set("CI", "true");
    let before = tree(&home);
    let line = "echo $ACME_TOKEN$KEYFOB_ACME_CLIENT_SECRET";
    let args = [
        "exec",
        "acme",
        "--ephemeral",
        "--flow",
        "client-credentials",
        "--scope",
        "api",
        "--",
        "sh",
        "-c",
        line,
    ];
    let run = home.run(&args).ok();
    assert_eq!(run.line(), format!("{MARK}access-0001"));
    assert_eq!(tree(&home), before);
    assert_eq!(revoked(&provider), ["access_token"]);
    assert_eq!(provider.asked("/token")[0].form["scope"], "api");
}

#[test]
fn an_account_that_is_kept_stays_and_its_danger_is_said() {
    let (home, provider) = granted();
    home.run(&["login", "acme", "--flow", "device"]).ok();
    let before = tree(&home);
    let run = home.run(&sh("echo $ACME_TOKEN")).ok();
    assert!(
        run.stderr.contains("acme/julien has the same client"),
        "{run:?}"
    );
    assert_eq!(tree(&home), before);
    assert_eq!(revoked(&provider), BOTH);
    assert_ne!(home.run(&["token"]).ok().line(), run.line());
}

#[test]
fn signals_to_keyfob_reach_the_command_once() {
    for to_all in [false, true] {
        let (home, provider) = granted();
        let mut command = home.keyfob(&sh(COUNTS));
        let mut running = Running::new(command.process_group(0).spawn().expect("keyfob starts"));
        running.await_line("ready");
        let sign = if to_all { "-" } else { "" };
        let target = format!("{sign}{}", running.id());
        for signal in ["TERM", "INT", "HUP", "USR1", "QUIT"] {
            kill(signal, &target);
            std::thread::sleep(Duration::from_millis(150)); // that two of one kind do not become one
        }
        kill("USR2", &target);
        let run = running.end();
        let counted: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(
            counted,
            ["TERM", "INT", "HUP", "USR1", "QUIT"],
            "{to_all} {run:?}"
        );
        assert_eq!(run.status, 9, "{run:?}");
        assert_eq!(revoked(&provider), BOTH);
    }
}

#[test]
fn a_command_that_ignores_a_signal_is_waited_for() {
    let (home, provider) = granted();
    let go = home.path("go");
    let line = format!(
        "trap '' TERM; echo ready >&2; until [ -e {} ]; do sleep 0.01; done; exit 4",
        go.display()
    );
    let mut running = home.begin(&sh(&line));
    running.await_line("ready");
    running.signal("TERM");
    running.signal("TERM");
    std::thread::sleep(Duration::from_millis(200)); // the signals are obeyed, if at all
    assert!(running.child().try_wait().expect("it is ours").is_none());
    assert!(provider.asked("/revoke").is_empty());
    home.write("go", "");
    assert_eq!(running.end().status, 4);
    assert_eq!(revoked(&provider), BOTH);
}

#[test]
fn a_command_that_a_signal_ends_is_128_and_the_signal() {
    for (signal, status) in [("KILL", 137), ("TERM", 143), ("SEGV", 139)] {
        let (home, provider) = granted();
        let run = home.run(&sh(&format!("kill -{signal} $$")));
        assert_eq!(run.status, status, "{run:?}");
        assert_eq!(revoked(&provider), BOTH);
    }
}

#[test]
fn the_default_of_a_forwarded_signal_is_the_commands() {
    let (home, provider) = granted();
    let mut running = home.begin(&sh("echo ready >&2; exec sleep 60"));
    running.await_line("ready");
    running.signal("HUP");
    assert_eq!(running.end().status, 129);
    assert_eq!(revoked(&provider), BOTH);
}

#[test]
fn a_signal_before_the_command_runs_starts_nothing_and_gives_back_what_there_was() {
    for (stage, revocations) in [("/device", 0), ("/userinfo", 2)] {
        for signal in ["INT", "TERM", "HUP"] {
            let (home, provider) = granted();
            let started = home.path("started");
            let door = provider.hold(stage);
            let running = home.begin(&sh(&format!("touch {}", started.display())));
            provider.wait_for(stage, 1);
            running.signal(signal);
            let run = running.end();
            drop(door);
            assert_eq!(run.status, 130, "{run:?}");
            assert_eq!(run.stderr.matches("interrupted").count(), 1, "{run:?}");
            assert!(!started.exists());
            assert_eq!(revoked(&provider).len(), revocations, "{stage} {signal}");
        }
    }
}

#[test]
fn a_code_that_is_being_exchanged_is_not_lost() {
    let (home, provider) = acme_with("");
    let mut command = home.keyfob(&["exec", "acme", "--ephemeral", "--", "touch", "started"]);
    command
        .env("KEYFOB_BROWSER", "true")
        .current_dir(home.path(""));
    let waiting = Waiting::new(command.spawn().expect("keyfob starts"));
    let door = provider.hold("/token");
    let (pid, url) = (waiting.pid().to_string(), waiting.url.clone());
    let browser = begin_visit(&url);
    provider.wait_for("/token", 1);
    kill("TERM", &pid);
    drop(door);
    let run = waiting.end();
    browser.join().expect("the browser");
    assert_eq!(run.status, 130, "{run:?}");
    assert_eq!(revoked(&provider), BOTH);
    assert!(!home.path("started").exists());
}

/// A poll that signs the person in, and the short way of a machine.
#[test]
fn tokens_that_are_on_their_way_are_not_lost() {
    for machine in [false, true] {
        let more = if machine {
            "client_auth = \"client_secret_post\"\n"
        } else {
            ""
        };
        let (mut home, provider) = granted_with(more);
        provider.state(|state| state.machines = machine);
        home.set("KEYFOB_ACME_CLIENT_SECRET", "a-secret");
        let flow = if machine {
            "client-credentials"
        } else {
            "device"
        };
        let door = provider.hold("/token");
        let args = ["exec", "acme", "--ephemeral", "--flow", flow];
        let running = home.begin(&[&args[..], &["--", "true"]].concat());
        provider.wait_for("/token", 1);
        running.signal("TERM");
        std::thread::sleep(Duration::from_millis(100)); // it is obeyed, if at all
        drop(door);
        let run = running.end();
        assert_eq!(run.status, 130, "{run:?}");
        let gone = if machine { &BOTH[1..] } else { &BOTH };
        assert_eq!(revoked(&provider), gone, "{run:?}");
    }
}

#[test]
fn a_sign_in_that_fails_half_way_is_given_back() {
    let (home, provider) = granted();
    provider.next("/userinfo", Reply::Text(503, String::new(), String::new()));
    home.run(&sh("echo started")).fails(3, &["503"]);
    assert_eq!(revoked(&provider), BOTH);
    assert!(home.stored().is_empty());
}

#[test]
fn what_a_command_that_cannot_be_run_had_is_given_back() {
    let (home, provider) = granted();
    let device = ["exec", "acme", "--ephemeral", "--flow", "device", "--", "/"];
    home.run(&device).fails(126, &["it is a folder"]);
    assert_eq!(revoked(&provider), BOTH);
}

#[test]
fn nobody_signs_in_for_a_command_that_is_not_there() {
    let (home, provider) = granted();
    home.run(&["exec", "acme", "--ephemeral", "--", "no-such-command"])
        .fails(127, &["`no-such-command` was not found"]);
    let failure = home.run(&["exec", "acme", "--ephemeral", "--json", "--", ""]);
    assert_eq!(failure.failure()["error"], "command_not_found");
    assert!(provider.asked("/device").is_empty());
}

#[test]
fn a_revocation_that_fails_is_a_warning_and_the_exit_code_stays() {
    let page = "[revocation]\npage = \"https://acme.example/tokens\"\n";
    let (home, provider) = granted_with(page);
    for _ in 0..2 {
        provider.next(
            "/revoke",
            Reply::Json(400, json!({"error": "invalid_client"})),
        );
    }
    let run = home.run(&sh("exit 7"));
    assert_eq!(run.status, 7, "{run:?}");
    for words in [
        "warning:",
        "invalid_client",
        "lives until",
        "https://acme.example/tokens",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    let (home, provider) = granted();
    provider.next("/revoke", Reply::Close);
    let run = home.run(&sh("exit 7"));
    assert_eq!(run.status, 7, "{run:?}");
    assert!(run.stderr.contains("in your settings there"), "{run:?}");
}

#[test]
fn a_server_that_hangs_at_the_revocation_is_left_after_5_seconds() {
    let (mut home, provider) = granted();
    home.set("KEYFOB_TEST_GIVE_BACK", "2");
    let door = provider.hold("/revoke");
    let running = home.begin(&sh("exit 7"));
    provider.wait_for("/revoke", 1);
    running.signal("TERM"); // there is no command to end any more, and giving back goes on
    let run = running.end();
    drop(door);
    assert_eq!(run.status, 7, "{run:?}");
    assert!(run.stderr.contains("did not answer in time"), "{run:?}");
}

#[test]
fn what_cannot_be_revoked_is_said_before_consent() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = provider.definition(&provider.device());
    let lines = definition
        .lines()
        .filter(|line| !line.starts_with("revocation_endpoint"));
    let definition: Vec<&str> = lines.collect();
    home.provider(
        "acme",
        &(definition.join("\n") + "\n[revocation]\npage = \"https://acme.example/tokens\"\n"),
    );
    let mut running = home.begin(&sh("true"));
    running.await_line("Acme cannot revoke tokens: those of this sign-in outlive the command; revoke it by hand at https://acme.example/tokens");
    assert!(provider.asked("/token").is_empty());
    provider.state(|state| state.decision = Decision::Granted);
    let run = running.end();
    assert_eq!(run.status, 0, "{run:?}");
    for words in [
        "its access token lives until",
        "its refresh token lives until you revoke it",
    ] {
        assert_eq!(run.stderr.matches(words).count(), 1, "{run:?}");
    }
    assert!(provider.asked("/revoke").is_empty());
}

/// A home that knows `acme` without a client, and whose server registers one.
fn registering(managed: bool) -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = format!("{}{}", provider.bare_definition(), provider.device());
    home.provider("acme", &definition);
    provider.state(|state| {
        state.registers = true;
        state.decision = Decision::Granted;
        if managed {
            state.registration = json!({
                "client_secret": format!("{MARK}client"),
                "token_endpoint_auth_method": "client_secret_post",
                "registration_access_token": format!("{MARK}registration"),
                "registration_client_uri": format!("{}/register/1", provider.origin()),
            });
        }
    });
    (home, provider)
}

const REGISTERS: [&str; 9] = [
    "exec",
    "acme",
    "--ephemeral",
    "--register",
    "--flow",
    "device",
    "--",
    "sh",
    "-c",
];

#[test]
fn a_registration_lives_in_memory_and_is_deleted() {
    let (home, provider) = registering(true);
    provider.next(
        "/register/1",
        Reply::Text(204, String::new(), String::new()),
    );
    let before = tree(&home);
    let run = home.run(&[&REGISTERS[..], &["exit 6"]].concat());
    assert_eq!(run.status, 6, "{run:?}");
    assert_eq!(tree(&home), before);
    assert_eq!(revoked(&provider), BOTH);
    let deleted = &provider.asked("/register/1")[0];
    assert_eq!(deleted.method, "DELETE");
    assert_eq!(
        deleted.headers["authorization"],
        format!("Bearer {MARK}registration")
    );
    assert!(
        run.stderr.contains("is no longer registered at Acme"),
        "{run:?}"
    );
    assert!(!run.stderr.contains(MARK), "{run:?}");
    assert_eq!(
        provider.asked("/revoke")[0].form["client_secret"],
        format!("{MARK}client")
    );
}

#[test]
fn a_registration_that_nobody_can_delete_is_said() {
    let (home, provider) = registering(false);
    let run = home.run(&[&REGISTERS[..], &["exit 6"]].concat());
    assert_eq!(run.status, 6, "{run:?}");
    assert!(run.stderr.contains("stays registered at Acme"), "{run:?}");
    let (home, second) = registering(true);
    let run = home.run(&[&REGISTERS[..], &["exit 6"]].concat());
    assert_eq!(run.status, 6, "{run:?}");
    drop((provider, second));
}

#[test]
fn a_registration_is_deleted_where_nobody_signed_in() {
    let (home, provider) = registering(true);
    provider.state(|state| state.decision = Decision::Denied);
    provider.next(
        "/register/1",
        Reply::Text(204, String::new(), String::new()),
    );
    let before = tree(&home);
    home.run(&[&REGISTERS[..], &["exit 6"]].concat())
        .fails(1, &["Acme"]);
    assert_eq!(provider.asked("/register/1").len(), 1);
    assert!(provider.asked("/revoke").is_empty());
    assert_eq!(tree(&home), before);
}

#[test]
fn who_cannot_be_named_signs_in_all_the_same() {
    let (home, provider) = (Home::new(), Provider::start());
    let definition = provider.definition(&provider.device());
    let lines = definition
        .lines()
        .filter(|line| !line.starts_with("userinfo_endpoint"));
    let definition: Vec<&str> = lines.collect();
    home.provider("acme", &definition.join("\n"));
    provider.state(|state| state.decision = Decision::Granted);
    let run = home.run(&sh("exit 3"));
    assert_eq!(run.status, 3, "{run:?}");
    assert!(
        run.stderr.contains("signed in to Acme, for this command"),
        "{run:?}"
    );
}

#[test]
fn one_provider_is_named_and_nothing_else() {
    let (home, provider) = granted();
    for (args, words) in [
        (&[][..], "at one provider"),
        (&["acme", "github"], "at one provider"),
        (&["acme/julien"], "is an account"),
        (&["https://id.example.com"], "by its name"),
        (&["acne"], "acme"),
    ] {
        let whole = [&["exec"], args, &["--ephemeral", "--", "true"]].concat();
        home.run(&whole).fails(2, &[words]);
    }
    for more in [
        &["--min-ttl", "1h"][..],
        &["--exchange"],
        &["--browser", "true", "--no-browser"],
    ] {
        let whole = [&["exec", "acme", "--ephemeral"], more, &["--", "true"]].concat();
        assert_eq!(home.run(&whole).status, 2, "{more:?}");
    }
    let whole = ["exec", "acme", "--ephemeral", "--env", "1", "--", "true"];
    home.run(&whole).fails(2, &["cannot be a variable"]);
    assert!(provider.asked("/device").is_empty());
}

#[test]
fn where_nobody_can_sign_in_it_ends_at_once_and_names_the_flags() {
    let (mut home, provider) = acme_with("");
    home.set("CI", "true");
    let run = home.run(&[
        "exec",
        "acme",
        "--ephemeral",
        "--scope",
        "read",
        "--",
        "true",
    ]);
    run.fails(4, &["nothing may be asked", "KEYFOB_BROWSER"]);
    let run = home.run(&["exec", "github", "--ephemeral", "--", "true"]);
    run.fails(
        1,
        &["`keyfob exec github --ephemeral --client-id ID -- CMD`"],
    );
    assert!(provider.asked("/token").is_empty());
    assert!(home.stored().is_empty());
}

#[test]
fn streams_are_the_commands_own() {
    let (home, provider) = granted();
    for (closed, status) in [
        ("<&-", 5),
        ("2>&-", 5),
        ("<&- >&- 2>&-", 5),
        ("</dev/null", 5),
    ] {
        let line = format!("keyfob exec acme --ephemeral --flow device -- sh -c 'exit 5' {closed}");
        let run = home.shell(&line);
        assert_eq!(run.status, status, "{closed}: {run:?}");
    }
    let line = "echo in | keyfob exec acme --ephemeral --flow device -q -- cat";
    let run = home.shell(line).ok();
    assert_eq!(run.stdout, "in\n");
    let line = "(keyfob exec acme --ephemeral --flow device -q -- yes; echo $? >&2) | true";
    assert!(home.shell(line).stderr.ends_with("141\n"));
    assert_eq!(revoked(&provider).len(), 12);
}

#[test]
fn no_process_is_left_beside_the_command() {
    let (home, _provider) = granted();
    let mut running = home.begin(&sh("echo ready >&2; read line"));
    running.await_line("ready");
    let children = |pid: u32| -> Vec<String> {
        let path = format!("/proc/{pid}/task/{pid}/children");
        let listed = std::fs::read_to_string(path).unwrap_or_default();
        listed.split_whitespace().map(str::to_owned).collect()
    };
    let beside = children(running.id());
    running.signal("KILL");
    let _ = running.child().wait();
    until("all have ended", || {
        let state = |pid: &String| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        let alive = |pid: &&String| state(pid).is_some_and(|stat| !stat.contains(") Z "));
        beside.iter().filter(alive).count() == 0
    });
}

#[test]
fn without_the_witness_signals_arrive_all_the_same() {
    let (home, provider) = granted();
    home.write("bin/empty", "");
    let mut command = home.keyfob(&[
        "exec",
        "acme",
        "--ephemeral",
        "--flow",
        "device",
        "--",
        "/bin/sh",
        "-c",
    ]);
    command.arg("trap 'exit 9' TERM; echo ready >&2; while :; do :; done");
    command.env("PATH", home.path("bin"));
    let mut running = Running::new(command.spawn().expect("keyfob starts"));
    running.await_line("ready");
    running.signal("TERM");
    assert_eq!(running.end().status, 9);
    assert_eq!(revoked(&provider), BOTH);
}

/// It is one process, and not one after the other for as long as the command runs.
#[test]
fn a_witness_that_does_not_stay_is_not_called_again() {
    let (home, provider) = granted();
    home.write("bin/cat", "#!/bin/sh\necho called >>\"$0.calls\"\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(home.path("bin/cat"), executable).expect("it is ours");
    let mut command = home.keyfob(&sh(
        "trap 'exit 9' TERM; echo ready >&2; while :; do :; done",
    ));
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", home.path("bin").display()));
    let mut running = Running::new(command.spawn().expect("keyfob starts"));
    running.await_line("ready");
    std::thread::sleep(Duration::from_millis(1500)); // longer than the command is left without a look
    running.signal("TERM");
    assert_eq!(running.end().status, 9);
    let calls = std::fs::read_to_string(home.path("bin/cat.calls")).unwrap_or_default();
    assert_eq!(calls, "called\n");
    assert_eq!(revoked(&provider), BOTH);
}

/// Keys of a terminal are sent to the whole foreground group.
#[test]
fn a_ctrl_c_of_the_terminal_reaches_the_command_once() {
    let (home, provider) = granted();
    let count =
        "trap 'echo counted' INT; trap 'exit 9' QUIT; echo ready; while :; do sleep 0.01; done";
    let mut screen = keyfob_testkit::screen::Screen::start(&home.keyfob(&sh(count)));
    screen.wait_for("ready");
    screen.press("\u{3}");
    screen.wait_for("counted");
    std::thread::sleep(Duration::from_millis(200)); // a second one would have come by now
    screen.press("\u{1c}");
    let (status, shown) = screen.end();
    assert_eq!(status, 9, "{shown}");
    assert_eq!(shown.matches("counted").count(), 1, "{shown}");
    assert_eq!(revoked(&provider), BOTH);
}
