//! How the program speaks: the answer on stdout, the conversation on stderr.

use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};

/// A home where `julien` is signed in at `acme`.
fn signed_in() -> (Home, Provider) {
    let (home, provider) = strange();
    home.login(&["acme"]).ok();
    (home, provider)
}

/// A home that knows `acme` and where nobody is signed in.
fn strange() -> (Home, Provider) {
    let (home, provider) = (Home::new(), Provider::start());
    home.provider("acme", &provider.definition(""));
    (home, provider)
}

#[test]
fn the_answer_is_on_stdout_and_nothing_else() {
    let (home, _provider) = signed_in();
    for manner in [&[][..], &["-q"], &["-v"]] {
        let token = home.run(&[&["token"], manner].concat()).ok();
        assert!(token.stdout.starts_with(MARK), "{token:?}");
        assert_eq!(token.stdout.lines().count(), 1, "{token:?}");
        assert!(token.stdout.ends_with('\n') && token.stderr.is_empty());
    }
    let header = home.run(&["token", "--header"]).ok();
    assert!(
        header
            .stdout
            .starts_with(&format!("Authorization: Bearer {MARK}"))
    );
    for verb in [&["list"][..], &["whoami"], &["provider", "list"]] {
        let run = home.run(verb).ok();
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{run:?}");
    }
    let nobody = Home::new().run(&["list"]).ok();
    assert!(nobody.stdout.is_empty() && nobody.stderr.contains("nobody is signed in"));
}

#[test]
fn quiet_leaves_errors_alone_and_verbose_adds_each_step() {
    let (home, provider) = strange();
    let quiet = home.run(&["login", "sandbox", "-q"]).ok();
    assert_eq!((&*quiet.stdout, &*quiet.stderr), ("", ""));
    home.run(&["token", "nobody", "-q"]).fails(2, &["error: "]);

    home.login(&["acme"]).ok();
    let verbose = home.run(&["refresh", "acme", "-v"]).ok();
    let step = format!(
        "· POST {}/token (grant_type=refresh_token, refresh_token, client_id)",
        provider.origin()
    );
    assert!(verbose.stderr.contains(&step), "{verbose:?}");
    let logout = home.run(&["logout", "acme", "-q"]).ok();
    assert_eq!((&*logout.stdout, &*logout.stderr), ("", ""));
}

/// Every verb that answers, as it is run from a shell.
const ANSWERS: [&str; 15] = [
    "token",
    "token --json",
    "log",
    "log --json",
    "list",
    "whoami",
    "refresh",
    "doctor --offline",
    "doctor --json",
    "provider list",
    "completions zsh",
    "man token",
    "help",
    "help stores",
    "--help",
];

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let (home, _provider) = signed_in();
    for answer in ANSWERS {
        let run = home.shell(&format!("(keyfob {answer}; echo $? >&2) | true"));
        assert_eq!(run.stderr, "0\n", "{answer}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let (home, _provider) = signed_in();
    for answer in ANSWERS {
        home.shell(&format!("keyfob {answer} >/dev/full"))
            .fails(1, &["cannot write the answer: No space left"]);
    }
    let run = home.shell("keyfob list --json >/dev/full");
    assert_eq!(run.failure()["error"], "internal_error");
}

#[test]
fn closed_streams_change_no_exit_code() {
    let (home, _provider) = signed_in();
    for closed in ["2>&-", "<&-", "<&- 2>&-", "<&- >&- 2>&-"] {
        for answer in ANSWERS {
            let run = home.shell(&format!("keyfob {answer} {closed}"));
            assert_eq!(run.status, 0, "{answer} {closed}: {run:?}");
        }
        for (fails, status) in [
            ("token nobody", 2),
            ("--nope", 2),
            ("provider list --nope", 2),
            ("nope --json", 2),
        ] {
            let run = home.shell(&format!("keyfob {fails} {closed}"));
            assert_eq!(run.status, status, "{fails} {closed}: {run:?}");
        }
    }
    home.shell("keyfob logout <&- >&- 2>&-").ok();
    assert_eq!(home.run(&["list"]).ok().stdout, "");
    home.shell("keyfob login sandbox <&- >&- 2>&-").ok();
    home.run(&["token", "sandbox"]).ok();
}

#[test]
fn ci_asks_nothing_and_opens_nothing() {
    let (mut home, provider) = strange();
    home.set("DISPLAY", ":99");
    for variable in ["true", "1", "woodpecker"] {
        home.set("CI", variable);
        let run = home.run(&["login", "acme"]);
        run.fails(
            4,
            &[
                "no browser is named, and nothing may be asked",
                "KEYFOB_BROWSER",
            ],
        );
    }
    home.unset("CI");
    home.run(&["login", "acme", "--no-input"])
        .fails(4, &["nothing may be asked"]);
    assert!(provider.asked("/authorize").is_empty());
    home.set("CI", "1");
    home.login(&["acme"]).ok(); // a named browser is used all the same
}

#[test]
fn every_verb_has_examples_in_its_help() {
    let home = Home::new();
    for verb in [
        &[][..],
        &["login"],
        &["list"],
        &["whoami"],
        &["refresh"],
        &["logout"],
        &["token"],
        &["export"],
        &["use"],
        &["rename"],
        &["move"],
        &["backup"],
        &["restore"],
        &["log"],
        &["provider"],
        &["provider", "list"],
        &["provider", "show"],
        &["provider", "add"],
        &["provider", "set"],
        &["provider", "remove"],
        &["provider", "test"],
        &["provider", "metadata"],
        &["sandbox"],
        &["sandbox", "serve"],
        &["completions"],
        &["help"],
        &["man"],
    ] {
        let help = home.run(&[verb, &["--help"]].concat()).ok().stdout;
        let example = format!("\n  keyfob {}", verb.join(" "));
        assert!(help.contains("Examples:\n"), "{verb:?}: {help}");
        assert!(
            help.contains(example.trim_end())
                || help.contains(&format!("$(keyfob {}", verb.join(" "))),
            "{verb:?}: {help}"
        );
        let wide = help.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None, "{verb:?}");
    }
}

#[test]
fn what_is_mistyped_is_answered_with_the_nearest() {
    let (home, _provider) = signed_in();
    for (typed, meant) in [
        (&["tokn"][..], "'token'"),
        (&["token", "--heder"], "'--header'"),
        (&["completions", "bsh"], "'bash'"),
        (&["token", "acme/julian"], "`acme/julien`"),
        (&["token", "acne"], "acme`"),
        (&["login", "githib"], "github`"),
        (&["provider", "show", "hugingface"], "huggingface`"),
        (&["list", "acne"], "acme`"),
        (&["token", "julien"], "`acme/julien`"),
    ] {
        let run = home.run(typed);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains(meant), "no {meant} in {run:?}");
        let run = home.run(&[typed, &["--json"]].concat());
        let hint = run.failure()["hint"].to_string();
        let meant = meant.trim_matches(['\'', '`']);
        assert!(hint.contains(meant), "no {meant} in {hint}");
    }
}

#[test]
fn a_home_that_cannot_be_is_named() {
    let mut home = Home::new();
    home.write("file", "");
    let (file, below) = (home.path("file"), home.path("file/below"));
    for (value, words) in [
        ("relative/home", "which is no absolute path"),
        (file.to_str().expect("UTF-8"), "which is no folder"),
        (below.to_str().expect("UTF-8"), "Not a directory"),
    ] {
        home.set("KEYFOB_HOME", value);
        for verb in [&["list"][..], &["login", "sandbox"], &["provider", "list"]] {
            home.run(verb).fails(1, &["KEYFOB_HOME is", value, words]);
        }
    }
    let missing = home.path("not/yet/there").display().to_string();
    home.set("KEYFOB_HOME", &missing);
    home.run(&["list"]).ok();
    assert!(!home.path("not").exists(), "looking makes nothing");
    home.run(&["login", "sandbox"]).ok();
    home.run(&["token"]).ok();
}

#[test]
fn without_a_home_folder_the_variables_are_enough() {
    let home = Home::new();
    let mut command = home.keyfob(&["login", "sandbox"]);
    Run::of(command.env_remove("HOME").output().expect("keyfob starts")).ok();

    let elsewhere = Home::new();
    let mut command = elsewhere.keyfob(&["login", "sandbox"]);
    command.env_remove("KEYFOB_HOME");
    Run::of(command.output().expect("keyfob starts")).ok();
    let below_home = [".config", ".local/share", ".local/state"];
    if cfg!(target_os = "linux") {
        for folder in below_home {
            assert!(elsewhere.path(folder).join("keyfob").is_dir(), "{folder}");
        }
    }
}

#[test]
fn a_wrong_setting_is_named_by_file_line_and_key() {
    let mut home = Home::new();
    for (text, words) in [
        ("\nstor = \"file\"", "config.toml:2: `stor`: unknown field"),
        (
            "store = \"fil\"",
            "config.toml:1: `store`: expected `keyring` or `file`",
        ),
        ("store = 3", "config.toml:1: `store`: "),
        ("# x\n\n[store", "config.toml:3:"),
        (
            "store = \"file\"\nstore = \"file\"",
            "config.toml:2: `store`: duplicate key",
        ),
        (
            "[[rules]]\npath = '~/work/*'\naccounts = ['acme/work']",
            "config.toml:2: `path`: a folder is written as it is, without patterns",
        ),
    ] {
        home.write("config/config.toml", text);
        home.run(&["list"]).fails(1, &[words, "mend that line"]);
    }
    #[cfg(unix)]
    {
        std::fs::remove_file(home.path("config/config.toml")).unwrap();
        std::os::unix::fs::symlink("gone.toml", home.path("config/config.toml")).unwrap();
        let words = "config.toml: it is a link to what is not there";
        home.run(&["list"]).fails(1, &[words, "remove that link"]);
        std::fs::remove_file(home.path("config/config.toml")).unwrap();
    }
    home.write("config/config.toml", "ca_file = \"authorities.pem\"");
    let file = home.path("config/authorities.pem");
    let missing = format!("cannot read `ca_file` {}", file.display());
    home.run(&["login", "sandbox"])
        .fails(1, &[&missing, "config.toml"]);
    home.run(&["list"]).ok();
    home.write("config/authorities.pem", "no certificate");
    home.run(&["login", "sandbox"])
        .fails(1, &["holds no certificate", "`ca_file`"]);

    home.write("config/config.toml", "store = \"file\"");
    home.set("KEYFOB_STORE", "fil");
    home.run(&["login", "sandbox"])
        .fails(1, &["KEYFOB_STORE is `fil`", "`keyring`, `file`"]);
    home.set("KEYFOB_STORE", "");
    home.run(&["login", "sandbox"]).ok();
}

#[test]
fn options_that_exclude_one_another_are_not_shown_together_as_usage() {
    let home = Home::new();
    for args in [
        &["use", "--trust", "acme/ada"][..],
        &["move", "acme", "--all", "--store", "file"],
        &["logout", "acme", "--all"],
    ] {
        let run = home.run(args);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("cannot be used with"), "{run:?}");
        assert!(!run.stderr.contains("Usage:"), "{run:?}");
    }
}
