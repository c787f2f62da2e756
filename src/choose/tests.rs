use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::answer::fixture;
use crate::error::Code;
use crate::files;
use crate::paths::Paths;
use crate::store::Nobody;

/// Accounts, defaults and variables of one test.
struct Scene {
    _home: TempDir,
    paths: Paths,
    vault: Vault,
    variables: BTreeMap<String, OsString>,
}

impl Scene {
    /// `accounts` as `PROVIDER/NAME`, a default marked by `*`; `variables` as `NAME=VALUE`.
    fn new(accounts: &[&str], variables: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let vault = Vault::new(paths.clone(), false, Arc::new(Nobody));
        for (number, name) in accounts.iter().enumerate() {
            let (provider, label) = name.trim_end_matches('*').split_once('/').unwrap();
            let mut account = fixture::account();
            account.provider = provider.into();
            account.name = label.into();
            account.id = format!("{number:032x}");
            vault.record(&account).unwrap();
            if name.ends_with('*') {
                vault.make_default(&account, false).unwrap();
            }
        }
        let variables = variables.iter().map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), OsString::from(value))
        });
        Self {
            _home: home,
            paths,
            vault,
            variables: variables.collect(),
        }
    }

    fn definition(&self, name: &str, text: &str) {
        let file = self.paths.providers().join(format!("{name}.toml"));
        files::replace(&file, text.as_bytes()).unwrap();
    }

    fn ask<T>(&self, question: impl FnOnce(Chooser<'_>) -> T) -> T {
        let read = |name: &str| self.variables.get(name).cloned();
        let registry = Registry::new(self.paths.clone());
        question(Chooser::within(
            &self.vault,
            &registry,
            Environment::new(&read),
        ))
    }

    /// What an argument means, as `WHOSE: why`, or the code of the failure.
    fn means(&self, typed: Option<&str>) -> String {
        match self.ask(|chooser| chooser.source(typed)) {
            Ok(choice) => {
                let name = match &choice.source {
                    Source::Account(_) => String::new(),
                    Source::Variable(variable) => format!(" {}", variable.name),
                };
                format!("{}{name}: {:?}", choice.source.whose(), choice.why)
            }
            Err(error) => {
                assert!(error.hint.is_some(), "{error}");
                error.code.as_str().into()
            }
        }
    }

    fn failure(&self, typed: Option<&str>) -> Error {
        self.ask(|chooser| chooser.source(typed)).unwrap_err()
    }
}

const TWO: [&str; 2] = ["huggingface/julien*", "huggingface/work"];
const NAMED: &str = "KEYFOB_ACCOUNT=huggingface/work";
const SET: &str = "HF_TOKEN=hf_x";

/// Accounts, variables, the argument, and what it means.
type Case = (
    &'static [&'static str],
    &'static [&'static str],
    Option<&'static str>,
    &'static str,
);

const CASES: &[Case] = &[
    // a name goes before everything
    (
        &TWO,
        &[NAMED, SET],
        Some("huggingface/julien"),
        "huggingface/julien: Argument",
    ),
    // KEYFOB_ACCOUNT
    (
        &TWO,
        &[NAMED, SET],
        Some("huggingface"),
        "huggingface/work: Environment",
    ),
    (&TWO, &[NAMED, SET], None, "huggingface/work: Environment"),
    (
        &TWO,
        &["KEYFOB_ACCOUNT=github/me"],
        Some("huggingface"),
        "huggingface/julien: Default",
    ),
    (&TWO, &["KEYFOB_ACCOUNT=github/me"], None, "unknown_account"),
    (
        &TWO,
        &["KEYFOB_ACCOUNT="],
        None,
        "huggingface/julien: Default",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT= \n"],
        None,
        "huggingface/julien: Default",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT= github/me , huggingface/work\n"],
        None,
        "huggingface/work: Environment",
    ),
    (
        &["huggingface/a", "github/me"],
        &["KEYFOB_ACCOUNT=github/me,huggingface/a"],
        None,
        "ambiguous_account",
    ),
    (
        &["huggingface/a", "github/me"],
        &["KEYFOB_ACCOUNT=github/me"],
        None,
        "github/me: Environment",
    ),
    (
        &["huggingface/a"],
        &["KEYFOB_ACCOUNT=github/me,huggingface/gone"],
        None,
        "unknown_account",
    ),
    // the default
    (
        &TWO,
        &[SET],
        Some("huggingface"),
        "huggingface/julien: Default",
    ),
    (&TWO, &[SET], None, "huggingface/julien: Default"),
    // the only one
    (
        &["huggingface/a"],
        &[SET],
        Some("huggingface"),
        "huggingface/a: Only",
    ),
    (
        &["huggingface/a"],
        &[SET, "GH_TOKEN=x"],
        None,
        "huggingface/a: Only",
    ),
    (
        &["huggingface/a", "huggingface/b"],
        &[SET],
        Some("huggingface"),
        "ambiguous_account",
    ),
    (
        &["huggingface/a", "huggingface/b"],
        &[SET],
        None,
        "ambiguous_account",
    ),
    // the variable
    (
        &[],
        &[SET],
        Some("huggingface"),
        "huggingface HF_TOKEN: Variable",
    ),
    (&[], &[SET], None, "huggingface HF_TOKEN: Variable"),
    (
        &["github/me"],
        &[SET],
        Some("huggingface"),
        "huggingface HF_TOKEN: Variable",
    ),
    (&["github/me"], &[SET], None, "github/me: Only"),
    (
        &[],
        &["HF_TOKEN= \r\n", "HUGGING_FACE_HUB_TOKEN=x"],
        None,
        "huggingface HUGGING_FACE_HUB_TOKEN: Variable",
    ),
    (&[], &[SET, "GH_TOKEN=x"], None, "ambiguous_account"),
    (
        &[],
        &[SET, "HUGGING_FACE_HUB_TOKEN=y"],
        None,
        "huggingface HF_TOKEN: Variable",
    ),
    (&[], &[SET], Some("huggingface/work"), "unknown_account"),
    // nothing
    (&[], &["HF_TOKEN="], Some("huggingface"), "login_required"),
    (&[], &[], None, "login_required"),
    (
        &[],
        &["DISCORD_TOKEN=bot"],
        Some("discord"),
        "login_required",
    ),
    (&[], &["ZZZ_TOKEN=x"], Some("zzz"), "unknown_provider"),
    (
        &[],
        &["HF_TOKEN=a b"],
        Some("huggingface"),
        "config_invalid",
    ),
    (&[], &["HF_TOKEN=a\nb"], None, "config_invalid"),
    (&[], &["HF_TOKEN=é"], None, "config_invalid"),
    (
        &TWO,
        &["HF_TOKEN=a b"],
        Some("huggingface"),
        "huggingface/julien: Default",
    ),
];

#[test]
fn the_order_of_choice() {
    for (accounts, variables, typed, meant) in CASES {
        let scene = Scene::new(accounts, variables);
        let case = format!("{accounts:?} {variables:?} {typed:?}");
        assert_eq!(scene.means(*typed), *meant, "{case}");
    }
}

#[test]
fn what_keyfob_account_may_hold() {
    for wrong in [
        "huggingface",
        "huggingface/",
        "/work",
        "huggingface/work,",
        ",huggingface/work",
        "huggingface/work,,github/me",
        "huggingface/a/b",
        "huggingface work",
        "Hf_SECRET",
        "huggingface/work;github/me",
        "huggingface/work\ngithub/me",
        "*",
        "huggingface/work,huggingface/julien",
        "huggingface/work,huggingface/work",
    ] {
        let mut scene = Scene::new(&TWO, &[]);
        scene.variables.insert(ACCOUNT.into(), wrong.into());
        for typed in [None, Some("huggingface"), Some("github")] {
            let error = scene.failure(typed);
            assert_eq!(error.code, Code::ConfigInvalid, "{wrong}: {error}");
            assert!(error.message.contains(ACCOUNT), "{error}");
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        }
        assert_eq!(
            scene.means(Some("huggingface/work")),
            "huggingface/work: Argument",
            "a name needs no variable"
        );
    }
}

#[cfg(unix)]
#[test]
fn octets_that_are_no_text_are_no_names_and_no_tokens() {
    use std::os::unix::ffi::OsStringExt;
    let octets = || OsString::from_vec(vec![b'a', 0xff, b'b']);
    let mut scene = Scene::new(&[], &[]);
    scene.variables.insert("HF_TOKEN".into(), octets());
    assert_eq!(scene.means(None), "config_invalid");
    scene.variables.insert(ACCOUNT.into(), octets());
    assert!(scene.failure(None).message.contains(ACCOUNT));
}

#[test]
fn an_account_that_keyfob_account_names_and_is_not_there_is_said_with_the_variable() {
    let scene = Scene::new(&TWO, &["KEYFOB_ACCOUNT=huggingface/wrok"]);
    let error = scene.failure(Some("huggingface"));
    assert_eq!(
        error.message,
        "KEYFOB_ACCOUNT: no account is called huggingface/wrok"
    );
    assert_eq!(error.hint.unwrap(), "did you mean `huggingface/work`?");
    let scene = Scene::new(&[], &["KEYFOB_ACCOUNT=hugingface/work", SET]);
    let error = scene.failure(None);
    assert_eq!(error.code, Code::UnknownProvider);
    assert!(error.message.contains(ACCOUNT), "{error}");
}

#[test]
fn a_value_is_cleaned_and_never_shown() {
    let scene = Scene::new(&[], &["HF_TOKEN=\r\n \thf_x\t\r\n"]);
    match scene.ask(|chooser| chooser.source(None)).unwrap().source {
        Source::Variable(variable) => assert_eq!(variable.token, Secret::new("hf_x")),
        Source::Account(account) => panic!("{account}"),
    }
    let huge = format!("HF_TOKEN={}", "S".repeat(100_000));
    for wrong in [
        "HF_TOKEN=hunter2 hunter2",
        "HF_TOKEN=hunter2\u{1b}[31m",
        &huge,
    ] {
        let error = Scene::new(&[], &[wrong]).failure(None);
        assert!(error.message.contains("HF_TOKEN"), "{error}");
        let all = format!("{error:?}");
        assert!(!all.contains("hunter2") && !all.contains("SSS"), "{all}");
    }
}

#[test]
fn a_variable_is_no_account_and_that_is_said() {
    let scene = Scene::new(&[], &[SET, "GH_TOKEN=a b"]);
    for typed in [Some("huggingface"), None] {
        let error = scene.ask(|chooser| chooser.account(typed)).unwrap_err();
        assert_eq!(error.code, Code::LoginRequired);
        assert!(error.message.contains("_TOKEN holds a token"), "{error}");
        assert!(error.hint.unwrap().contains("`keyfob login "));
    }
    let typed = ["github".to_owned()];
    let error = scene.ask(|chooser| chooser.accounts(&typed)).unwrap_err();
    assert!(error.message.contains("GH_TOKEN holds"), "{error}");
    let error = scene
        .ask(|chooser| chooser.account(Some("gitlab")))
        .unwrap_err();
    assert_eq!(error.message, "nobody is signed in at gitlab");
}

#[test]
fn sources_are_taken_once() {
    let scene = Scene::new(&TWO, &[NAMED, "GH_TOKEN=x"]);
    let typed = [
        "huggingface",
        "huggingface/work",
        "github",
        "huggingface/julien",
        "github",
    ];
    let choices = scene.ask(|chooser| chooser.sources(&typed.map(str::to_owned)));
    let whose: Vec<_> = choices
        .unwrap()
        .iter()
        .map(|one| one.source.whose())
        .collect();
    assert_eq!(whose, ["huggingface/work", "github", "huggingface/julien"]);
}

#[test]
fn a_pattern_means_every_account_that_it_matches_once() {
    let scene = Scene::new(&["github/me", TWO[0], TWO[1]], &[NAMED, SET]);
    let meant = |typed: &[&str]| {
        let typed: Vec<String> = typed.iter().map(ToString::to_string).collect();
        let several = scene.ask(|chooser| chooser.accounts(&typed)).unwrap();
        let name = |account: &Account| {
            let named = several.named.contains(&account.id);
            format!("{account}{}", if named { " named" } else { "" })
        };
        several.chosen.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        meant(&["hugging*", "*"]),
        ["huggingface/julien", "huggingface/work", "github/me"]
    );
    assert_eq!(
        meant(&["*/work", "huggingface", "github"]),
        ["huggingface/work named", "github/me named"]
    );
    assert_eq!(meant(&[]), ["huggingface/work named"]);
    let typed = ["gihtub/*".to_owned()];
    let error = scene.ask(|chooser| chooser.accounts(&typed)).unwrap_err();
    assert_eq!(error.code, Code::UnknownAccount);
    assert_eq!(error.hint.unwrap(), "did you mean `github/*`?");
    assert_eq!(scene.means(Some("github/*")), "usage");
}

#[test]
fn no_variable_is_matched_by_a_pattern() {
    let scene = Scene::new(&["github/me"], &[SET]);
    let typed = ["*".to_owned(), "huggingface".to_owned()];
    let several = scene.ask(|chooser| chooser.sources_matching(&typed));
    let chosen = several.unwrap().chosen;
    let whose: Vec<_> = chosen.iter().map(Source::whose).collect();
    assert_eq!(whose, ["github/me", "huggingface"]);
}

#[test]
fn a_definition_like_another_is_not_read_from_the_others_variable() {
    let scene = Scene::new(&[], &["GH_TOKEN=x", "GH_ENTERPRISE_TOKEN=y"]);
    scene.definition("work", "like = 'github'\nhost = 'git.example.com'\n");
    assert_eq!(scene.means(Some("work")), "login_required");
    let scene = Scene::new(&[], &["WORK_TOKEN=x"]);
    scene.definition("work", "like = 'github'\nhost = 'git.example.com'\n");
    assert_eq!(scene.means(Some("work")), "work WORK_TOKEN: Variable");
}

#[test]
fn what_surprises_is_said() {
    let token = Secret::new("hf_kept");
    let said = |accounts: &[&str], variables: &[&str], typed: Option<&str>| {
        Scene::new(accounts, variables).ask(|chooser| {
            let choice = chooser.source(typed).unwrap();
            match &choice.source {
                Source::Account(account) => chooser.surprise(account, choice.why, Some(&token)),
                Source::Variable(_) => None,
            }
        })
    };
    let provider = Some("huggingface");
    assert_eq!(
        said(&TWO, &[NAMED], provider).unwrap(),
        "KEYFOB_ACCOUNT names huggingface/work; the default is huggingface/julien"
    );
    let ignored = "HF_TOKEN is set and ignored, for huggingface/julien is signed in";
    assert_eq!(said(&TWO, &[SET], provider).unwrap(), ignored);
    assert_eq!(said(&TWO, &[SET], None).unwrap(), ignored);
    assert_eq!(said(&TWO[..1], &[SET], None).unwrap(), ignored);
    assert_eq!(said(&TWO, &["HF_TOKEN=a b"], None).unwrap(), ignored);
    for (accounts, variables, typed) in [
        (&TWO[..], &[][..], provider),
        (&TWO, &["HF_TOKEN=hf_kept\n"], provider), // as `exec` leaves it
        (&TWO, &[SET], Some("huggingface/julien")),
        (&TWO, &["HF_TOKEN= ", "GH_TOKEN=x"], provider),
        (&TWO, &["KEYFOB_ACCOUNT=huggingface/julien"], provider),
        (&["huggingface/a"], &["KEYFOB_ACCOUNT=huggingface/a"], None),
        (&[], &[SET], None),
    ] {
        let case = format!("{accounts:?} {variables:?} {typed:?}");
        assert_eq!(said(accounts, variables, typed), None, "{case}");
    }
}
