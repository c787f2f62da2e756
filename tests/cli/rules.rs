//! Directory rules: the folder chooses, once somebody accepted that it may.

mod here;
#[cfg(unix)]
mod hostile;
mod reach;
#[cfg(unix)]
mod remote;

use std::path::Path;

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::signed_in;

/// `acme/julien`, which is the default, and `acme/work`.
fn two() -> (Home, Provider) {
    let (home, provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    (home, provider)
}

const WORK: &str = "accounts = ['acme/work']\n";

/// What would have used a rule for `acme`.
const USING: [&[&str]; 12] = [
    &["which", "acme"],
    &["which"],
    &["token", "acme"],
    &["token"],
    &["export", "acme"],
    &["exec", "acme", "--", "true"],
    &["check", "acme"],
    &["check"],
    &["whoami", "acme"],
    &["refresh", "acme"],
    &["refresh"],
    &["logout", "acme"],
];

/// What needs no rule.
const NOT_USING: [&[&str]; 15] = [
    &["which", "acme/julien"],
    &["token", "acme/julien"],
    &["exec", "acme/julien", "--", "true"],
    &["check", "acme/*"],
    &["check", "--all"],
    &["refresh", "acme/j*"],
    &["refresh", "--all", "--expiring-in", "1s"],
    &["list"],
    &["list", "acme"],
    &["log"],
    &["provider", "list"],
    &["provider", "show", "acme"],
    &["use", "acme/julien"],
    &["rename", "acme/work", "work"],
    &["login", "sandbox", "--as", "other"],
];

#[test]
fn the_folder_chooses_for_every_verb() {
    let (home, provider) = two();
    let run = home.run_in("src", &["use", "acme/work", "--here"]).ok();
    let file = home.path("src/.keyfob.toml").display().to_string();
    assert_eq!(run.stderr, format!("{file} names acme/work\n"));
    home.assert_chosen(".", "acme/julien", "default");

    let said = format!("{file} names acme/work; the default is acme/julien\n");
    let run = home.run_in("src/deep/er", &["which", "acme"]).ok();
    assert_eq!(run.stdout, format!("acme/work: {file} names it\n"));
    assert_eq!(run.stderr, said);
    assert_eq!(
        home.run_in("src", &["which", "--json"]).ok().json(),
        json!({"account": "acme/work", "provider": "acme", "source": "account",
            "variable": null, "reason": "directory", "rule": file})
    );
    for args in [&["token", "--json"][..], &["token", "acme", "--json"]] {
        let run = home.run_in("src", args).ok();
        assert_eq!(run.json()["account"], "acme/work");
        assert_eq!(run.stderr, said);
    }
    let work = home.secrets("acme/work").tokens.access_token;
    let export = home.run_in("src", &["export", "acme"]).ok();
    assert!(export.stdout.contains(work.expose()), "{export:?}");
    let exec = ["exec", "acme", "--", "sh", "-c", "echo $ACME_TOKEN"];
    assert_eq!(home.run_in("src", &exec).ok().line(), work.expose());
    let check = home.run_in("src", &["check"]).ok();
    assert!(check.stdout.starts_with("acme/work "), "{check:?}");
    let whoami = home.run_in("src", &["whoami", "acme"]).ok();
    assert!(whoami.stdout.contains("acme/work"), "{whoami:?}");
    let refresh = home.run_in("src", &["refresh", "acme"]).ok();
    assert!(refresh.stdout.starts_with("acme/work "), "{refresh:?}");
    provider.assert_refreshes(1);

    let named = home.run_in("src", &["token", "acme/julien", "--json"]).ok();
    assert_eq!(named.json()["account"], "acme/julien");
    assert_eq!(named.stderr, "");
    let log = home.run(&["log", "--json"]).ok();
    assert!(log.stdout.contains("acme/work") && !log.stdout.contains(MARK));
    home.run_in("src", &["logout", "acme", "--local"]).ok();
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn keyfob_account_goes_before_the_folder_and_both_before_the_default() {
    let (mut home, _provider) = two();
    home.run_in("src", &["use", "acme/work", "--here"]).ok();
    let run = home.run_in("src", &["use", "acme/julien"]).ok();
    assert!(
        run.stderr
            .contains("src/.keyfob.toml names acme/work here, which goes before the default"),
        "{run:?}"
    );
    home.run(&["use", "acme/work"]).ok();
    home.set("KEYFOB_ACCOUNT", "acme/julien");
    home.assert_chosen("src", "acme/julien", "environment");
    let run = home.run_in("src", &["use", "acme/work", "--here"]).ok();
    assert!(
        run.stderr
            .contains("KEYFOB_ACCOUNT names acme/julien here, which goes before"),
        "{run:?}"
    );
    home.unset("KEYFOB_ACCOUNT");
    let run = home.run_in("src", &["use", "acme/work"]).ok();
    assert_eq!(run.stderr.lines().count(), 1, "the same account: {run:?}");
}

#[test]
fn a_file_that_came_with_a_folder_chooses_nothing_until_it_was_accepted() {
    let (mut home, provider) = two();
    home.run(&["login", "sandbox"]).ok();
    home.repository("clone");
    home.rule("clone", WORK);
    let asked = provider.asked("/token").len();
    for args in USING {
        let run = home.run_in("clone/deep", args).fails(
            1,
            &[
                "clone/.keyfob.toml names acme/work and was not accepted",
                "`keyfob use --trust`",
            ],
        );
        assert_eq!(run.stdout, "", "{args:?}");
        let at = args.iter().position(|arg| *arg == "--");
        let (own, command) = args.split_at(at.unwrap_or(args.len()));
        let run = home.run_in("clone", &[own, &["--json"], command].concat());
        assert_eq!((run.status, &*run.stdout), (1, ""), "{args:?}: {run:?}");
        assert_eq!(run.failure()["error"], "config_invalid", "{args:?}");
    }
    for args in NOT_USING {
        let run = home.run_in("clone", args).ok();
        assert!(!run.stderr.contains(".keyfob.toml"), "{args:?}: {run:?}");
    }
    home.run_in("clone", &["token", "sandbox"]).ok();
    assert_eq!(provider.asked("/token").len(), asked + 1, "by a pattern");
    home.set("KEYFOB_ACCOUNT", "acme/julien");
    home.assert_chosen("clone", "acme/julien", "environment");
    home.unset("KEYFOB_ACCOUNT");
    assert!(!home.path("state/trust").exists());

    let run = home.run_in("clone/deep", &["use", "--trust"]).ok();
    let file = home.path("clone/.keyfob.toml").display().to_string();
    assert_eq!(
        (&*run.stdout, &*run.stderr),
        ("", &*format!("accepted {file}: acme/work\n"))
    );
    home.assert_chosen("clone/deep", "acme/work", "directory");
}

#[test]
fn what_was_changed_or_moved_has_to_be_accepted_again() {
    let (home, _provider) = two();
    home.repository("clone");
    home.rule("clone", WORK);
    home.run_in("clone", &["use", "--trust"]).ok();
    home.rule("clone", "accounts = ['acme/work'] # with a word more\n");
    let words = ["has changed since it was accepted", "`keyfob use --trust`"];
    home.run_in("clone", &["token", "acme"]).fails(1, &words);
    home.run_in("clone", &["use", "acme/julien", "--here"])
        .fails(1, &words);
    home.rule("clone", WORK);
    home.assert_chosen("clone", "acme/work", "directory");

    std::fs::rename(home.path("clone"), home.path("moved")).unwrap();
    home.run_in("moved", &["token", "acme"])
        .fails(1, &["moved/.keyfob.toml", "was not accepted"]);
    std::fs::remove_file(home.path("moved/.keyfob.toml")).unwrap();
    home.assert_chosen("moved", "acme/julien", "default");
    std::fs::rename(home.path("moved"), home.path("clone")).unwrap();
    home.rule("clone", WORK);
    home.assert_chosen("clone", "acme/work", "directory"); // the same bytes at the same place
}

#[test]
fn a_record_is_private_names_its_file_and_a_wrong_one_accepts_nothing() {
    let (home, _provider) = two();
    home.rule("src", WORK);
    home.run_in("src", &["use", "--trust"]).ok();
    let records = || std::fs::read_dir(home.path("state/trust")).unwrap();
    let record = records().next().unwrap().unwrap().path();
    assert_eq!(records().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(&record), mode(record.parent().unwrap())),
            (0o600, 0o700)
        );
    }
    let text = std::fs::read_to_string(&record).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    let file = home.path("src/.keyfob.toml").display().to_string();
    assert_eq!((&kept["version"], &kept["path"]), (&json!(1), &json!(file)));
    assert_eq!(kept["sha256"].as_array().unwrap().len(), 1);
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    for wrong in ["", "{", "[]", &newer, &text.replace("sha256", "sha512")] {
        std::fs::write(&record, wrong).unwrap();
        home.run_in("src", &["token", "acme"])
            .fails(1, &["`keyfob use --trust`"]);
    }
    home.run_in("src", &["use", "--trust"]).ok();
    home.assert_chosen("src", "acme/work", "directory");
}

#[test]
fn trust_is_for_what_reaches_the_folder_and_says_what_each_names() {
    let (home, _provider) = two();
    let none = home.run_in("src", &["use", "--trust"]);
    none.fails(2, &["there is no .keyfob.toml to accept here", "--here"]);
    home.rule(".", "accounts = ['acme/julien', 'sandbox/ada']\n");
    home.rule("src", WORK);
    home.rule("src/deep", "# nobody\n");
    let before = home.holdings();
    let run = home.run_in("other", &["use", "--trust", "--json"]).ok();
    let outer = home.path(".keyfob.toml").display().to_string();
    assert_eq!(
        run.json(),
        json!({"accepted": [{"path": outer, "accounts": ["acme/julien", "sandbox/ada"]}]})
    );
    assert_eq!(home.holdings().len(), before.len() + 1, "a record");

    let run = home.run_in("src/deep", &["use", "--trust"]).ok();
    let said: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(said.len(), 2, "{run:?}");
    assert!(
        said[0].ends_with("src/deep/.keyfob.toml: no account"),
        "{run:?}"
    );
    assert!(said[1].ends_with("src/.keyfob.toml: acme/work"), "{run:?}");
    let before = home.holdings();
    let run = home.run_in("src/deep", &["use", "--trust"]).ok();
    assert_eq!(
        run.stderr.matches("is accepted already").count(),
        3,
        "{run:?}"
    );
    let run = home.run_in("src", &["use", "--trust", "--json"]).ok();
    assert_eq!(run.json(), json!({"accepted": []}));
    assert_eq!(home.holdings(), before);
    assert_eq!(
        home.run_in("src", &["use", "--trust", "-q"]).ok().stderr,
        ""
    );
    for wrong in [
        &["use"][..],
        &["use", "--here"],
        &["use", "--trust", "acme/work"],
        &["use", "--trust", "--here"],
    ] {
        assert_eq!(home.run_in("src", wrong).status, 2, "{wrong:?}");
    }
}

#[test]
fn one_that_names_nobody_who_is_there_says_how_to_sign_in() {
    let (home, _provider) = two();
    home.rule("src", "accounts = ['acme/gone']\n");
    home.run_in("src", &["use", "--trust"]).ok();
    for args in USING {
        let run = home.run_in("src", args).fails(
            2,
            &[
                ".keyfob.toml: no account is called acme/gone",
                "`keyfob login acme --as gone`",
            ],
        );
        assert_eq!(run.stdout, "", "{args:?}");
    }
    let run = home.run_in("src", &["token", "--json"]);
    assert_eq!(run.failure()["error"], "unknown_account");
    assert_eq!(run.failure()["account"], "acme/gone");
    home.login(&["acme", "--as", "gone", "--replace"]).ok();
    home.assert_chosen("src", "acme/gone", "directory");
}

#[test]
fn settings_choose_by_path_and_need_no_acceptance() {
    let (home, _provider) = two();
    let config = |text: &str| home.write("config/config.toml", text);
    config("[[rules]]\npath = '~/src'\naccounts = ['acme/work']\n");
    home.repository("src/clone");
    home.assert_chosen("src/clone/deep", "acme/work", "directory");
    home.assert_chosen("src", "acme/work", "directory");
    home.assert_chosen("srcs", "acme/julien", "default");
    let run = home.run_in("src", &["which", "acme", "--json"]).ok();
    let file = home.path("config/config.toml").display().to_string();
    assert_eq!(run.json()["rule"], json!(file));
    let run = home.run_in("src", &["which"]).ok();
    let line = format!("acme/work: the rule for `~/src` in {file} names it\n");
    assert_eq!(run.stdout, line);
    home.run_in("src", &["use", "acme/julien", "--here"]).ok();
    home.assert_chosen("src", "acme/julien", "directory");
    home.assert_chosen("src/clone", "acme/work", "directory");

    let path = home.path("src/clone").display().to_string();
    config(&format!(
        "[[rules]]\npath = '{path}'\naccounts = ['acme/work']\n"
    ));
    home.assert_chosen("src/clone/deep", "acme/work", "directory");
    for (wrong, line) in [
        ("accounts = ['acme/work']", 1),
        ("path = '~/x'\nremote = 'x.example'\naccounts = []", 1),
        ("path = '~/x'\naccounts = ['hunter2']", 3),
        ("path = '~/x'\naccounts = 'hunter2/x'", 3),
        ("path = '~/x'\naccounts = ['acme/a', 'acme/hunter2']", 3),
        ("path = 'hunter2'\naccounts = []", 2),
        ("path = '~hunter2/x'\naccounts = []", 2),
        ("remote = 'https://x:hunter2@x.example'\naccounts = []", 2),
        ("path = '~/x'\naccounts = []\ntoken = 'hunter2'", 4),
        ("path = '~/x'", 1),
    ] {
        config(&format!("[[rules]]\n{wrong}\n"));
        let run = home.run_in("src", &["which", "acme"]);
        let run = run.fails(1, &[&format!("config.toml:{line}:")]);
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
    }
}

/// Nothing is written, sent, asked or read of a store while the folder is looked at.
#[test]
fn looking_is_free() {
    let (home, provider) = two();
    home.run_in("src", &["use", "acme/work", "--here"]).ok();
    std::fs::remove_dir_all(home.path("data/secrets")).unwrap();
    let (before, asked) = (home.files(), provider.asked("/token").len());
    home.assert_chosen("src", "acme/work", "directory");
    home.run_in("src", &["check"]).ok();
    home.run_in("src", &["list"]).ok();
    assert_eq!(home.files(), before);
    assert_eq!(provider.asked("/token").len(), asked);
}
