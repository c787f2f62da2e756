//! Keyless CI: the identity token of a job is exchanged for a token, against a server that checks every
//! parameter and an endpoint that stands for the CI system's.

mod accounts;
pub mod ci;
mod hostile;
mod systems;

use serde_json::json;

use ci::{Ci, GITHUB, claims, identity_token};
use keyfob_testkit::provider::MARK;
use keyfob_testkit::server::Reply;

/// What `token` is asked for in most tests.
pub const TOKEN: [&str; 5] = [
    "token",
    "huggingface",
    "--exchange",
    "--resource",
    "acme/model",
];

/// The same, kept.
pub const LOGIN: [&str; 6] = [
    "login",
    "huggingface",
    "--flow",
    "token-exchange",
    "--resource",
    "acme/model",
];

#[test]
fn a_job_of_github_actions_gets_a_token_and_nothing_is_stored() {
    let ci = Ci::new().inside(&GITHUB);
    let before = ci.kept();
    let run = ci.home.run(&TOKEN).ok();
    assert_eq!(run.line(), format!("{MARK}access-0001"));
    assert_eq!(run.stderr, "");
    assert_eq!(ci.kept(), before);
    assert!(ci.home.stored().is_empty());
    let [asked] = &ci.asked("/idtoken/1")[..] else {
        panic!("one question");
    };
    assert_eq!(asked.method, "GET");
    assert_eq!(asked.query["api-version"], "2.0");
    assert_eq!(asked.query["audience"], "https://huggingface.co");
    assert_eq!(asked.headers["authorization"], format!("Bearer {MARK}job"));
    assert_eq!(ci.asked("/token").len(), 1);

    let json = ci.home.run(&[&TOKEN[..], &["--json"]].concat()).ok().json();
    assert_eq!(json["account"], "huggingface");
    assert_eq!(json["access_token"], format!("{MARK}access-0002"));
    assert!(json["expires_at"].is_string(), "{json}");
}

#[test]
fn under_v_the_job_is_named_and_no_token_is() {
    let ci = Ci::new().inside(&GITHUB);
    let run = ci.home.run(&[&TOKEN[..], &["-v"]].concat()).ok();
    for told in [
        "an identity token of `repo:acme/app:ref:refs/heads/main` from GitHub Actions",
        "/idtoken/1",
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        assert!(run.stderr.contains(told), "no {told} in {run:?}");
    }
    assert!(!run.stderr.contains(MARK), "{run:?}");
}

#[test]
fn only_providers_are_named_and_what_is_wrong_is_said_before_anything_is_sent() {
    let ci = Ci::new().inside(&GITHUB);
    for (args, words) in [
        (
            &["token", "--exchange"][..],
            &["at which provider", "name the provider"][..],
        ),
        (
            &["token", "huggingface/me", "--exchange", "--resource", "a"],
            &["is for no account", "`huggingface`"],
        ),
        (
            &["token", "huggingface", "--exchange"],
            &["`--resource` is missing: Hugging Face"],
        ),
        (
            &[
                "token",
                "huggingface",
                "--exchange",
                "--resource",
                "a",
                "--resource",
                "b",
            ],
            &["`--resource` names several", "--resource NAMESPACE/NAME"],
        ),
        (
            &["token", "huggingface", "--exchange", "--resource", "a b"],
            &["one word"],
        ),
        (
            &["login", "huggingface", "--flow", "token-exchange"],
            &["`--resource` is missing: Hugging Face"],
        ),
        (
            &["token", "acme", "--exchange", "--resource", "acme/model"],
            &["absolute URI"],
        ),
        (
            &[
                "login",
                "acme",
                "--flow",
                "token-exchange",
                "--resource",
                "/x",
            ],
            &["absolute URI"],
        ),
        (
            &["login", "huggingface", "--resource", "acme/model"],
            &["absolute URI"],
        ),
        (
            &["login", "acme", "--subject-token-file", "x"],
            &["`--subject-token-file` is for `--flow token-exchange`"],
        ),
        (&["token", "nowhere", "--exchange"], &["nowhere"]),
    ] {
        ci.home.run(args).fails(2, words);
    }
    assert!(ci.asked("/idtoken/1").is_empty() && ci.asked("/token").is_empty());
}

#[test]
fn without_an_exchange_nothing_about_one_is_taken() {
    let ci = Ci::new().inside(&GITHUB);
    for flag in [
        "--resource",
        "--audience",
        "--scope",
        "--subject-token-file",
    ] {
        let run = ci.home.run(&["token", "huggingface", flag, "x"]);
        assert_eq!(run.status, 2, "{run:?}");
    }
}

#[test]
fn a_token_that_ends_before_it_may_is_not_handed_out() {
    let ci = Ci::new().inside(&GITHUB);
    let demand = |ttl| ci.home.run(&[&TOKEN[..], &["--min-ttl", ttl]].concat());
    demand("1h").ok();
    let run = demand("2h").fails(1, &["issued for 3600 s", "--min-ttl 3600s", "huggingface"]);
    assert_eq!(run.stdout, "");
    ci.next(
        "/token",
        Reply::Json(
            200,
            json!({
                "access_token": "a", "token_type": "bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }),
        ),
    );
    let run = demand("1h").ok();
    assert!(run.stderr.contains("promises nothing"), "{run:?}");
}

#[test]
fn a_token_for_somebody_else_is_sent_nowhere_and_both_are_named() {
    let mut ci = Ci::new();
    ci.home.set(
        "HF_OIDC_ID_TOKEN",
        ci.mint(&claims(&json!({"aud": ["sts", "\u{202e}x"]}))),
    );
    let run = ci.home.run(&TOKEN);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(
        run.stdout.is_empty() && ci.asked("/token").is_empty(),
        "{run:?}"
    );
    assert!(run.stderr.contains("nothing was sent"), "{run:?}");
    for words in [
        "sts",
        "expects one for `https://huggingface.co`",
        "HF_OIDC_ID_TOKEN",
    ] {
        assert!(run.stderr.contains(words), "{run:?}");
    }
    assert!(!run.stderr.contains('\u{202e}'), "{run:?}");
    ci.home
        .set("HF_OIDC_ID_TOKEN", ci.mint(&claims(&json!({"aud": null}))));
    let run = ci.home.run(&TOKEN).ok();
    assert!(run.stderr.contains("names no audience"), "{run:?}");
}

#[test]
fn a_token_that_is_over_is_sent_nowhere() {
    let mut ci = Ci::new();
    ci.home.set(
        "HF_OIDC_ID_TOKEN",
        ci.mint(&claims(&json!({"exp": 1_000_000_000}))),
    );
    let run = ci.home.run(&[&TOKEN[..], &["--json"]].concat());
    assert_eq!(run.status, 1, "{run:?}");
    let failure = run.failure();
    assert_eq!(failure["error"], "expired_token");
    assert_eq!(failure["account"], "huggingface");
    let said = failure["error_description"].as_str().expect("words");
    assert!(
        said.contains("HF_OIDC_ID_TOKEN ended at 2001-09-09"),
        "{said}"
    );
    assert!(ci.asked("/token").is_empty());
}

#[test]
fn an_identity_token_is_read_from_a_file() {
    let ci = Ci::new();
    let good = format!("{}\r\n", ci.mint(&claims(&json!({}))));
    ci.home.write("job.jwt", &good);
    let path = ci.home.path("job.jwt");
    let file = path.to_str().expect("a path");
    let exchange = |file: &str| {
        ci.home
            .run(&[&TOKEN[..], &["--subject-token-file", file]].concat())
    };
    exchange(file).ok();
    for (contents, why) in [
        ("", "is empty"),
        (&*format!("{good}{good}"), "holds blanks, line breaks"),
        (&*"x".repeat(16 * 1024 + 1), "longer than 16 KiB"),
        (&*"x".repeat(1024 * 1024), "larger than"),
    ] {
        ci.home.write("job.jwt", contents);
        let run = exchange(file).fails(4, &[why, file]);
        assert!(!run.stderr.contains(MARK), "{run:?}");
    }
    let missing = ci.home.path("none.jwt");
    exchange(missing.to_str().expect("a path")).fails(4, &["there is no such file"]);
    exchange(ci.home.path("").to_str().expect("a path")).fails(4, &["not a regular file"]);
    assert_eq!(ci.asked("/token").len(), 1);
}

#[test]
fn an_opaque_token_is_exchanged_as_it_is() {
    let mut ci = Ci::new();
    let opaque = format!("{MARK}opaque");
    ci.accept(&opaque);
    ci.home.set("KEYFOB_HUGGINGFACE_ID_TOKEN", opaque);
    let run = ci.home.run(&TOKEN).ok();
    assert_eq!(run.stderr, "");
}

/// A confidential client, a form, and everything that a request may have.
#[test]
fn another_server_gets_its_form_and_its_client() {
    let mut ci = Ci::new().inside(&GITHUB);
    ci.demand(&[
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        (
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        ("resource", "https://api.example.com/"),
        ("audience", "the api"),
        ("scope", "read write"),
        ("client_id", "fob"),
        ("client_secret", &format!("{MARK}client")),
    ]);
    ci.acme("client_id = \"fob\"\nclient_auth = \"client_secret_post\"\n[exchange]\naudience = \"api\"\n\
        subject_token_type = \"urn:ietf:params:oauth:token-type:jwt\"\n\
        requested_token_type = \"urn:ietf:params:oauth:token-type:access_token\"\n");
    let args = [
        "token",
        "acme",
        "--exchange",
        "--audience",
        "the api",
        "--scope",
        "read write",
        "--resource",
        "https://api.example.com/",
    ];
    ci.home.run(&args).fails(
        1,
        &[
            "exchanges tokens with its secret",
            "KEYFOB_ACME_CLIENT_SECRET",
        ],
    );
    assert!(ci.asked("/token").is_empty());
    ci.home
        .set("KEYFOB_ACME_CLIENT_SECRET", format!("{MARK}client"));
    ci.home.run(&args).ok();
    assert_eq!(ci.asked("/idtoken/1")[0].query["audience"], "api");
}

#[test]
fn a_server_that_wants_a_client_is_sent_nothing_without_one() {
    let ci = Ci::new().inside(&GITHUB);
    ci.acme("");
    for args in [
        &["token", "acme", "--exchange"][..],
        &["login", "acme", "--flow", "token-exchange"],
    ] {
        ci.home.run(args).fails(
            1,
            &[
                "no client id is known for Acme",
                "keyfob provider set acme client_id=ID",
            ],
        );
    }
    ci.acme("client_id = \"fob\"\nissuer = \"https://id.example.com/{tid}\"\n");
    let accept = ["provider", "set", "acme", "--accept-origin", &ci.origin()];
    ci.home.run(&accept).ok();
    ci.home.run(&["token", "acme", "--exchange"]).fails(
        1,
        &[
            "whom an identity token has to be for",
            "exchange.audience=AUDIENCE",
        ],
    );
    assert!(ci.asked("/token").is_empty() && ci.asked("/idtoken/1").is_empty());
}

#[test]
fn an_answer_that_is_none_to_an_exchange_is_refused() {
    let ci = Ci::new().inside(&GITHUB);
    for (answer, words) in [
        (
            json!({"access_token": "a", "token_type": "bearer"}),
            "`issued_token_type` is missing",
        ),
        (
            json!({"access_token": "a", "token_type": "N_A", "issued_token_type": "urn:x"}),
            "`token_type` is `N_A`: what was issued is no access token",
        ),
        (
            json!({"issued_token_type": "urn:x"}),
            "`access_token` is missing",
        ),
    ] {
        ci.next("/token", Reply::Json(200, answer));
        let run = ci.home.run(&TOKEN).fails(1, &[words, "nothing was stored"]);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_refusal_is_said_with_what_to_look_at_and_without_the_token() {
    let ci = Ci::new().inside(&GITHUB);
    for (error, hint) in [
        (
            "invalid_grant",
            "Hugging Face trusts this job, whose subject is `repo:acme/app:ref:refs/heads/main`",
        ),
        ("invalid_request", "Hugging Face trusts this job"),
        ("invalid_target", "`--resource` or `--audience`"),
        ("invalid_scope", "--scope"),
    ] {
        let echo = format!("no: {}", identity_token(&claims(&json!({}))));
        let refusal = json!({"error": error, "error_description": echo});
        for args in [&TOKEN[..], &LOGIN] {
            ci.next("/token", Reply::Json(400, refusal.clone()));
            let refused = "refused the identity token from GitHub Actions";
            let run = ci.home.run(args).fails(1, &[refused, error, hint]);
            assert!(!run.stderr.contains(MARK), "{run:?}");
        }
    }
}

#[test]
fn what_is_to_be_run_again_is_a_command_that_there_is() {
    let ci = Ci::new().inside(&GITHUB);
    for (args, command) in [
        (
            &TOKEN[..],
            "`keyfob token huggingface --resource acme/model --exchange -v`",
        ),
        (
            &LOGIN,
            "`keyfob login huggingface --resource acme/model --flow token-exchange -v`",
        ),
    ] {
        ci.next("/token", Reply::Json(400, json!({"error": "strange"})));
        ci.home.run(args).fails(1, &["strange", command]);
    }
}

#[test]
fn a_dead_provider_is_temporary() {
    let ci = Ci::new().inside(&GITHUB);
    ci.next(
        "/token",
        Reply::Text(503, "Retry-After: 7\r\n".into(), String::new()),
    );
    ci.home.run(&TOKEN).fails(3, &["503", "in 7 s"]);
    ci.next("/token", Reply::Close);
    ci.home.run(&TOKEN).fails(3, &["check the connection"]);
}
