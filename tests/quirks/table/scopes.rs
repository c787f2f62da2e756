//! What is asked for, and for which API.

use super::row::{PLAIN, Row};

#[test]
fn scopes() {
    super::practise(&ROWS);
}

pub const ROWS: [Row; 5] = [
    Row {
        key: "scopes",
        with: "scopes = [\"openid\", \"read\"]",
        without: "!scopes",
        drill: |s| s.granted(&["openid", "read"]),
        fails: "found {\"openid\", \"profile\"}",
        ..PLAIN
    },
    Row {
        key: "scope_separator",
        acts: |o| o.quirks.scope_separator = Some(",".into()),
        with: "scope_separator = \",\"",
        fails: "invalid_scope",
        ..PLAIN
    },
    Row {
        key: "presets",
        with: "presets.publish = [\"openid\", \"profile\", \"write\"]",
        drill: |s| s.asked(&["--for", "publish"], "scope", "openid profile write"),
        fails: "no preset of Practice is called `publish`",
        ..PLAIN
    },
    Row {
        key: "resource",
        with: "resource = [\"https://api.example.com/\"]",
        drill: |s| s.asked(&[], "resource", "https://api.example.com/"),
        fails: "found None",
        ..PLAIN
    },
    Row {
        key: "audience",
        with: "audience = \"the api\"",
        drill: |s| s.asked(&[], "audience", "the api"),
        fails: "found None",
        ..PLAIN
    },
];
