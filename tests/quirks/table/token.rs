//! The token endpoint.

use super::row::{PLAIN, Row};
use crate::stage::{Outcome, Stage};

#[test]
fn token() {
    super::practise(&ROWS);
}

const HEADER: (&str, &str) = ("X-Practice", "2026-01-01");

pub const ROWS: [Row; 15] = [
    Row {
        key: "token.errors_under_200",
        acts: |o| {
            o.quirks.errors_under_200 = true;
            o.refresh_lifetime = 0;
        },
        with: "token.errors_under_200 = true",
        drill: dead_token,
        fails: "exit 1",
        ..PLAIN
    },
    Row {
        key: "token.refresh_resends_redirect_uri",
        acts: |o| o.quirks.refresh_demands_redirect_uri = true,
        with: "token.refresh_resends_redirect_uri = true",
        fails: "`redirect_uri` is missing",
        ..PLAIN
    },
    Row {
        key: "token.refresh_sends_scope",
        acts: |o| o.quirks.refresh_demands_scope = true,
        with: "token.refresh_sends_scope = true",
        fails: "`scope` is missing",
        ..PLAIN
    },
    Row {
        key: "token.refresh_sends_scope",
        acts: |o| {
            o.quirks.refresh_demands_scope = true;
            o.quirks.scope_separator = Some(",".into());
        },
        given: "scope_separator = \",\"",
        with: "token.refresh_sends_scope = true",
        fails: "`scope` is missing",
        ..PLAIN
    },
    Row {
        key: "token.exchange_sends_state",
        acts: |o| o.quirks.exchange_demands_state = true,
        with: "token.exchange_sends_state = true",
        fails: "`state` is missing",
        ..PLAIN
    },
    Row {
        key: "token.body",
        with: "token.body = \"form\"",
        without: "token.body = \"json\"",
        fails: "Practice refused the code",
        ..PLAIN
    },
    Row {
        key: "token.body",
        acts: |o| o.quirks.json_bodies = true,
        with: "token.body = \"json\"",
        fails: "the body must be a JSON object",
        ..PLAIN
    },
    Row {
        key: "token.body",
        acts: |o| o.quirks.json_bodies = true,
        with: "token.body = \"json\"",
        drill: |s| s.whole_by_device(),
        fails: "the body must be a JSON object",
        ..PLAIN
    },
    Row {
        key: "token.headers",
        acts: |o| o.quirks.token_headers = vec![(HEADER.0.into(), HEADER.1.into())],
        with: "token.headers.X-Practice = \"2026-01-01\"",
        fails: "the header `X-Practice` must be",
        ..PLAIN
    },
    Row {
        key: "token.members",
        acts: |o| o.quirks.members = Some("/ok/authed_user".into()),
        with: "token.members = \"/ok/authed_user\"",
        fails: "`access_token` is missing",
        ..PLAIN
    },
    Row {
        key: "token.granted_scope_member",
        acts: |o| {
            o.quirks.granted_scope_member = Some("granted".into());
            o.quirks.unlisted_scopes = vec!["email".into()];
        },
        with: "token.granted_scope_member = \"granted\"",
        drill: |s| s.granted(&["offline_access", "openid", "profile"]),
        fails: "found {\"email\", ",
        ..PLAIN
    },
    Row {
        key: "token.granted_scope_separator",
        acts: |o| o.quirks.granted_scope_separator = Some(",".into()),
        with: "token.granted_scope_separator = \",\"",
        drill: as_asked,
        fails: "openid,profile",
        ..PLAIN
    },
    Row {
        key: "token.granted_scope_aliases",
        acts: |o| {
            o.quirks.granted_scope_aliases =
                vec![("email".into(), "https://id.example/email".into())];
        },
        with: "token.granted_scope_aliases.\"https://id.example/email\" = \"email\"",
        drill: as_asked,
        fails: "https://id.example/email",
        ..PLAIN
    },
    Row {
        key: "token.unlisted_scopes",
        acts: |o| o.quirks.unlisted_scopes = vec!["openid".into(), "offline_access".into()],
        with: "token.unlisted_scopes = [\"openid\", \"offline_access\"]",
        drill: as_asked,
        fails: "found {\"email\", \"profile\"}",
        ..PLAIN
    },
    Row {
        key: "token.bearer_types",
        acts: |o| o.quirks.token_type = Some("user".into()),
        with: "token.bearer_types = [\"user\"]",
        fails: "`token_type` is `user`",
        ..PLAIN
    },
];

/// Every scope is granted, in the words of the request, and still so after a refresh.
fn as_asked(stage: &Stage) -> Outcome {
    let scopes = ["email", "offline_access", "openid", "profile"];
    stage.granted(&scopes)?;
    stage.run(&["refresh", "acme"])?;
    stage.held(&scopes)
}

/// A refresh token that is over is a login that is needed, however the server says so.
fn dead_token(stage: &Stage) -> Outcome {
    stage.login(&[])?;
    match stage.run(&["refresh", "acme"]) {
        Err(said) if said.contains("exit 4") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
