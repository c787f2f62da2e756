//! Identity tokens of CI systems: from variables, a file, an endpoint that echoes, an agent that talks.

use super::*;
use crate::exchange::ci::{Ci, GITHUB, claims, identity_token};
use crate::exchange::{LOGIN, TOKEN};

/// What is run in a job, in each manner, and whether it may print a token.
fn verbs() -> [Vec<&'static str>; 4] {
    let exchange = &TOKEN[1..];
    [
        TOKEN.to_vec(),
        [&["export"], exchange].concat(),
        [&["exec"], exchange, &["--", "true"]].concat(),
        [&LOGIN[..], &["--as", "job"]].concat(),
    ]
}

/// Runs every verb in every manner; nothing is on stderr, and on stdout only where that is the answer.
#[track_caller]
fn each(ci: &Ci, ends: fn(i32) -> bool) {
    let secrets = spellings(MARK);
    for verb in verbs() {
        for manner in MANNERS {
            let args = in_manner(&verb, manner);
            let run = ci.home.run(&args);
            assert!(ends(run.status), "{args:?}: {run:?}");
            // Masks are what the runner's log is kept clean with.
            let said = run.stderr.lines();
            let said: Vec<&str> = said
                .filter(|line| !line.starts_with("::add-mask::"))
                .collect();
            let place = format!("stderr of {args:?}");
            assert_none(&secrets, said.join("\n").as_bytes(), &place);
            let answers = run.status == 0 && ["token", "export"].contains(&verb[0]);
            assert_eq!(run.stdout.contains(MARK), answers, "{args:?}: {run:?}");
        }
    }
    for (path, bytes) in ci.home.files() {
        assert_none(&secrets, &bytes, &path.display().to_string());
    }
}

#[test]
fn of_a_variable_nothing_is_shown() {
    let mut ci = Ci::new();
    let token = ci.mint(&claims(&json!({})));
    for name in [
        "KEYFOB_HUGGINGFACE_ID_TOKEN",
        "KEYFOB_ID_TOKEN",
        "HF_OIDC_ID_TOKEN",
    ] {
        ci.home.set(name, &token);
        each(&ci, well);
        for wrong in [
            format!("{MARK}a {MARK}b"),
            format!("{token}\n{MARK}"),
            format!("{MARK}ü"),
            format!("{MARK}{}", "x".repeat(20_000)),
            format!("{MARK}not.of.this-server"),
        ] {
            ci.home.set(name, wrong);
            each(&ci, badly);
        }
        ci.home.unset(name);
    }
}

#[test]
fn of_a_file_nothing_is_shown() {
    let ci = Ci::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("job.jwt");
    let file = path.display().to_string();
    let secrets = spellings(MARK);
    let token = ci.mint(&claims(&json!({})));
    for (contents, ends) in [
        (format!("{token}\n"), well as fn(i32) -> bool),
        (format!("{MARK}a {MARK}b"), badly),
        (format!("{MARK}a\n{MARK}b\n"), badly),
        (format!("{{\"value\": \"{MARK}\"}}"), badly),
        (format!("{MARK}{}", "x".repeat(20_000)), badly),
        (format!("{MARK}.unknown.here"), badly),
    ] {
        std::fs::write(&path, contents).expect("a file");
        for verb in verbs() {
            for manner in MANNERS {
                let more = [&["--subject-token-file", &file], manner].concat();
                let args = in_manner(&verb, &more);
                let run = ci.home.run(&args);
                assert!(ends(run.status), "{args:?}: {run:?}");
                assert_none(&secrets, run.stderr.as_bytes(), &format!("{args:?}"));
            }
        }
    }
    for (path, bytes) in ci.home.files() {
        assert_none(&secrets, &bytes, &path.display().to_string());
    }
}

#[test]
fn of_an_endpoint_that_echoes_nothing_is_shown() {
    let ci = Ci::new().inside(&GITHUB);
    each(&ci, well);
    let bearer = format!("Bearer {MARK}job");
    let text = |status, body: &str| {
        let headers = format!("X-Echo: {body}\r\nContent-Type: text/html\r\n");
        Reply::Text(status, headers, format!("<b>{body}</b>"))
    };
    for reply in [
        Reply::Json(401, json!({"error": bearer, "error_description": bearer})),
        Reply::Json(
            403,
            json!({"message": bearer, "error_description": percent(&bearer)}),
        ),
        Reply::Json(200, json!({"value": format!("{bearer} and more")})),
        Reply::Json(200, json!({"token": bearer})),
        Reply::Json(200, json!({"value": [bearer]})),
        Reply::Redirect(format!("https://elsewhere.example/?{MARK}job")),
        text(200, &bearer),
        text(400, &bearer),
        text(503, &bearer),
        Reply::Raw(format!("HTTP/1.1 200 {bearer}\r\n\r\n{bearer}").into_bytes()),
        Reply::Raw(bearer.clone().into_bytes()),
    ] {
        for _ in 0..verbs().len() * MANNERS.len() {
            ci.next("/idtoken/1", reply.clone());
        }
        each(&ci, badly);
    }
    // The provider echoes the identity token.
    let token = identity_token(&claims(&json!({})));
    for _ in 0..verbs().len() * MANNERS.len() {
        ci.next(
            "/token",
            Reply::Json(
                400,
                json!({"error": "invalid_grant", "error_description": format!("no: {token}")}),
            ),
        );
    }
    each(&ci, badly);
}

#[cfg(unix)]
#[test]
fn of_an_agent_that_talks_nothing_is_shown() {
    use std::os::unix::fs::PermissionsExt;
    let mut ci = Ci::new();
    let token = ci.mint(&claims(&json!({})));
    let bin = tempfile::tempdir().expect("a folder");
    let path = std::env::var("PATH").expect("a PATH");
    ci.home
        .set("PATH", format!("{}:{path}", bin.path().display()));
    ci.home.set("BUILDKITE", "true");
    for (script, ends) in [
        (
            format!("echo {MARK}noise >&2; echo {token}"),
            well as fn(i32) -> bool,
        ),
        (format!("echo {MARK}noise >&2; echo {token}; exit 3"), badly),
        (format!("echo {MARK}noise; echo {token}"), badly),
        (format!("echo {MARK}noise >&2; kill -KILL $$"), badly),
        (format!("printf '{MARK}\\377'"), badly),
    ] {
        let agent = bin.path().join("buildkite-agent");
        std::fs::write(&agent, format!("#!/bin/sh\n{script}\n")).expect("a script");
        std::fs::set_permissions(&agent, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        each(&ci, ends);
    }
}
