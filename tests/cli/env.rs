//! Accounts and tokens that the environment names: `KEYFOB_ACCOUNT`, and each provider's own variable.

use serde_json::{Value, json};

use crate::vault::HomeVault as _;
use crate::vault::expired;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::signed_in;

/// A CI job: no account, nobody to ask.
fn job() -> Home {
    let mut home = Home::new();
    home.set("CI", "true");
    home
}

/// The same with a provider, and a token of its that no account holds.
fn job_with_token() -> (Home, Provider, String) {
    let (mut home, provider) = (job(), Provider::start());
    home.provider("acme", &provider.definition(""));
    let token = format!("{MARK}personal");
    provider.state(|state| state.alive.insert(token.clone()));
    home.set("ACME_TOKEN", token.clone());
    (home, provider, token)
}

#[track_caller]
fn unseen(run: &Run) {
    assert!(
        !run.stdout.contains(MARK) && !run.stderr.contains(MARK),
        "{run:?}"
    );
}

#[test]
fn a_job_without_an_account_gets_the_providers_variable() {
    let mut home = job();
    home.set("HF_TOKEN", "\r\n hf_personal\n");
    for args in [&["token"][..], &["token", "huggingface"]] {
        let run = home.run(args).ok();
        assert_eq!(
            (run.stdout.as_str(), run.stderr.as_str()),
            ("hf_personal\n", "")
        );
    }
    assert_eq!(
        home.run(&["token", "--json"]).ok().json(),
        json!({"account": "huggingface", "access_token": "hf_personal", "token_type": "Bearer",
            "expires_at": null})
    );
    let run = home.run(&["token", "--min-ttl", "1h"]).ok();
    assert!(run.stderr.contains("HF_TOKEN"), "{run:?}");
    home.run(&["token", "github"])
        .fails(4, &["nobody is signed in at github"]);
    home.set("GH_TOKEN", "gho_x");
    home.run(&["token"])
        .fails(2, &["GH_TOKEN, HF_TOKEN", "`github`", "`huggingface`"]);
    assert_eq!(home.run(&["token", "github"]).ok().stdout, "gho_x\n");
    assert!(
        home.files()
            .iter()
            .all(|(_, bytes)| { !String::from_utf8_lossy(bytes).contains("hf_personal") }),
        "nothing is kept"
    );
}

#[test]
fn an_empty_variable_is_none_and_a_hostile_one_is_an_error_that_shows_nothing() {
    let mut home = job();
    for empty in ["", " ", "\r\n\t "] {
        home.set("HF_TOKEN", empty);
        home.run(&["token", "huggingface"])
            .fails(4, &["nobody is signed in at huggingface"]);
    }
    let long = format!("{MARK}{}", "x".repeat(70_000));
    let hostile = [
        format!("{MARK}a b"),
        format!("{MARK}a\nexport EVIL=1"),
        format!("{MARK}\u{1b}[31m"),
        format!("{MARK}é"),
        long,
    ];
    for value in hostile {
        home.set("HF_TOKEN", value);
        for verb in ["token", "which", "check", "whoami"] {
            for args in [vec![verb], vec![verb, "huggingface"], vec![verb, "--json"]] {
                let run = home.run(&args).fails(1, &["HF_TOKEN"]);
                unseen(&run);
            }
        }
        let run = home.run(&["check", "--all"]).fails(1, &["HF_TOKEN"]);
        unseen(&run);
        let list = home.run(&["list"]).ok();
        assert!(list.stdout.contains("env HF_TOKEN"), "{list:?}");
        unseen(&list);
    }
}

#[test]
fn verbs_for_accounts_say_that_a_variable_is_none() {
    let mut home = job();
    home.set("HF_TOKEN", format!("{MARK}x"));
    for args in [
        &["refresh"][..],
        &["refresh", "huggingface"],
        &["logout"],
        &["logout", "huggingface"],
    ] {
        let run = home.run(args).fails(
            4,
            &[
                "HF_TOKEN holds a token that keyfob does not keep",
                "`keyfob login huggingface`",
            ],
        );
        unseen(&run);
    }
    let run = home.run(&["refresh", "huggingface", "--json"]);
    assert_eq!(run.failure()["error"], "login_required");
}

#[test]
fn list_has_a_row_for_each_variable_and_shows_no_value() {
    let (mut home, _provider) = signed_in();
    home.set("HF_TOKEN", format!("{MARK}x"));
    home.set("ACME_TOKEN", format!("{MARK}y"));
    home.set("DISCORD_TOKEN", format!("{MARK}z"));
    let table = home.run(&["list"]).ok();
    unseen(&table);
    let rows: Vec<Vec<&str>> = table
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0][..2], ["*", "acme/julien"]);
    assert_eq!(rows[1], ["acme", "env", "ACME_TOKEN", "unknown"]);
    assert_eq!(rows[2], ["huggingface", "env", "HF_TOKEN", "unknown"]);
    assert_eq!(rows.len(), 3);

    let run = home.run(&["list", "--json"]).ok();
    unseen(&run);
    let answer = run.json();
    let sources: Vec<_> = answer["accounts"].as_array().unwrap().iter().collect();
    let of = |at: usize| {
        [
            &sources[at]["account"],
            &sources[at]["source"],
            &sources[at]["variable"],
        ]
    };
    assert_eq!(
        of(0),
        [&json!("acme/julien"), &json!("account"), &Value::Null]
    );
    assert_eq!(of(1), [&json!("acme"), &json!("env"), &json!("ACME_TOKEN")]);
    for unknown in [
        "store",
        "scope",
        "token_type",
        "expires_at",
        "created_at",
        "account_id",
    ] {
        assert_eq!(sources[1][unknown], Value::Null, "{unknown}");
    }
    let one = home.run(&["list", "huggingface", "--json"]).ok().json();
    assert_eq!(one["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(one["accounts"][0]["variable"], "HF_TOKEN");
    let none = home.run(&["list", "github"]).ok();
    assert!(none.stderr.contains("nobody is signed in"), "{none:?}");
}

#[test]
fn a_definition_that_is_like_another_does_not_take_the_others_variable() {
    let mut home = job();
    home.provider("work", "like = 'github'\nhost = 'git.example.com'\n");
    home.set("GH_TOKEN", "gho_x");
    home.set("GH_ENTERPRISE_TOKEN", "gho_y");
    home.run(&["token", "work"])
        .fails(4, &["nobody is signed in at work"]);
    let more = "[environment]\nvariables = ['WORK_GIT_TOKEN']\n";
    home.provider(
        "work",
        &format!("like = 'github'\nhost = 'git.example.com'\n{more}"),
    );
    home.set("WORK_GIT_TOKEN", "gho_z");
    assert_eq!(home.run(&["token", "work"]).ok().stdout, "gho_z\n");
}

#[test]
fn a_broken_definition_is_a_warning_of_list_and_an_error_where_it_is_meant() {
    let (mut home, _provider) = signed_in();
    home.provider("mine", "environment = ");
    assert_eq!(home.run(&["list"]).ok().stderr, "", "nothing of its is set");
    home.set("MINE_TOKEN", format!("{MARK}x"));
    let list = home.run(&["list"]).ok();
    assert!(list.stderr.contains("mine.toml:1"), "{list:?}");
    assert!(list.stdout.contains("acme/julien"), "{list:?}");
    let run = home.run(&["token", "mine"]).fails(1, &["mine.toml:1"]);
    unseen(&run);
    home.run(&["token"]).ok();
}

#[test]
fn an_ignored_variable_is_said_unless_it_holds_the_very_token() {
    let (mut home, _provider) = signed_in();
    let token = home.run(&["token"]).ok();
    home.set("ACME_TOKEN", token.line());
    let inside = home.run(&["token"]).ok();
    assert_eq!(
        (inside.stdout.as_str(), inside.stderr.as_str()),
        (token.stdout.as_str(), "")
    );

    home.set("ACME_TOKEN", format!("{MARK}other"));
    for args in [&["token"][..], &["token", "acme"], &["token", "--json"]] {
        let run = home.run(args).ok();
        assert_eq!(
            run.stderr,
            "ACME_TOKEN is set and ignored, for acme/julien is signed in\n"
        );
        assert!(run.stdout.contains(token.line()), "{run:?}");
    }
    assert_eq!(home.run(&["token", "-q"]).ok().stderr, "");
    assert_eq!(home.run(&["token", "acme/julien"]).ok().stderr, "");
}

#[test]
fn it_is_said_of_a_renewed_token_too() {
    let (mut home, provider) = expired();
    home.set("ACME_TOKEN", format!("{MARK}other"));
    let run = home.run(&["token"]).ok();
    assert!(
        run.stderr.contains("ACME_TOKEN is set and ignored"),
        "{run:?}"
    );
    provider.assert_refreshes(1);
}

#[test]
fn keyfob_account_chooses_for_every_verb() {
    let (mut home, provider) = signed_in();
    home.copy_account("acme/julien", "acme/work");
    home.set("KEYFOB_ACCOUNT", " github/me , acme/work ");
    for args in [&["token", "--json"][..], &["token", "acme", "--json"]] {
        let run = home.run(args).ok();
        assert_eq!(run.json()["account"], "acme/work");
        assert_eq!(
            run.stderr,
            "KEYFOB_ACCOUNT names acme/work; the default is acme/julien\n"
        );
    }
    let named = home.run(&["token", "acme/julien", "--json"]).ok();
    assert_eq!(
        (named.json()["account"].as_str(), named.stderr.as_str()),
        (Some("acme/julien"), "")
    );
    let whoami = home.run(&["whoami"]).ok();
    assert!(whoami.stdout.contains("acme/work"), "{whoami:?}");
    let check = home.run(&["check", "acme"]).ok();
    assert!(check.stdout.starts_with("acme/work "), "{check:?}");
    let refresh = home.run(&["refresh", "acme"]).ok();
    assert!(refresh.stdout.starts_with("acme/work "), "{refresh:?}");
    provider.assert_refreshes(1);
    home.run(&["logout", "acme", "--local"]).ok();
    home.unset("KEYFOB_ACCOUNT");
    assert_eq!(home.accounts(), ["acme/julien"]);
}

#[test]
fn a_wrong_keyfob_account_is_named_and_not_shown() {
    let (mut home, provider) = signed_in();
    let asked = provider.asked("/token").len();
    let pasted = format!("{MARK}pasted");
    for (wrong, status, code, words) in [
        (pasted.as_str(), 1, "config_invalid", "entry 1"),
        ("acme/julien,", 1, "config_invalid", "entry 2"),
        ("acme", 1, "config_invalid", "PROVIDER/NAME"),
        ("acme/a,acme/b", 1, "config_invalid", "two accounts of acme"),
        ("acme/gone", 2, "unknown_account", "acme/gone"),
        ("acne/julien", 2, "unknown_provider", "acne"),
    ] {
        home.set("KEYFOB_ACCOUNT", wrong);
        for verb in ["token", "whoami", "refresh", "logout", "check", "which"] {
            let run = home.run(&[verb]).fails(status, &["KEYFOB_ACCOUNT", words]);
            unseen(&run);
            let run = home.run(&[verb, "--json"]);
            assert_eq!((run.status, run.stdout.as_str()), (status, ""), "{run:?}");
            assert_eq!(run.failure()["error"], code, "{wrong}");
        }
    }
    assert_eq!(provider.asked("/token").len(), asked);
    assert_eq!(home.run(&["which", "acme/julien"]).ok().stderr, "");
    for empty in ["", " \n"] {
        home.set("KEYFOB_ACCOUNT", empty);
        home.run(&["token"]).ok();
    }
}

#[test]
fn whoami_asks_about_a_variable_too() {
    let (home, provider, token) = job_with_token();
    let run = home.run(&["whoami", "acme"]).ok();
    assert!(
        run.stdout.starts_with("account   acme\nid        u-1\n"),
        "{run:?}"
    );
    assert_eq!(
        home.run(&["whoami", "--json"]).ok().json()["account"],
        "acme"
    );
    let asked = provider.asked("/userinfo");
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {token}"));
    assert!(provider.asked("/token").is_empty());

    provider.state(|state| state.alive.clear());
    let run = home
        .run(&["whoami"])
        .fails(4, &["refuses the token in ACME_TOKEN"]);
    unseen(&run);
}

#[test]
fn a_given_token_is_asked_about_where_the_definition_says() {
    let (home, provider, token) = job_with_token();
    let origin = provider.origin();
    let more = format!(
        "[identity]\nmethod = 'POST'\nbody = '{{}}'\n\
         [given]\nuserinfo_endpoint = '{origin}/userinfo?given'\nusername = '/name'\n"
    );
    home.provider("acme", &provider.definition(&more));
    let run = home.run(&["whoami", "--json"]).ok();
    assert_eq!(run.json()["username"], "Julien");
    let asked = provider.asked("/userinfo");
    assert_eq!(asked[0].method, "GET");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {token}"));
}
