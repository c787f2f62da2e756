//! Additions to the authorization request.

use keyfob_sandbox::Options;

use super::row::{PLAIN, Row};
use crate::person::Consent;
use crate::stage::{Outcome, Stage};

#[test]
fn authorization() {
    super::practise(&ROWS);
}

/// A person is at the page.
fn with_pages(options: &mut Options) {
    options.approve = None;
}

pub const ROWS: [Row; 5] = [
    Row {
        key: "authorization.parameters",
        acts: |o| o.quirks.required_parameters = vec![("duration".into(), "permanent".into())],
        with: "authorization.parameters.duration = \"permanent\"",
        fails: "`duration` is missing",
        ..PLAIN
    },
    Row {
        key: "authorization.scope_parameter",
        acts: |o| o.quirks.scope_parameter = Some("user_scope".into()),
        with: "authorization.scope_parameter = \"user_scope\"",
        drill: |s| s.granted(&["email", "offline_access", "openid", "profile"]),
        fails: "found {\"openid\", \"profile\"}",
        ..PLAIN
    },
    Row {
        key: "authorization.login_hint",
        acts: |o| {
            with_pages(o);
            o.quirks.login_hint_parameter = Some("login".into());
        },
        with: "authorization.login_hint = \"login\"",
        drill: |s| {
            s.login_as(&[], |url| Consent::open(url).allow("grace"))?;
            s.again("acme/grace").map(drop)
        },
        fails: "`ada` signed in, and acme/grace is somebody else",
        ..PLAIN
    },
    Row {
        key: "authorization.switch",
        acts: |o| {
            with_pages(o);
            o.quirks.switch_parameters = vec![("force_verify".into(), "true".into())];
        },
        with: "authorization.switch.force_verify = \"true\"",
        drill: nobody_chosen,
        fails: "1001 is chosen beforehand",
        ..PLAIN
    },
    Row {
        key: "authorization.switch", // the standard's own way
        acts: with_pages,
        with: "authorization.switch.prompt = \"select_account\"",
        without: "authorization.switch.prompt = \"login\"",
        drill: nobody_chosen,
        fails: "1001 is chosen beforehand",
        ..PLAIN
    },
];

/// `--switch` leads to a page on which nobody is chosen.
fn nobody_chosen(stage: &Stage) -> Outcome {
    let mut chosen = None;
    stage.login_as(&["--switch"], |url| {
        let consent = Consent::open(url);
        chosen = consent.chosen().map(str::to_owned);
        consent.allow("grace")
    })?;
    chosen.map_or(Ok(()), |who| Err(format!("{who} is chosen beforehand")))
}
