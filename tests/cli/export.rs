//! `export`: which variables, which formats, all or nothing, and what a terminal is told.

mod github;
mod gitlab;
#[cfg(target_os = "linux")]
mod terminal;

use keyfob_base::secret::Secret;

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::{signed_in, signed_in_to};
use keyfob_testkit::server::Reply;

const ENVIRONMENT: &str = "[environment]\nvariables = [\"ACME_KEY\", \"ACME_OLD_KEY\"]\n";

/// A home with `acme/julien`, and `beta/julien`, whose provider has no definition any more.
fn two() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.copy_account("acme/julien", "beta/julien");
    (home, provider)
}

/// Puts a token into an account, whatever it may be.
fn put(home: &Home, account: &str, token: &str) {
    let mut secrets = home.secrets(account);
    secrets.tokens.access_token = Secret::new(token.to_owned());
    let kept = home.vault().keep(&home.account(account), &secrets);
    kept.expect("a working store");
}

/// Demands a failure with nothing on stdout and no token in it.
#[track_caller]
fn refused(run: Run, status: i32, words: &[&str]) {
    assert_eq!(run.stdout, "", "{run:?}");
    assert!(!run.stderr.contains(MARK), "{run:?}");
    run.fails(status, words);
}

#[test]
fn a_pipe_gets_sh() {
    let (mut home, _provider) = signed_in();
    home.set("SHELL", "/usr/bin/fish");
    let run = home.run(&["export"]).ok();
    assert_eq!(
        run.stdout,
        format!("export ACME_TOKEN='{MARK}access-0002'\n")
    );
    assert_eq!(run.stderr, "");
    for same in [
        &["acme"][..],
        &["acme/julien", "acme"],
        &["--format", "bash"],
    ] {
        assert_eq!(
            home.run(&[&["export"], same].concat()).ok().stdout,
            run.stdout
        );
    }
}

#[test]
fn every_format_has_its_form() {
    let (home, _provider) = two();
    let token = format!("{MARK}access-0002");
    for (format, form) in [
        ("sh", "export V='T'"),
        ("bash", "export V='T'"),
        ("zsh", "export V='T'"),
        ("gitlab", "export V='T'"),
        ("fish", "set -gx V 'T'"),
        ("powershell", "$env:V = 'T'"),
        ("cmd", "set \"V=T\""),
        ("nu", "$env.V = 'T'"),
        ("elvish", "set-env V 'T'"),
        ("dotenv", "V=T"),
    ] {
        let line = |variable: &str| {
            form.replace('V', variable)
                .replace("'T'", "'\0'")
                .replace("=T", "=\0")
        };
        let both = format!("{}\n{}\n", line("ACME_TOKEN"), line("BETA_TOKEN"));
        let run = home
            .run(&["export", "acme", "beta", "--format", format])
            .ok();
        assert_eq!(run.stdout, both.replace('\0', &token), "{format}");
        assert_eq!(run.stderr, "");
    }
    let object = format!("{{\"BETA_TOKEN\":\"{token}\",\"ACME_TOKEN\":\"{token}\"}}\n");
    for json in [
        &["--json"][..],
        &["--format", "json"],
        &["--format", "json", "--json"],
    ] {
        let run = home.run(&[&["export", "beta", "acme"], json].concat()).ok();
        assert_eq!(run.stdout, object);
    }
}

#[test]
fn the_variable_is_the_providers_first_or_the_one_that_is_named() {
    let (home, _provider) = signed_in_to(ENVIRONMENT);
    let variable = |args: &[&str]| {
        let run = home
            .run(&[&["export", "--format", "dotenv"], args].concat())
            .ok();
        run.stdout.split('=').next().unwrap().to_owned()
    };
    assert_eq!(variable(&[]), "ACME_KEY");
    assert_eq!(variable(&["acme", "--name", "_mine2"]), "_mine2");
    home.copy_account("acme/julien", "my-host/julien");
    assert_eq!(variable(&["my-host"]), "MY_HOST_TOKEN");
}

#[test]
fn a_name_that_is_no_variable_is_refused_before_anything_is_sent() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3600);
    for name in [
        "",
        "1A",
        "A-B",
        "A B",
        "A=B",
        "A;id",
        "É",
        "A\nB",
        "$(id)",
        &"A".repeat(256),
    ] {
        refused(
            home.run(&["export", "--name", name]),
            2,
            &["cannot be a variable"],
        );
    }
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn a_definition_cannot_smuggle_a_command_into_a_variable() {
    let (home, provider) = signed_in();
    let hostile = "[environment]\nvariables = [\"A=1; id; B\"]\n";
    home.provider("acme", &provider.definition(hostile));
    refused(home.run(&["export", "acme"]), 1, &["environment.variables"]);
}

#[test]
fn a_broken_definition_is_said_and_a_name_does_without_it() {
    let (home, _provider) = signed_in();
    home.provider("acme", "titel = 1\n");
    refused(home.run(&["export", "acme"]), 1, &["acme.toml"]);
    let run = home.run(&["export", "acme", "--name", "V"]).ok();
    assert_eq!(run.stdout, format!("export V='{MARK}access-0002'\n"));
}

#[test]
fn two_tokens_in_one_variable_are_refused() {
    let (home, _provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    let both = ["export", "acme/julien", "acme/work"];
    let words = [
        "acme/julien and acme/work",
        "ACME_TOKEN",
        "`keyfob export acme/work --name VAR`",
    ];
    refused(home.run(&both), 2, &words);
    let named = [&both[..], &["--name", "V"]].concat();
    refused(
        home.run(&named),
        2,
        &["`--name V`", "acme/julien, acme/work"],
    );
}

#[test]
fn all_or_nothing() {
    let (home, provider) = two();
    refused(home.run(&["export", "acme", "nobody"]), 2, &["nobody"]);
    refused(
        home.run(&["export", "acme", "acme/work"]),
        2,
        &["acme/work"],
    );
    refused(
        home.run(&["export", "acme", "github"]),
        4,
        &["`keyfob login github`"],
    );
    home.vault().discard(&home.account("beta/julien")).unwrap();
    refused(home.run(&["export", "acme", "beta"]), 4, &["beta/julien"]);
    refused(Home::new().run(&["export"]), 4, &["nobody is signed in"]);

    home.later("acme/julien", 3600);
    drop(provider);
    refused(
        home.run(&["export", "acme"]),
        3,
        &["acme/julien", "cannot reach"],
    );
}

#[test]
fn a_token_that_a_format_cannot_carry_is_refused_with_all_the_others() {
    let (home, _provider) = two();
    let odd = format!("{MARK}%PATH%");
    put(&home, "beta/julien", &odd);
    for format in ["cmd", "powershell"] {
        let words = ["BETA_TOKEN", format, "`--format json`", "`keyfob exec`"];
        refused(
            home.run(&["export", "acme", "beta", "--format", format]),
            2,
            &words,
        );
    }
    assert!(home.run(&["export", "beta"]).ok().stdout.contains(&odd));
}

#[test]
fn what_no_token_can_be_is_refused_and_never_shown() {
    let (home, _provider) = signed_in();
    for token in [
        "",
        "MARKED-SECRET-a b",
        "MARKED-SECRET-\n",
        "MARKED-SECRET-é",
        "MARKED-SECRET-\u{1b}",
    ] {
        put(&home, "acme/julien", token);
        for format in ["sh", "json", "dotenv"] {
            let words = ["acme/julien", "`keyfob login acme/julien`"];
            refused(home.run(&["export", "--format", format]), 1, &words);
        }
    }
}

#[test]
fn an_ended_token_is_renewed_and_a_demand_for_life_is_kept() {
    let (home, provider) = two();
    home.later("acme/julien", 3590);
    let run = home
        .run(&["export", "acme", "beta", "--format", "dotenv"])
        .ok();
    provider.assert_refreshes(1);
    let renewed = home.secrets("acme/julien").tokens.access_token;
    assert!(
        run.stdout
            .starts_with(&format!("ACME_TOKEN={}\n", renewed.expose()))
    );
    assert!(
        run.stdout
            .ends_with(&format!("BETA_TOKEN={MARK}access-0002\n"))
    );
    refused(
        home.run(&["export", "acme", "--min-ttl", "2h"]),
        1,
        &["issued for 3600 s"],
    );
}

#[test]
fn failures_are_json_where_that_was_asked_for() {
    let (home, provider) = two();
    let failure = |args: &[&str]| {
        let run = home.run(&[&["export", "--json"], args].concat());
        assert_eq!(run.stdout, "", "{run:?}");
        let failure = run.failure();
        assert!(failure["hint"].is_string(), "{failure}");
        (run.status, failure["error"].as_str().unwrap().to_owned())
    };
    assert_eq!(failure(&["nobody"]), (2, "unknown_provider".into()));
    assert_eq!(failure(&["acme/work"]), (2, "unknown_account".into()));
    assert_eq!(failure(&[]), (2, "ambiguous_account".into()));
    assert_eq!(failure(&["github"]), (4, "login_required".into()));
    assert_eq!(failure(&["acme", "--format", "fish"]), (2, "usage".into()));
    assert_eq!(failure(&["acme", "--output"]), (2, "usage".into()));
    assert_eq!(failure(&["acme", "--nope"]), (2, "usage".into()));
    home.later("acme/julien", 3600);
    provider.next("/token", Reply::Close);
    assert_eq!(failure(&["acme"]), (3, "network_error".into()));
    let broken = home.break_writing();
    assert_eq!(failure(&["acme"]), (5, "store_unavailable".into()));
    drop(broken);
}

#[test]
fn flags_of_one_format_do_not_pass_with_another() {
    let (home, provider) = signed_in();
    home.later("acme/julien", 3600);
    for (args, words) in [
        (&["--output"][..], ["`--output`", "`--format github`"]),
        (
            &["--output", "--format", "gitlab"],
            ["`--output`", "`--format github`"],
        ),
        (&["--report", "r.env"], ["`--report`", "`--format gitlab`"]),
        (
            &["--report", "r.env", "--format", "dotenv"],
            ["`--report`", "`--format gitlab`"],
        ),
    ] {
        refused(home.run(&[&["export"], args].concat()), 2, &words);
    }
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn streams_that_are_gone_change_no_exit_code() {
    let (home, _provider) = signed_in();
    for answer in ["export", "export --json", "export --format fish"] {
        let run = home.shell(&format!("(keyfob {answer}; echo $? >&2) | true"));
        assert_eq!(run.stderr, "0\n", "{answer}");
        home.shell(&format!("keyfob {answer} >/dev/full"))
            .fails(1, &["cannot write the answer"]);
        for closed in ["2>&-", "<&-", "<&- 2>&-", "<&- >&- 2>&-"] {
            let run = home.shell(&format!("keyfob {answer} {closed}"));
            assert_eq!(run.status, 0, "{answer} {closed}: {run:?}");
        }
    }
    let run = home.shell("keyfob export nobody <&- 2>&-");
    assert_eq!((run.status, &*run.stdout), (2, ""));
}

#[test]
fn a_variable_that_programs_depend_on_is_not_for_tokens() {
    let (home, _provider) = signed_in();
    for name in ["PATH", "LD_PRELOAD", "KEYFOB_HOME"] {
        let run = home.run(&["export", "acme", "--name", name]);
        assert_eq!(run.stdout, "", "{run:?}");
        run.fails(2, &[name, "is not for tokens", "`--name VAR`"]);
    }
}
