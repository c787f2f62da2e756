//! When sign-ins end.

use super::row::{PLAIN, Row};
use crate::stage::{Outcome, Stage};

/// Somebody's; nothing is decrypted here.
const RECIPIENT: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

#[test]
fn lifetime() {
    super::practise(&ROWS);
}

pub const ROWS: [Row; 3] = [
    Row {
        key: "lifetime.refresh_token_idle",
        with: "lifetime.refresh_token_idle = \"90d\"",
        drill: is_told,
        fails: "nobody knows",
        ..PLAIN
    },
    Row {
        key: "lifetime.refresh_token",
        with: "lifetime.refresh_token = \"180d\"",
        drill: is_told,
        fails: "nobody knows",
        ..PLAIN
    },
    Row {
        key: "lifetime.rotation",
        with: "lifetime.rotation = false",
        without: "lifetime.rotation = true",
        drill: is_backed_up,
        fails: "its refresh token was left out",
        ..PLAIN
    },
];

/// Signs in, and is told by when to do so again.
fn is_told(stage: &Stage) -> Outcome {
    stage.login(&[])?;
    let list = stage.run(&["list", "--json"])?.json();
    let end = &list["accounts"][0]["sign_in_by"];
    end.as_str().map(drop).ok_or("nobody knows".into())
}

/// Signs in, and is saved with the refresh token.
fn is_backed_up(stage: &Stage) -> Outcome {
    stage.login(&[])?;
    let file = stage.home.path("keyfob.age");
    let file = file.to_str().expect("UTF-8");
    let saved = stage.run(&["backup", file, "--recipient", RECIPIENT, "--json"])?;
    match saved.json()["accounts"][0]["refresh_token"].as_str() {
        Some("included") => Ok(()),
        _ => Err("its refresh token was left out".into()),
    }
}
