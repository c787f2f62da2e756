//! Each CI system by its own variables, and what is said where one of them is missing.

use serde_json::json;

use super::ci::{Ci, GITHUB, claims};
use super::{LOGIN, TOKEN};
use keyfob_testkit::provider::MARK;

#[test]
fn variables_come_first_on_every_system() {
    let mut ci = Ci::new().inside(&GITHUB);
    let token = |ci: &Ci, name: &str| ci.mint(&claims(&json!({"sub": name})));
    for name in [
        "KEYFOB_ID_TOKEN",
        "HF_OIDC_ID_TOKEN",
        "KEYFOB_HUGGINGFACE_ID_TOKEN",
    ] {
        let value = token(&ci, name);
        ci.home.set(name, value);
        let run = ci.home.run(&[&TOKEN[..], &["-v"]].concat()).ok();
        let told = format!("an identity token of `{name}` from {name}");
        assert!(run.stderr.contains(&told), "{run:?}");
    }
    assert!(ci.asked("/idtoken/1").is_empty());
    for name in [
        "KEYFOB_ID_TOKEN",
        "HF_OIDC_ID_TOKEN",
        "KEYFOB_HUGGINGFACE_ID_TOKEN",
    ] {
        ci.home.set(name, " \n");
    }
    ci.home.run(&TOKEN).ok();
    assert_eq!(ci.asked("/idtoken/1").len(), 1, "a blank variable is none");
}

#[test]
fn a_system_that_sets_a_variable_is_read() {
    for (mark, name, title) in [
        ("CIRCLECI", "CIRCLE_OIDC_TOKEN", "CircleCI"),
        ("CIRCLECI", "CIRCLE_OIDC_TOKEN_V2", "CircleCI"),
        (
            "BITBUCKET_BUILD_NUMBER",
            "BITBUCKET_STEP_OIDC_TOKEN",
            "Bitbucket Pipelines",
        ),
        ("GITLAB_CI", "HF_OIDC_ID_TOKEN", "HF_OIDC_ID_TOKEN"),
    ] {
        let mut ci = Ci::new();
        let token = ci.mint(&claims(&json!({})));
        ci.home.set(mark, "true");
        ci.home.set(name, token);
        let run = ci.home.run(&[&TOKEN[..], &["-v"]].concat()).ok();
        assert!(run.stderr.contains(&format!("from {title}")), "{run:?}");
    }
}

#[test]
fn the_newer_token_of_circleci_goes_before_the_older() {
    let mut ci = Ci::new();
    let audience = json!({"aud": "5b9a1a6d-org"});
    let token = ci.mint(&claims(&audience));
    ci.home.set("CIRCLECI", "true");
    ci.home.set("CIRCLE_OIDC_TOKEN", "unknown");
    ci.home.set("CIRCLE_OIDC_TOKEN_V2", token);
    let run = ci.home.run(&TOKEN);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(
        run.stderr.contains("from CircleCI is for `5b9a1a6d-org`"),
        "{run:?}"
    );
    let setting = [
        "provider",
        "set",
        "huggingface",
        "exchange.audience=5b9a1a6d-org",
    ];
    ci.home.run(&setting).ok();
    ci.home.run(&TOKEN).ok();
}

#[test]
fn azure_is_posted_to_and_a_service_connection_is_named() {
    let mut ci = Ci::new();
    ci.home.set("TF_BUILD", "True");
    ci.home
        .set("SYSTEM_OIDCREQUESTURI", format!("{}/azure", ci.origin()));
    ci.home.set("SYSTEM_ACCESSTOKEN", format!("{MARK}job"));
    let run = ci.home.run(&TOKEN);
    assert!(
        run.stderr.contains("is for `api://AzureADTokenExchange`"),
        "{run:?}"
    );
    let theirs = "exchange.audience=api://AzureADTokenExchange";
    ci.home
        .run(&["provider", "set", "huggingface", theirs])
        .ok();
    let asked = &ci.asked("/azure")[0];
    assert_eq!(asked.query["api-version"], "7.1");
    assert!(!asked.query.contains_key("serviceConnectionId"));
    assert_eq!(asked.headers["content-length"], "0");
    assert_eq!(asked.headers["content-type"], "application/json");
    ci.home
        .set("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "a&b c");
    ci.home.run(&TOKEN).ok();
    assert_eq!(ci.asked("/azure")[1].query["serviceConnectionId"], "a&b c");
}

#[cfg(unix)]
#[test]
fn buildkites_agent_is_asked_and_inherits_no_secret() {
    use std::os::unix::fs::PermissionsExt;
    let mut ci = Ci::new();
    let token = ci.mint(&claims(&json!({})));
    let agent = |ci: &Ci, script: &str| {
        ci.home
            .write("bin/buildkite-agent", &format!("#!/bin/sh\n{script}\n"));
        let path = ci.home.path("bin/buildkite-agent");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    };
    let path = std::env::var("PATH").expect("a PATH");
    ci.home
        .set("PATH", format!("{}:{path}", ci.home.path("bin").display()));
    ci.home.set("BUILDKITE", "true");
    ci.home
        .set("KEYFOB_PASSPHRASE", format!("{MARK}passphrase"));
    ci.home.set("KEYFOB_ACME_ID_TOKEN", format!("{MARK}other"));
    let seen = ci.home.path("agent.seen");
    agent(
        &ci,
        &format!(
            "(echo \"$*\"; env) > {}\necho {MARK}noise >&2\necho {token}",
            seen.display()
        ),
    );
    let run = ci.home.run(&[&TOKEN[..], &["-v"]].concat()).ok();
    assert!(!run.stderr.contains(MARK), "{run:?}");
    let seen = std::fs::read_to_string(seen).expect("the agent ran");
    assert!(
        seen.starts_with("oidc request-token --audience https://huggingface.co\n"),
        "{seen}"
    );
    assert!(!seen.contains(MARK), "{seen}");

    agent(
        &ci,
        &format!("echo {MARK}noise >&2\necho {MARK}half\nexit 3"),
    );
    let run = ci.home.run(&TOKEN).fails(
        4,
        &[
            "buildkite-agent",
            "exit status: 3",
            "request-token --audience",
        ],
    );
    assert!(!run.stderr.contains(MARK), "{run:?}");
    agent(&ci, "cat /dev/zero");
    ci.home
        .run(&TOKEN)
        .fails(4, &["something else than an identity token"]);
    agent(&ci, "");
    ci.home.run(&TOKEN).fails(4, &["is empty"]);
    ci.home
        .set("PATH", ci.home.path("nothing").to_str().expect("a path"));
    ci.home
        .run(&TOKEN)
        .fails(4, &["`buildkite-agent` was not found", "KEYFOB_ID_TOKEN"]);
    assert_eq!(ci.asked("/token").len(), 1);
}

#[test]
fn what_is_missing_is_said_in_the_systems_own_words() {
    for (place, words) in [
        (
            &[("GITHUB_ACTIONS", "true")][..],
            &[
                "GitHub Actions may not ask",
                "permissions:",
                "id-token: write",
            ][..],
        ),
        (
            &[
                ("GITHUB_ACTIONS", "true"),
                ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://a.example"),
            ],
            &["id-token: write"],
        ),
        (
            &[("GITLAB_CI", "true")],
            &[
                "no identity token in HF_OIDC_ID_TOKEN",
                "id_tokens:",
                "HF_OIDC_ID_TOKEN:",
                "aud: https://huggingface.co",
            ],
        ),
        (&[("CIRCLECI", "true")], &["CIRCLE_OIDC_TOKEN_V2", "fork"]),
        (
            &[("BITBUCKET_BUILD_NUMBER", "1")],
            &["BITBUCKET_STEP_OIDC_TOKEN", "oidc: true"],
        ),
        (&[("TF_BUILD", "True")], &["SYSTEM_OIDCREQUESTURI"]),
        (
            &[
                ("TF_BUILD", "True"),
                ("SYSTEM_OIDCREQUESTURI", "https://a.example"),
            ],
            &["SYSTEM_ACCESSTOKEN: $(System.AccessToken)"],
        ),
        (
            &[],
            &[
                "no identity token here to exchange at Hugging Face",
                "Azure Pipelines",
                "KEYFOB_HUGGINGFACE_ID_TOKEN",
                "--subject-token-file",
            ],
        ),
    ] {
        let ci = Ci::new().inside(place);
        for args in [&TOKEN[..], &LOGIN] {
            let run = ci.home.run(args).fails(4, words);
            assert_eq!(run.stdout, "");
        }
        assert!(ci.asked("/token").is_empty());
        assert!(ci.home.stored().is_empty());
    }
}
