//! Whose a token is that somebody had already, how tokens begin, and which variable holds them.

use serde_json::json;

use super::row::{PLAIN, Row};
use crate::stage::{Outcome, Stage, done, same};
use keyfob_testkit::home::Run;

#[test]
fn given() {
    super::practise(&ROWS);
}

/// The login's own sign-in asks nowhere.
const UNASKED: &str = "identity.from = \"id_token\"";

/// Nobody is told anything at the login's own endpoint.
const ELSEWHERE: &str = "userinfo_endpoint = \"{base}/nowhere\"
given.userinfo_endpoint = \"{base}/userinfo\"";

pub const ROWS: [Row; 7] = [
    Row {
        key: "environment.variables",
        with: "environment.variables = [\"ACME_KEY\"]",
        drill: |s| {
            give(s)?;
            let export = s.home.run(&["export", "acme"]);
            let named = export.stdout.contains("export ACME_KEY=");
            named.then_some(()).ok_or(export.stdout.replace('=', " "))
        },
        fails: "export ACME_TOKEN",
        ..PLAIN
    },
    Row {
        key: "given.userinfo_endpoint",
        given: UNASKED,
        with: ELSEWHERE,
        without: "userinfo_endpoint = \"{base}/nowhere\"",
        drill: |s| give(s).map(drop),
        fails: "404",
        ..PLAIN
    },
    Row {
        key: "given.subject",
        acts: |o| o.quirks.userinfo_members = Some("/data".into()),
        given: UNASKED,
        with: "given.subject = \"/data/sub\"",
        drill: |s| give(s).map(drop),
        fails: "no `/sub`",
        ..PLAIN
    },
    Row {
        key: "given.username",
        with: "given.username = \"/name\"",
        drill: |s| {
            give(s)?;
            same(&s.entry()["username"], &json!("Ada Quill"))
        },
        fails: "\"ada\"",
        ..PLAIN
    },
    Row {
        key: "given.page",
        with: "given.page = \"{base}/tokens\"",
        drill: |s| {
            give(s)?;
            let said = s.home.run(&["logout", "acme"]).stderr;
            let page = s.url("/tokens").to_string();
            said.contains(&page).then_some(()).ok_or(said)
        },
        fails: "until it is revoked there\n",
        ..PLAIN
    },
    Row {
        key: "prefixes.access",
        with: "prefixes.access = [\"sandbox_\"]",
        without: "prefixes.access = [\"another_\"]",
        drill: |s| {
            let said = give(s)?.stderr;
            (!said.contains("warning")).then_some(()).ok_or(said)
        },
        fails: "begin with `another_`",
        ..PLAIN
    },
    Row {
        key: "prefixes.refresh",
        with: "prefixes.refresh = [\"renews_\"]",
        drill: |s| match pipe(s, "renews_1") {
            Err(said) if said.contains("this is a refresh token") => Ok(()),
            outcome => outcome.map(drop),
        },
        fails: "does not accept this token",
        ..PLAIN
    },
];

/// Signs in, and gives the token of that once more, by itself.
fn give(stage: &Stage) -> Outcome<Run> {
    stage.login(&[])?;
    let token = stage.run(&["token", "acme"])?;
    stage.run(&["logout", "acme", "--local"])?;
    pipe(stage, token.line())
}

fn pipe(stage: &Stage, token: &str) -> Outcome<Run> {
    let args = ["login", "acme", "--with-token"];
    done(stage.home.run_with_input(&args, token))
}
