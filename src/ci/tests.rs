use std::ffi::OsString;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

type Look = fn(&str) -> Option<OsString>;

fn token(claims: &Value) -> Secret {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    Secret::new(format!(
        "{}.{}.c2ln",
        part(&json!({"alg": "none"})),
        part(claims)
    ))
}

fn acme() -> Provider {
    let mut provider = Provider {
        name: "my-host".into(),
        title: "Acme".into(),
        ..Provider::default()
    };
    provider.exchange.variables = vec!["ACME_JOB".into(), "ACME_OLD".into()];
    provider
}

#[test]
fn each_system_is_known_by_its_own_mark() {
    let here = |look| System::here(Environment::of(look)).map(System::name);
    assert_eq!(here(|_| None), None);
    let looks: [(Look, &str); 6] = [
        (
            |n| (n == "GITHUB_ACTIONS").then(|| "true".into()),
            "github-actions",
        ),
        (|n| (n == "GITLAB_CI").then(|| "true".into()), "gitlab-ci"),
        (|n| (n == "CIRCLECI").then(|| "true".into()), "circleci"),
        (|n| (n == "BUILDKITE").then(|| "true".into()), "buildkite"),
        (
            |n| (n == "BITBUCKET_BUILD_NUMBER").then(|| "7".into()),
            "bitbucket-pipelines",
        ),
        (
            |n| (n == "TF_BUILD").then(|| "True".into()),
            "azure-pipelines",
        ),
    ];
    for (look, name) in looks {
        assert_eq!(here(look), Some(name));
        assert!(crate::names::is_name(name));
    }
    for no in [
        |_: &str| Some("".into()),
        |_: &str| Some("false".into()),
        |_: &str| Some("0".into()),
    ] {
        assert_eq!(here(no), None);
    }
}

#[test]
fn variables_have_an_order_and_blank_ones_are_none() {
    let find = |look| {
        let found = variables::find(Environment::of(look), &acme());
        found.map(|(name, token)| format!("{name}={}", token.expose()))
    };
    assert_eq!(find(|_| None), None);
    assert_eq!(find(|_| Some(" \n".into())), None);
    assert_eq!(
        find(|_| Some(" a.b.c\n".into())).unwrap(),
        "KEYFOB_MY_HOST_ID_TOKEN=a.b.c"
    );
    let rest = |n: &str| (n != "KEYFOB_MY_HOST_ID_TOKEN").then(|| "x".into());
    assert_eq!(find(rest).unwrap(), "ACME_JOB=x");
    let old = |n: &str| matches!(n, "ACME_OLD" | "KEYFOB_ID_TOKEN").then(|| "x".into());
    assert_eq!(find(old).unwrap(), "ACME_OLD=x");
    let any = |n: &str| (n == "KEYFOB_ID_TOKEN").then(|| "x".into());
    assert_eq!(find(any).unwrap(), "KEYFOB_ID_TOKEN=x");
}

#[test]
fn a_token_is_one_word_and_no_error_shows_it() {
    let good = checked(&Secret::new(" a.b.c\r\n"), "FILE").unwrap();
    assert_eq!(good.expose(), "a.b.c");
    let long = "x".repeat(TOKEN_LIMIT + 1);
    for (bad, why) in [
        ("", "is empty"),
        ("\n", "is empty"),
        ("MARKED MARKED", "holds blanks"),
        ("MARKED\nMARKED", "holds blanks"),
        ("MARKED\u{1b}[2J", "holds blanks"),
        ("MARKEDü", "holds blanks"),
        (&*long, "longer than 16 KiB"),
    ] {
        let error = checked(&Secret::new(bad), "FILE").unwrap_err();
        assert_eq!(error.code, Code::LoginRequired);
        assert!(error.message.contains(why), "{}", error.message);
        assert!(!format!("{error:?}").contains("MARKED"), "{error:?}");
        assert!(!format!("{error:?}").contains("xxxx"), "{error:?}");
    }
}

#[test]
fn claims_are_read_from_whatever_somebody_wrote() {
    let read = |claims: &Value| Claims::of(&token(claims));
    let usual = read(&json!({"sub": "repo:a/b", "aud": "x", "exp": 1_700_000_000}));
    assert_eq!(usual.subject.as_deref(), Some("repo:a/b"));
    assert_eq!(usual.audiences, ["x"]);
    assert_eq!(usual.ends, Some(Timestamp::from_unix(1_700_000_000)));
    assert_eq!(
        read(&json!({"aud": ["x", "y", 7, {}]})).audiences,
        ["x", "y", "7"]
    );
    let odd = read(&json!({"sub": {}, "aud": {}, "exp": "soon"}));
    let nothing = Claims {
        is_token: true,
        ..Claims::default()
    };
    assert_eq!(odd, nothing);
    assert_eq!(
        read(&json!({"exp": -5})).ends,
        Some(Timestamp::from_unix(0))
    );
    assert!(read(&json!({"exp": 1e300})).ends.is_some());
    for opaque in ["opaque", "a.b", "a.b.c", "a.!.c", "..", "a.bnVsbA.c"] {
        let claims = Claims::of(&Secret::new(opaque));
        assert_eq!(claims, Claims::default(), "{opaque}");
    }
}

#[test]
fn a_token_is_over_a_minute_after_its_end() {
    let end = Timestamp::from_unix(1_700_000_000);
    let found = |claims: &Value| IdentityToken {
        token: Secret::new("MARKED"),
        place: "CircleCI".into(),
        claims: Claims::of(&token(claims)),
    };
    let ending = found(&json!({"exp": end.unix()}));
    ending.in_time(end.plus(59)).unwrap();
    let error = ending.in_time(end.plus(60)).unwrap_err();
    assert_eq!(error.code, Code::ExpiredToken);
    assert!(
        error
            .message
            .contains("CircleCI ended at 2023-11-14T22:13:20Z"),
        "{error}"
    );
    assert!(!format!("{error:?} {ending:?}").contains("MARKED"));
    found(&json!({})).in_time(end).unwrap();
}

#[test]
fn where_there_is_nothing_every_way_is_named() {
    let provider = acme();
    let error = nowhere(Wanted {
        provider: &provider,
        audience: "https://acme.example",
        from: &SubjectFrom::Ci,
        by_file: BY_FILE,
    });
    assert_eq!(error.code.exit(), 4);
    let hint = error.hint.unwrap();
    for way in System::ALL
        .map(System::title)
        .into_iter()
        .chain(["KEYFOB_MY_HOST_ID_TOKEN", "--subject-token-file"])
    {
        assert!(hint.contains(way), "no {way} in {hint}");
    }
}
