//! How tokens are taken back.

use keyfob_base::secret::Secret;
use keyfob_sandbox::{Options, Revocation};
use serde_json::json;

use super::row::{PLAIN, Row};
use crate::stage::same;

#[test]
fn revocation() {
    super::practise(&ROWS);
}

fn taking(options: &mut Options, revocation: Revocation) {
    options.quirks.revocation = revocation;
}

pub const ROWS: [Row; 7] = [
    Row {
        key: "revocation.style",
        with: "revocation.style = \"rfc7009\"",
        without: "revocation.style = \"json\"",
        fails: "did not confirm the revocation",
        ..PLAIN
    },
    Row {
        key: "revocation.style",
        acts: |o| taking(o, Revocation::TokenOnly),
        with: "revocation.style = \"token_only\"",
        fails: "`token` stands alone here",
        ..PLAIN
    },
    Row {
        key: "revocation.style",
        acts: |o| {
            taking(o, Revocation::DeleteToken);
            o.client_secret = Some(Secret::new("hush"));
        },
        given: "client_auth = \"client_secret_basic\"
revocation_endpoint = \"{base}/applications/{client_id}/token\"",
        with: "revocation.style = \"delete_token\"",
        fails: "did not confirm the revocation",
        ..PLAIN
    },
    Row {
        key: "revocation.style",
        acts: |o| taking(o, Revocation::Bearer),
        with: "revocation.style = \"bearer\"",
        fails: "no body is taken here",
        ..PLAIN
    },
    Row {
        key: "revocation.style",
        acts: |o| taking(o, Revocation::Json),
        with: "revocation.style = \"json\"",
        fails: "the body must be a JSON object",
        ..PLAIN
    },
    Row {
        key: "revocation.refresh_tokens_only",
        acts: |o| o.quirks.revokes_refresh_tokens_only = true,
        with: "revocation.refresh_tokens_only = true",
        drill: |s| {
            s.login(&[])?;
            let told = s.logout()?.json();
            let tokens = &told["accounts"][0]["tokens"];
            let results = (&tokens[0]["result"], &tokens[1]["result"]);
            same(&results, &(&json!("revoked"), &json!("unsupported")))
        },
        fails: "wanted",
        ..PLAIN
    },
    Row {
        key: "revocation.page",
        with: "revocation.page = \"{base}/applications\"\nrevocation_endpoint = \"{base}/nowhere\"",
        without: "revocation_endpoint = \"{base}/nowhere\"",
        drill: |s| {
            s.login(&[])?;
            let said = s.home.run(&["logout", "acme"]).stderr;
            let page = format!("revoke it by hand at {}", s.url("/applications"));
            said.contains(&page).then_some(()).ok_or(said)
        },
        fails: "in your settings there",
        ..PLAIN
    },
];
