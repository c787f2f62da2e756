//! Who signed in.

use serde_json::json;

use super::row::{PLAIN, Row};
use crate::stage::{Outcome, Stage, same};

#[test]
fn identity() {
    super::practise(&ROWS);
}

const QUESTION: &str = r#"{"query": "{ viewer { id } }"}"#;

/// Whose tokens they are, below `/data`.
const NESTED: &str = "identity.subject = \"/data/sub\"
identity.username = \"/data/preferred_username\"
identity.display_name = \"/data/name\"
identity.email = \"/data/email\"
identity.organizations = [\"/data/organizations/*\"]";

const IN_DATA: Row = Row {
    acts: |o| o.quirks.userinfo_members = Some("/data".into()),
    given: NESTED,
    ..PLAIN
};

pub const ROWS: [Row; 15] = [
    Row {
        key: "identity.from",
        with: "identity.from = \"userinfo\"",
        without: "identity.from = \"id_token\"\nscopes = [\"read\"]",
        fails: "does not say who signed in",
        ..PLAIN
    },
    Row {
        key: "identity.from",
        acts: |o| o.quirks.userinfo_by_post = true,
        with: "identity.from = \"id_token\"",
        drill: |s| s.login(&[]).map(drop),
        fails: "405",
        ..PLAIN
    },
    Row {
        key: "identity.subject",
        without: "!identity.subject",
        fails: "no `/sub`",
        ..IN_DATA
    },
    Row {
        key: "identity.username",
        without: "!identity.username",
        drill: |s| {
            s.login(&[])
                .and_then(|_| same(&s.home.accounts(), &vec!["acme/ada".into()]))
        },
        fails: "acme/ada-sandbox.example",
        ..IN_DATA
    },
    Row {
        key: "identity.display_name",
        without: "!identity.display_name",
        drill: |s| s.told("name", &json!("Ada Quill")),
        fails: "found Null",
        ..IN_DATA
    },
    Row {
        key: "identity.email",
        without: "!identity.email",
        drill: |s| s.told("email", &json!("ada@sandbox.example")),
        fails: "found Null",
        ..IN_DATA
    },
    Row {
        key: "identity.organizations",
        without: "!identity.organizations",
        drill: |s| s.told("organizations", &json!(["engines"])),
        fails: "found Array []",
        ..IN_DATA
    },
    Row {
        key: "identity.tenant",
        acts: |o| o.quirks.tenant = Some("T1".into()),
        with: "identity.tenant = \"/tid\"",
        drill: |s| subject(s, "T1/1001"),
        fails: "1001",
        ..PLAIN
    },
    Row {
        key: "identity.tenant",
        acts: |o| o.quirks.tenant = Some("T1".into()),
        given: "identity.from = \"id_token\"",
        with: "identity.tenant = \"/tid\"",
        drill: |s| subject(s, "T1/1001"),
        fails: "1001",
        ..PLAIN
    },
    Row {
        key: "identity.method",
        acts: |o| o.quirks.userinfo_by_post = true,
        with: "identity.method = \"POST\"",
        fails: "405",
        ..PLAIN
    },
    Row {
        key: "identity.method",
        with: "identity.method = \"GET\"",
        without: "identity.method = \"GET\"\nidentity.body = \"{}\"",
        fails: "`identity.body`: needs `identity.method` to be `POST`",
        ..PLAIN
    },
    Row {
        key: "identity.body",
        acts: |o| o.quirks.userinfo_body = Some(QUESTION.into()),
        given: "identity.method = \"POST\"",
        with: "identity.body = '{\"query\": \"{ viewer { id } }\"}'",
        fails: "the body is another than wanted",
        ..PLAIN
    },
    Row {
        key: "identity.scheme",
        acts: |o| o.quirks.userinfo_scheme = Some("OAuth".into()),
        with: "identity.scheme = \"OAuth\"",
        fails: "exit",
        ..PLAIN
    },
    Row {
        key: "identity.headers",
        acts: |o| o.quirks.userinfo_headers = vec![("Client-Id".into(), "{client_id}".into())],
        with: "identity.headers.Client-Id = \"{client_id}\"",
        fails: "the header `Client-Id` must be `keyfob`",
        ..PLAIN
    },
    Row {
        key: "identity.subject", // the standard's pointer, where nothing is nested
        with: "identity.subject = \"/sub\"",
        without: "identity.subject = \"/id\"",
        fails: "no `/id`",
        ..PLAIN
    },
];

/// Signs in, and the account's subject is this.
fn subject(stage: &Stage, wanted: &str) -> Outcome {
    stage.login(&[])?;
    same(&stage.entry()["identity"]["subject"], &json!(wanted))
}
