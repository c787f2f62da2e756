//! Identity tokens of CI jobs: the sandbox is both the system that gives them and the server that takes them.

use std::collections::BTreeSet;

use super::row::{PLAIN, Row};
use crate::stage::{Outcome, Stage, done, same};
use keyfob_testkit::home::Run;

#[test]
fn exchange() {
    super::practise(&ROWS);
}

#[test]
fn every_key_of_an_exchange_has_a_row() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.key).collect();
    let keys = keyfob::provider::keys();
    let keys = keys.iter().map(String::as_str);
    let keys: BTreeSet<&str> = keys.filter(|key| key.starts_with("exchange.")).collect();
    assert_eq!(rows, keys);
}

const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// A row whose job gets a token, an account, and a new token for that.
const JOB: Row = Row {
    drill: |stage| job(stage, &[]),
    ..PLAIN
};

pub const ROWS: [Row; 9] = [
    Row {
        key: "exchange.audience",
        acts: |o| o.quirks.exchange_audience = Some("practice".into()),
        with: "exchange.audience = \"practice\"",
        fails: "the audience of `subject_token` is another",
        ..JOB
    },
    Row {
        key: "exchange.body",
        acts: |o| o.quirks.exchange_by_json = true,
        with: "exchange.body = \"json\"",
        fails: "the body must be a JSON object",
        ..JOB
    },
    Row {
        key: "exchange.body",
        acts: |o| {
            o.quirks.json_bodies = true;
            o.quirks.exchange_by_form = true;
        },
        given: "token.body = \"json\"",
        with: "exchange.body = \"form\"",
        fails: "the body must be application/x-www-form-urlencoded",
        ..JOB
    },
    Row {
        key: "exchange.subject_token_type",
        acts: |o| o.quirks.exchange_subject_token_type = Some(JWT.into()),
        with: "exchange.subject_token_type = \"urn:ietf:params:oauth:token-type:jwt\"",
        fails: "`subject_token_type` is none that is taken here",
        ..JOB
    },
    Row {
        key: "exchange.requested_token_type",
        acts: |o| o.quirks.exchange_requested_token_type = Some(JWT.into()),
        with: "exchange.requested_token_type = \"urn:ietf:params:oauth:token-type:jwt\"",
        fails: "`requested_token_type` is none that is issued here",
        ..JOB
    },
    Row {
        key: "exchange.without_client",
        acts: |o| o.quirks.exchange_without_client = true,
        with: "exchange.without_client = true",
        fails: "no client has a part in this",
        ..JOB
    },
    Row {
        key: "exchange.resource",
        acts: |o| o.quirks.exchange_by_name = true,
        with: "exchange.resource = \"name\"",
        drill: |stage| job(stage, &["--resource", "acme/model"]),
        fails: "must be an absolute URI",
        ..JOB
    },
    Row {
        key: "exchange.resource",
        with: "exchange.resource = \"uri\"",
        without: "exchange.resource = \"name\"",
        fails: "`--resource` is missing",
        ..JOB
    },
    Row {
        key: "exchange.variables",
        with: "exchange.variables = [\"ACME_ID_TOKEN\"]",
        drill: by_variable,
        fails: "there is no identity token here",
        ..JOB
    },
];

/// Runs in a job of GitHub Actions, whose identity tokens the sandbox gives.
fn in_a_job(stage: &Stage, args: &[&str]) -> Outcome<Run> {
    let url = stage.url("/identity_token?api-version=2.0");
    let mut command = stage.home.keyfob(args);
    command
        .env("GITHUB_ACTIONS", "true")
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str())
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job");
    done(Run::of(command.output().expect("keyfob starts")))
}

/// Gets a token once, keeps an account, renews that, signs out.
fn job(stage: &Stage, args: &[&str]) -> Outcome {
    let once = in_a_job(stage, &[&["token", "acme", "--exchange"], args].concat())?;
    same(&stage.home.stored().len(), &0)?;
    in_a_job(
        stage,
        &[&["login", "acme", "--flow", "token-exchange"], args].concat(),
    )?;
    let kept = stage.run(&["token", "acme"])?;
    same(&(once.line() == kept.line()), &false)?;
    in_a_job(stage, &["refresh", "acme"])?;
    let renewed = stage.run(&["token", "acme"])?;
    same(&(renewed.line() == kept.line()), &false)?;
    stage.run(&["logout", "acme"]).map(drop)
}

/// The token stands in a variable that somebody else has named, and is no job's own.
fn by_variable(stage: &Stage) -> Outcome {
    let token = stage.identity_token()?;
    let mut command = stage.home.keyfob(&["token", "acme", "--exchange"]);
    command.env("ACME_ID_TOKEN", token);
    done(Run::of(command.output().expect("keyfob starts"))).map(drop)
}
