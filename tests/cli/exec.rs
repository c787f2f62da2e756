//! `exec`: the command takes keyfob's place, with tokens in its environment and nothing else of keyfob's.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::process::Running;
use keyfob_testkit::provider::{MARK, Provider, acme};
use keyfob_testkit::scene::{signed_in, signed_in_to};
use keyfob_testkit::server::Reply;

/// The token of a first sign-in.
const TOKEN: &str = "MARKED-SECRET-access-0002";

/// The arguments that run a line of the shell with the token of `acme`.
fn sh(line: &str) -> [&str; 6] {
    ["exec", "acme", "--", "sh", "-c", line]
}

/// A script in the home that can be run.
fn script(home: &Home, name: &str, contents: &str, mode: u32) -> String {
    let path = format!("bin/{name}");
    home.write(&path, contents);
    let path = home.path(&path);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    path.display().to_string()
}

/// The classic signals that a process blocks, ignores and catches. The C library has two for itself, right
/// behind them.
fn signals(status: &str) -> Vec<u64> {
    let mask = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        u64::from_str_radix(line.expect("a mask").trim(), 16).expect("a number") & 0x7fff_ffff
    };
    ["SigBlk:", "SigIgn:", "SigCgt:"].map(mask).to_vec()
}

/// The descriptors that a process has which the tests start themselves, and so inherit from elsewhere.
fn open_anyway() -> Vec<String> {
    let mut ls = Command::new("sh");
    ls.args(["-c", LIST]).stdin(Stdio::null());
    let output = ls.stderr(Stdio::piped()).output().expect("sh starts");
    let listed = Run::of(output).ok();
    listed.stdout.lines().map(str::to_owned).collect()
}

/// Lists the shell's own descriptors.
const LIST: &str = "for each in /proc/$$/fd/*; do echo ${each##*/}; done";

#[test]
fn the_command_is_the_same_process_with_its_own_exit_code() {
    for (home, _provider) in [signed_in(), expired()] {
        let child = home.spawn(&sh("echo $$; exit 3"));
        let pid = child.id();
        let run = Run::of(child.wait_with_output().expect("it ends"));
        assert_eq!((run.status, run.line()), (3, &*pid.to_string()), "{run:?}");
        assert_eq!(run.stderr, "");
        home.run(&["exec", "acme", "--", "true"]).ok();
        home.run(&["exec", "--", "true"]).ok();
    }
}

#[test]
fn a_signal_ends_the_command_as_if_keyfob_were_not_there() {
    let (home, _provider) = signed_in();
    let ended = home.keyfob(&sh("kill -KILL $$")).status().expect("it ends");
    assert_eq!(ended.signal(), Some(9));
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1), ("USR1", 10)] {
        let mut running = home.begin(&sh("echo ready >&2; exec sleep 60"));
        running.await_line("ready");
        running.signal(signal);
        let status = running.child().wait().expect("it ends");
        assert_eq!(status.signal(), Some(number), "{signal}");
    }
    let mut running = home.begin(&sh(
        "trap 'exit 9' TERM; echo ready >&2; while :; do :; done",
    ));
    running.await_line("ready");
    running.signal("TERM");
    assert_eq!(running.end().status, 9);
}

#[test]
fn signals_are_as_they_were_given_to_keyfob_and_sigpipe_at_its_default() {
    for ignored in ["", "HUP", "HUP INT QUIT", "TERM TSTP"] {
        for (home, _provider) in [signed_in(), expired()] {
            let trap = if ignored.is_empty() {
                String::new()
            } else {
                format!("trap '' {ignored};")
            };
            let plain = Command::new("sh")
                .args(["-c", &format!("{trap} exec cat /proc/self/status")])
                .output()
                .expect("sh starts");
            let plain = Run::of(plain);
            let line = format!("{trap} exec keyfob exec acme -- cat /proc/self/status");
            let run = home.shell(&line).ok();
            let found = signals(&run.stdout);
            assert_eq!(found, signals(&plain.stdout), "{ignored}");
            assert_eq!((found[0], found[2]), (0, 0), "{run:?}");
            assert_eq!(found[1] & 1 == 1, ignored.contains("HUP"), "{run:?}");
        }
    }
    let (home, _provider) = signed_in();
    let run = home
        .shell("keyfob exec acme -- yes | true; echo ended")
        .ok();
    assert_eq!(run.line(), "ended");
}

#[test]
fn no_descriptor_of_keyfobs_is_left_open() {
    let inherited = open_anyway();
    for (home, _provider) in [signed_in(), expired()] {
        let run = home.run(&sh(LIST)).ok();
        let open: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(open, inherited);
    }
    let home = Home::new();
    home.run(&["login", "sandbox"]).ok();
    let account = home.accounts().pop().expect("an account");
    home.later(&account, 100_000);
    let line = format!("{LIST}; ls /proc/$$/task | wc -l");
    let run = home.run(&["exec", "--", "sh", "-c", &line]).ok();
    let mut open: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(open.pop(), Some("1"), "no thread is left either");
    assert_eq!(open, inherited, "the sandbox has gone");
}

#[test]
fn the_token_is_in_the_environment_and_not_in_the_arguments() {
    let (home, _provider) = signed_in();
    let line = "echo $ACME_TOKEN; tr '\\0' ' ' </proc/$$/cmdline";
    let run = home.run(&sh(line)).ok();
    let (token, arguments) = run.stdout.split_once('\n').expect("two lines");
    assert_eq!(token, TOKEN);
    assert!(
        arguments.contains("sh -c") && !arguments.contains(MARK),
        "{arguments}"
    );
    let run = home
        .run(&["exec", "acme", "--env", "MINE", "--", "env"])
        .ok();
    let marked: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.contains(MARK))
        .collect();
    assert_eq!(marked, [format!("MINE={TOKEN}")]);
}

#[test]
fn other_tokens_of_the_provider_and_secrets_of_keyfob_are_gone() {
    let row = "[environment]\nvariables = [\"ACME_KEY\", \"ACME_OLD_KEY\"]\n";
    let (mut home, _provider) = signed_in_to(row);
    for name in [
        "ACME_KEY",
        "ACME_OLD_KEY",
        "ACME_TOKEN",
        "OTHER_TOKEN",
        "KEYFOB_ACME_CLIENT_SECRET",
        "KEYFOB_ID_TOKEN",
        "KEYFOB_ACME_ID_TOKEN",
    ] {
        home.set(name, format!("set-{name}"));
    }
    home.set("KEYFOB_PASSPHRASE_OLD", "set-passphrase");
    let run = home.run(&["exec", "acme", "--", "env"]).ok();
    let mut set: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.contains("=set-") || line.contains(MARK))
        .collect();
    set.sort_unstable();
    assert_eq!(
        set,
        [
            &*format!("ACME_KEY={TOKEN}"),
            "ACME_TOKEN=set-ACME_TOKEN",
            "OTHER_TOKEN=set-OTHER_TOKEN"
        ]
    );
    assert!(run.stdout.contains("KEYFOB_HOME="), "{run:?}");
    let run = home
        .run(&["exec", "acme", "--env", "MINE", "--", "env"])
        .ok();
    assert!(!run.stdout.contains("ACME_KEY") && !run.stdout.contains("ACME_OLD_KEY"));
}

#[test]
fn the_variables_of_a_definition_that_has_gone_are_the_usual_one() {
    let (mut home, _provider) = signed_in();
    std::fs::remove_file(home.path("config/providers/acme.toml")).expect("a definition");
    home.set("ACME_TOKEN", "another");
    let run = home.run(&sh("echo $ACME_TOKEN")).ok();
    assert_eq!(run.line(), TOKEN);
}

#[test]
fn several_accounts_are_several_variables() {
    let (home, provider) = signed_in();
    home.provider("beta", &provider.definition(""));
    home.login(&["beta"]).ok();
    let line = "echo $ACME_TOKEN $BETA_TOKEN";
    let run = home
        .run(&["exec", "acme", "beta", "--", "sh", "-c", line])
        .ok();
    let tokens: Vec<&str> = run.line().split(' ').collect();
    assert_eq!(tokens[0], TOKEN);
    assert!(tokens[1].starts_with(MARK) && tokens[1] != TOKEN);

    home.copy_account("acme/julien", "acme/work");
    for args in [
        &["acme/julien", "acme/work"][..],
        &["acme/julien", "beta", "--env", "MINE"],
    ] {
        let whole = [&["exec"], args, &["--", "echo", "started"]].concat();
        let run = home.run(&whole);
        let run = run.fails(2, &[args[0], args[1], "would both be in", "--env VAR"]);
        assert_eq!(run.stdout, "");
    }
    let nested = [
        "exec",
        "acme/julien",
        "--env",
        "MINE",
        "--",
        keyfob_testkit::program::keyfob(),
        "exec",
        "acme/work",
        "--",
        "sh",
        "-c",
        "echo $MINE $ACME_TOKEN",
    ];
    let run = home.run(&nested).ok();
    assert_eq!(run.line(), format!("{TOKEN} {TOKEN}"));
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_sent() {
    let (home, provider) = expired();
    for args in [
        &["acme", "--env", "1A", "--", "true"][..],
        &["acme", "--env", "A-B", "--", "true"],
        &["acme", "--env", "", "--", "true"],
        &["acme", "--env", "A=B", "--", "true"],
    ] {
        home.run(&[&["exec"], args].concat())
            .fails(2, &["cannot be a variable"]);
    }
    home.run(&["exec", "acme", "--env", "PATH", "--", "true"])
        .fails(2, &["`PATH` is not for tokens"]);
    for args in [
        &["acme"][..],
        &["acme", "--"],
        &["acme", "--flow", "device", "--", "true"],
        &["acme", "--for", "read", "--", "true"],
        &["acme", "--scope", "read", "--", "true"],
        &["acme", "--exchange", "--ephemeral", "--", "true"],
    ] {
        let run = home.run(&[&["exec"], args].concat());
        assert_eq!(run.status, 2, "{args:?}: {run:?}");
    }
    assert_eq!(provider.asked("/token").len(), 1, "the login's");
}

/// What would be in one variable is neither read nor renewed, and the log has nothing of it.
#[test]
fn a_clash_of_variables_hands_nothing_out() {
    let (home, provider) = expired();
    home.copy_account("acme/julien", "acme/work");
    std::fs::rename(home.path("data/secrets"), home.path("aside")).unwrap();
    let before = home.files();
    let two = ["acme/julien", "acme/work"];
    let exec = [&["exec"], &two[..], &["--", "true"]].concat();
    home.run(&exec).fails(2, &["would both be in ACME_TOKEN"]);
    let named = ["exec", two[0], two[1], "--env", "MINE", "--", "true"];
    home.run(&named).fails(2, &["would both be in MINE"]);
    let export = [&["export"], &two[..]].concat();
    home.run(&export).fails(2, &["would both be ACME_TOKEN"]);
    let named = ["export", two[0], two[1], "--name", "MINE"];
    home.run(&named)
        .fails(2, &["`--name MINE` is for one token"]);
    assert_eq!(home.files(), before, "the log too");
    assert_eq!(provider.asked("/token").len(), 1, "the login's");
}

#[test]
fn a_command_without_the_dashes_before_it_is_told_of_them() {
    let (home, _provider) = signed_in();
    for words in [&["acme", "true"][..], &["acme", "ls", "-l"], &["acme"], &[]] {
        home.run(&[&["-q", "exec"], words].concat())
            .fails(2, &["finds no `--`", "keyfob exec huggingface -- "]);
        let json = home.run(&[&["exec", "--json"], words].concat());
        assert_eq!(json.failure()["error"], "usage", "{words:?}");
    }
    // With them clap's own words are the better ones.
    let typo = home.run(&["exec", "acme", "--ephmeral", "--", "true"]);
    assert_eq!(typo.status, 2, "{typo:?}");
    assert!(typo.stderr.contains("similar argument"), "{typo:?}");
}

#[test]
fn a_command_that_is_not_there_is_127() {
    let (home, _provider) = signed_in();
    for (name, words) in [
        ("no-such-command", "in PATH"),
        ("./no-such-command", "check the path"),
        ("/no/such", "check the path"),
        ("", "an empty word"),
        ("ls -l", "one by one"),
        ("A=b", "one by one"),
        ("cd", "a word of the shell"),
    ] {
        home.run(&["exec", "acme", "--", name])
            .fails(127, &[&format!("`{name}` was not found"), words]);
    }
    let hostile = home.run(&["exec", "acme", "--", "no\u{1b}[31m\nsuch"]);
    let hostile = hostile.fails(127, &["no\\u{1b}[31m\\nsuch"]);
    assert_eq!(hostile.stdout, "");
}

#[test]
fn a_command_that_cannot_be_run_is_126() {
    let (home, _provider) = signed_in();
    let plain = script(&home, "plain", "#!/bin/sh\n", 0o644);
    let orphan = script(&home, "orphan", "#!/no/such/interpreter -x\n", 0o755);
    let dos = script(&home, "dos", "#!/bin/sh\r\necho x\n", 0o755);
    let below = format!("{plain}/below");
    for (program, words) in [
        (&*plain, "`chmod +x "),
        (
            &*orphan,
            "its interpreter `/no/such/interpreter` is missing",
        ),
        (&*dos, "its interpreter `/bin/sh\\r` is missing"),
        ("/", "it is a folder"),
        (&*below, "Not a directory"),
    ] {
        let run = home.run(&["exec", "acme", "--", program]);
        assert_eq!(run.status, 126, "{program}: {run:?}");
        assert!(run.stderr.contains(words), "{program}: {run:?}");
        assert!(run.stderr.contains("hint:"), "{run:?}");
    }
    let mut command = home.keyfob(&["exec", "acme", "--", "plain"]);
    command.env("PATH", home.path("bin"));
    Run::of(command.output().expect("it ends")).fails(126, &["`plain` cannot be run"]);
    let mut command = home.keyfob(&["exec", "acme", "--", "orphan"]);
    command.env("PATH", home.path("bin"));
    Run::of(command.output().expect("it ends")).fails(126, &["/no/such/interpreter"]);
}

#[test]
fn a_working_folder_that_has_gone_is_told_from_a_missing_program() {
    let (home, _provider) = signed_in();
    let gone = home.path("gone");
    let line = format!(
        "mkdir {0}; cd {0}; rmdir {0}; keyfob exec acme -- ./run",
        gone.display()
    );
    home.shell(&line)
        .fails(127, &["the working folder is gone"]);
    let line = line.replace("./run", "true");
    home.shell(&line).ok();
}

#[test]
fn arguments_pass_byte_for_byte() {
    let (home, _provider) = signed_in();
    let strange = OsString::from_vec(b"\xff\xfe \n'\"--json".to_vec());
    let mut command = home.keyfob(&["exec", "acme", "--", "printf", "%s|"]);
    command.arg(&strange).args(["--json", "-q", "--", ""]);
    let output = command.output().expect("it ends");
    assert_eq!(output.stdout, b"\xff\xfe \n'\"--json|--json|-q|--||");
    let mut command = home.keyfob(&["exec", "acme", "--"]);
    command.arg(OsString::from_vec(b"no-\xff".to_vec()));
    Run::of(command.output().expect("it ends")).fails(127, &["`no-\u{fffd}` was not found"]);
}

#[test]
fn streams_are_the_commands_own() {
    for (home, _provider) in [signed_in(), expired()] {
        let cat = ["exec", "acme", "--", "cat"];
        let run = home.run_with_input(&cat, "from the caller").ok();
        assert_eq!(run.stdout, "from the caller");
    }
    let (home, _provider) = signed_in();
    for closed in ["<&-", "2>&-", "<&- 2>&-", ">&-", "<&- >&- 2>&-"] {
        let run = home.shell(&format!("keyfob exec acme -- sh -c 'exit 5' {closed}"));
        assert_eq!(run.status, 5, "{closed}: {run:?}");
        let run = home.shell(&format!("keyfob exec acme -- no-such-command {closed}"));
        assert_eq!(run.status, 127, "{closed}: {run:?}");
    }
    let run = home.shell("(keyfob exec acme -- sh -c 'exit 5'; echo $? >&2) | true");
    assert_eq!(run.stderr, "5\n");
}

#[test]
fn a_failure_nobody_listens_to_keeps_its_exit_code() {
    let (home, _provider) = signed_in();
    let orphan = script(&home, "orphan", "#!/no/such/interpreter\n", 0o755);
    for (program, status) in [("no-such-command", 127), (&*orphan, 126)] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = home.keyfob(&["exec", "acme", "--", program]);
        let ended = command.stderr(writer).status().expect("it ends");
        assert_eq!(ended.code(), Some(status), "{program}: {ended:?}");
    }
}

#[test]
fn an_ended_token_is_renewed_first() {
    let (home, provider) = expired();
    let run = home.run(&sh("echo $ACME_TOKEN")).ok();
    assert!(
        run.line().starts_with(MARK) && run.line() != TOKEN,
        "{run:?}"
    );
    provider.assert_refreshes(1);
    assert_eq!(home.run(&["token"]).ok().line(), run.line(), "it was kept");
}

#[test]
fn without_a_token_nothing_is_started() {
    let (home, provider) = expired();
    let started = home.path("started");
    let line = format!("touch {}", started.display());
    provider.next(
        "/token",
        Reply::Json(400, json!({"error": "invalid_grant"})),
    );
    home.run(&sh(&line)).fails(4, &["acme/julien"]);
    let (quiet, _provider) = acme();
    quiet.run(&sh(&line)).fails(4, &["nobody is signed in"]);
    home.run(&["exec", "acne", "--", "touch", "x"])
        .fails(2, &["acne"]);
    drop(provider);
    home.run(&["exec", "acme", "--min-ttl", "2h", "--", "sh", "-c", &line]);
    assert!(!started.exists());
}

#[test]
fn a_signal_during_the_refresh_starts_nothing() {
    let (home, provider) = expired();
    let started = home.path("started");
    let line = format!("touch {}", started.display());
    let door = provider.hold("/token");
    let running: Running = home.begin(&sh(&line));
    provider.wait_for("/token", 2);
    running.signal("TERM");
    drop(door);
    assert_eq!(running.end().status, 130);
    assert!(!started.exists());
}

#[test]
fn in_github_actions_the_token_is_masked_before_the_command_can_show_it() {
    let (mut home, _provider) = signed_in();
    let shows = sh("echo shown $ACME_TOKEN >&2");
    assert!(!home.run(&shows).ok().stderr.contains("::add-mask::"));
    home.set("GITHUB_ACTIONS", "true");
    for manner in [&[][..], &["-q"], &["--json"]] {
        let args = [&shows[..2], manner, &shows[2..]].concat();
        let run = home.run(&args).ok();
        assert_eq!(run.stderr, format!("::add-mask::{TOKEN}\nshown {TOKEN}\n"));
    }
    home.set("GITHUB_ACTIONS", "false");
    assert!(!home.run(&shows).ok().stderr.contains("::add-mask::"));
}

/// A mask that no runner reads is the token in plain text, in a file that a job may upload.
#[test]
fn no_mask_is_written_where_no_runner_reads_it() {
    let (mut home, _provider) = signed_in();
    home.set("GITHUB_ACTIONS", "true");
    let keyfob = keyfob_testkit::program::keyfob();
    let log = home.path("build.log");
    let step = |line: &str| {
        let line = line.replace("KEYFOB", keyfob);
        let line = line.replace("LOG", &log.display().to_string());
        let mut step = Command::new("sh");
        let surroundings = home.keyfob(&[]);
        let surroundings = surroundings.get_envs();
        let surroundings = surroundings.filter_map(|(name, value)| Some((name, value?)));
        step.env_clear().envs(surroundings).args(["-c", &line]);
        Run::of(step.output().expect("sh starts")).ok()
    };
    for line in [
        "KEYFOB exec acme -- true 2>LOG",
        "KEYFOB exec acme -q -- true >LOG 2>&1",
        "KEYFOB exec acme --json -- true 2>>LOG",
        "KEYFOB exec acme -- true 2>&1 | cat >LOG",
        "sh -c 'KEYFOB exec acme -- true' 2>&1 | cat >LOG",
        "x=$(KEYFOB exec acme -- true 2>&1); echo \"$x\" >LOG",
    ] {
        std::fs::write(&log, "").expect("a file");
        let run = step(line);
        let logged = std::fs::read_to_string(&log).expect("the file");
        for text in [&run.stdout, &run.stderr, &logged] {
            assert!(!text.contains(MARK), "{line}: {text}");
        }
    }
    for line in [
        "KEYFOB exec acme -- true",
        "KEYFOB exec acme -q -- true 2>&1",
        "sh -c 'KEYFOB exec acme -- true'",
    ] {
        let run = step(line);
        let both = run.stdout + &run.stderr;
        assert_eq!(both, format!("::add-mask::{TOKEN}\n"), "{line}");
    }
}

#[test]
fn a_token_is_masked_where_that_is_asked_for_or_not_handed_out() {
    let (mut home, _provider) = signed_in();
    let verbs = [
        &["token", "acme", "--mask"][..],
        &["token", "acme", "--mask", "--header"],
        &["token", "acme", "--mask", "--json"],
        &["export", "acme", "--mask"],
        &["export", "acme", "--mask", "--format", "dotenv", "-q"],
    ];
    for verb in verbs {
        let run = home.run(verb).fails(2, &["--mask", "GitHub Actions"]);
        assert!(!format!("{run:?}").contains(MARK), "{run:?}");
    }
    home.set("GITHUB_ACTIONS", "true");
    for verb in verbs {
        let run = home.run(verb).ok();
        assert_eq!(run.stderr, format!("::add-mask::{TOKEN}\n"), "{verb:?}");
        assert!(run.stdout.contains(TOKEN) && !run.stdout.contains("add-mask"));
        let file = std::fs::File::create(home.path("log")).expect("a file");
        let mut command = home.keyfob(verb);
        let run = Run::of(command.stderr(file).output().expect("keyfob starts"));
        assert_eq!((run.status, &*run.stdout), (2, ""), "{verb:?}");
        let logged = std::fs::read_to_string(home.path("log")).expect("the file");
        assert!(!logged.contains(MARK), "{logged}");
    }
}

#[test]
fn no_secret_is_in_what_is_said_of_a_failure() {
    let (home, provider): (Home, Provider) = signed_in();
    for manner in [&["-v"][..], &["--json"]] {
        let args = [&["exec", "acme"], manner, &["--", "no-such-command"]].concat();
        let run = home.run(&args);
        assert!(!run.stderr.contains(MARK), "{run:?}");
        assert_eq!(run.status, 127);
    }
    drop(provider);
}
