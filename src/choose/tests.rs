use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::{ACCOUNT, Chooser, Environment, Source};
use crate::account::Account;
use crate::account::fixture;
use crate::config::Config;
use crate::error::{Code, Error};
use crate::paths::Paths;
use crate::provider::Registry;
use crate::rules::{Rules, WorkingPlace};
use crate::store::Nobody;
use crate::vault::Vault;
use keyfob_base::files;
use keyfob_base::secret::Secret;

/// Accounts, defaults, variables and directory rules of one test.
struct Scene {
    home: TempDir,
    place: PathBuf,
    paths: Paths,
    configured: String,
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
        let place = home.path().canonicalize().unwrap();
        Self {
            home,
            place,
            paths,
            configured: String::new(),
            vault,
            variables: variables.collect(),
        }
    }

    /// The same in the home's folder `src/acme`, with rules. `FOLDER: ACCOUNTS` is a rule file of the home
    /// that was accepted, after `?` one that was not; `KEY = VALUE: ACCOUNTS` is a rule of `config.toml`.
    fn ruled(accounts: &[&str], variables: &[&str], rules: &[&str]) -> Self {
        let mut scene = Self::new(accounts, variables);
        std::fs::create_dir_all(scene.place.join("src/acme")).unwrap();
        for rule in rules {
            let (place, names) = rule.split_once(": ").unwrap();
            let names: Vec<_> = names.split_whitespace().collect();
            if place.contains('=') {
                let _ = writeln!(scene.configured, "[[rules]]\n{place}\naccounts = {names:?}");
                continue;
            }
            let folder = scene.place.join(place.trim_start_matches('?'));
            let folder = folder.canonicalize().unwrap();
            let text = format!("accounts = {names:?}\n");
            std::fs::write(folder.join(".keyfob.toml"), text).unwrap();
            if !place.starts_with('?') {
                scene.rules_at(&folder).trust().unwrap();
            }
        }
        scene.place.push("src/acme");
        scene
    }

    fn rules_at(&self, folder: &Path) -> Rules {
        let config = self.paths.config_file();
        files::replace(&config, self.configured.as_bytes()).unwrap();
        let configured = Config::load(&self.paths).unwrap().rules;
        let place = WorkingPlace {
            folder: Ok(folder.into()),
            home: Some(self.home.path().canonicalize().unwrap()),
        };
        Rules::at(self.paths.clone(), configured, place)
    }

    fn definition(&self, name: &str, text: &str) {
        let file = self.paths.providers().join(format!("{name}.toml"));
        files::replace(&file, text.as_bytes()).unwrap();
    }

    fn ask<T>(&self, question: impl FnOnce(Chooser<'_>) -> T) -> T {
        let read = |name: &str| self.variables.get(name).cloned();
        let registry = Registry::new(self.paths.clone());
        let rules = self.rules_at(&self.place);
        question(Chooser::within(
            &self.vault,
            &registry,
            &rules,
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
                format!("{}{name}: {}", choice.source.whose(), choice.why.as_str())
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
        "huggingface/julien: argument",
    ),
    // KEYFOB_ACCOUNT
    (
        &TWO,
        &[NAMED, SET],
        Some("huggingface"),
        "huggingface/work: environment",
    ),
    (&TWO, &[NAMED, SET], None, "huggingface/work: environment"),
    (
        &TWO,
        &["KEYFOB_ACCOUNT=github/me"],
        Some("huggingface"),
        "huggingface/julien: default",
    ),
    (&TWO, &["KEYFOB_ACCOUNT=github/me"], None, "unknown_account"),
    (
        &TWO,
        &["KEYFOB_ACCOUNT="],
        None,
        "huggingface/julien: default",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT= \n"],
        None,
        "huggingface/julien: default",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT= github/me , huggingface/work\n"],
        None,
        "huggingface/work: environment",
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
        "github/me: environment",
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
        "huggingface/julien: default",
    ),
    (&TWO, &[SET], None, "huggingface/julien: default"),
    // the only one
    (
        &["huggingface/a"],
        &[SET],
        Some("huggingface"),
        "huggingface/a: only",
    ),
    (
        &["huggingface/a"],
        &[SET, "GH_TOKEN=x"],
        None,
        "huggingface/a: only",
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
        "huggingface HF_TOKEN: variable",
    ),
    (&[], &[SET], None, "huggingface HF_TOKEN: variable"),
    (
        &["github/me"],
        &[SET],
        Some("huggingface"),
        "huggingface HF_TOKEN: variable",
    ),
    (&["github/me"], &[SET], None, "github/me: only"),
    (
        &[],
        &["HF_TOKEN= \r\n", "HUGGING_FACE_HUB_TOKEN=x"],
        None,
        "huggingface HUGGING_FACE_HUB_TOKEN: variable",
    ),
    (&[], &[SET, "GH_TOKEN=x"], None, "ambiguous_account"),
    (
        &[],
        &[SET, "HUGGING_FACE_HUB_TOKEN=y"],
        None,
        "huggingface HF_TOKEN: variable",
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
        "huggingface/julien: default",
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

const BOTH: [&str; 3] = ["github/me*", "huggingface/julien*", "huggingface/work"];

/// Accounts, variables, rules, the argument, and what it means.
type Ruled = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
    Option<&'static str>,
    &'static str,
);

const RULED: &[Ruled] = &[
    // what goes before a rule, accepted or not
    (
        &TWO,
        &[SET],
        &["src: huggingface/work"],
        Some("huggingface/julien"),
        "huggingface/julien: argument",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT=huggingface/julien"],
        &["src: huggingface/work"],
        Some("huggingface"),
        "huggingface/julien: environment",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT=huggingface/julien"],
        &["?src: huggingface/work"],
        None,
        "huggingface/julien: environment",
    ),
    // what a rule goes before
    (
        &TWO,
        &[SET],
        &["src: huggingface/work"],
        Some("huggingface"),
        "huggingface/work: directory",
    ),
    (
        &["huggingface/a", "huggingface/b"],
        &[],
        &["src: huggingface/b"],
        Some("huggingface"),
        "huggingface/b: directory",
    ),
    (
        &["huggingface/a"],
        &[],
        &["src: huggingface/a"],
        Some("huggingface"),
        "huggingface/a: directory",
    ),
    (
        &["huggingface/a"],
        &[SET],
        &["src: github/me"],
        Some("huggingface"),
        "huggingface/a: only",
    ),
    // the nearest that names the provider; rule files before `config.toml`, and there the first that fits
    (
        &TWO,
        &[],
        &["src: huggingface/julien", "src/acme: huggingface/work"],
        Some("huggingface"),
        "huggingface/work: directory",
    ),
    (
        &TWO,
        &[],
        &["src: huggingface/work", "src/acme: github/me"],
        Some("huggingface"),
        "huggingface/work: directory",
    ),
    (
        &TWO,
        &[],
        &[".: huggingface/work", "path = '~': huggingface/julien"],
        Some("huggingface"),
        "huggingface/work: directory",
    ),
    (
        &TWO,
        &[],
        &[
            "path = '~/sr': huggingface/julien",
            "path = '~/src/acme/x': huggingface/julien",
            "path = '~/src': github/me",
            "path = '~/src/': huggingface/work",
            "path = '~/src/acme': huggingface/julien",
        ],
        Some("huggingface"),
        "huggingface/work: directory",
    ),
    (
        &TWO,
        &[],
        &["path = '/elsewhere': huggingface/work"],
        Some("huggingface"),
        "huggingface/julien: default",
    ),
    (
        &TWO,
        &[],
        &["remote = 'github.com/acme': huggingface/work"],
        Some("huggingface"),
        "huggingface/julien: default",
    ),
    // without an argument
    (
        &BOTH,
        &[],
        &["src: huggingface/work"],
        None,
        "huggingface/work: directory",
    ),
    (
        &BOTH,
        &[],
        &["path = '~': github/me"],
        None,
        "github/me: directory",
    ),
    (
        &BOTH,
        &[],
        &["src: huggingface/work", "path = '~': github/me"],
        None,
        "ambiguous_account",
    ),
    (
        &TWO,
        &[],
        &["src: huggingface/work", "path = '~': github/me"],
        None,
        "huggingface/work: directory",
    ),
    (
        &BOTH,
        &["KEYFOB_ACCOUNT=github/me,huggingface/julien"],
        &["src: huggingface/work"],
        None,
        "ambiguous_account",
    ),
    (
        &TWO,
        &["KEYFOB_ACCOUNT=github/me,gitlab/me"],
        &["src: huggingface/work"],
        None,
        "huggingface/work: directory",
    ),
    (
        &TWO,
        &[],
        &["src: huggingface/gone"],
        None,
        "unknown_account",
    ),
    // one that was not accepted
    (
        &TWO,
        &[],
        &["?src: huggingface/work"],
        Some("huggingface"),
        "config_invalid",
    ),
    (
        &[],
        &[SET],
        &["?src: huggingface/work"],
        Some("huggingface"),
        "config_invalid",
    ),
    (&TWO, &[], &["?src: github/me"], None, "config_invalid"),
    (
        &TWO,
        &[],
        &["?src: github/me"],
        Some("huggingface"),
        "huggingface/julien: default",
    ),
    (
        &TWO,
        &[],
        &["?src/acme: github/me", "src: huggingface/work"],
        Some("huggingface"),
        "huggingface/work: directory",
    ),
    (
        &TWO,
        &[],
        &["src/acme: huggingface/work", "?src: huggingface/julien"],
        None,
        "huggingface/work: directory",
    ),
    (&TWO, &[], &["?src:  "], None, "huggingface/julien: default"),
    // one that names who is not there
    (
        &TWO,
        &[],
        &["src: huggingface/gone"],
        Some("huggingface"),
        "unknown_account",
    ),
    (
        &[],
        &[SET],
        &["src: huggingface/work"],
        Some("huggingface"),
        "unknown_account",
    ),
    (
        &TWO,
        &[],
        &["src: hugingface/work"],
        None,
        "unknown_provider",
    ),
];

#[test]
fn the_order_of_choice_where_there_are_rules() {
    for (accounts, variables, rules, typed, meant) in RULED {
        let scene = Scene::ruled(accounts, variables, rules);
        let case = format!("{accounts:?} {variables:?} {rules:?} {typed:?}");
        assert_eq!(scene.means(*typed), *meant, "{case}");
    }
}

#[test]
fn an_account_that_a_rule_names_and_is_not_there_is_said_with_the_rule() {
    let scene = Scene::ruled(&TWO, &[], &["src: huggingface/wrok"]);
    let error = scene.failure(Some("huggingface"));
    let file = scene.place.with_file_name(".keyfob.toml");
    assert_eq!(
        error.message,
        format!("{}: no account is called huggingface/wrok", file.display())
    );
    assert_eq!(
        error.hint.unwrap(),
        format!(
            "sign in as it with `keyfob login huggingface --as wrok`, or name another in {}",
            file.display()
        )
    );
    let scene = Scene::ruled(&TWO, &[], &["path = '~/src': huggingface/gone"]);
    let error = scene.failure(None);
    let message = error.message;
    assert!(message.starts_with("the rule for `~/src` in "), "{message}");
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
            "huggingface/work: argument",
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
    assert_eq!(scene.means(Some("work")), "work WORK_TOKEN: variable");
}

#[test]
fn what_surprises_is_said() {
    let token = Secret::new("hf_kept");
    let said = |accounts: &[&str], variables: &[&str], typed: Option<&str>| {
        Scene::new(accounts, variables).ask(|chooser| {
            let choice = chooser.source(typed).unwrap();
            match &choice.source {
                Source::Account(account) => chooser.surprise(account, &choice.why, Some(&token)),
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
    let ruled = |accounts: &[&str], variables: &[&str], rule: &str| {
        let scene = Scene::ruled(accounts, variables, &[rule]);
        let said = scene.ask(|chooser| {
            let choice = chooser.source(provider).unwrap();
            match &choice.source {
                Source::Account(account) => chooser.surprise(account, &choice.why, Some(&token)),
                Source::Variable(_) => None,
            }
        });
        said.map(|line| line.replace(&scene.home.path().display().to_string(), "~"))
    };
    assert_eq!(
        ruled(&TWO, &[SET], "src: huggingface/work").unwrap(),
        "~/src/.keyfob.toml names huggingface/work; the default is huggingface/julien"
    );
    assert_eq!(
        ruled(&TWO, &[SET], "path = '~/src': huggingface/work").unwrap(),
        "the rule for `~/src` in ~/config/config.toml names huggingface/work; the default is huggingface/julien"
    );
    assert_eq!(
        ruled(&TWO, &[SET], "src: huggingface/julien").unwrap(),
        ignored
    );
    assert_eq!(ruled(&TWO, &[], "src: huggingface/julien"), None);
    assert_eq!(
        ruled(&TWO[..1], &["HF_TOKEN=hf_kept"], "src: huggingface/julien"),
        None
    );
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
