//! When sign-ins end.

use super::row::{PLAIN, Row};
use crate::stage::{Outcome, Stage};

#[test]
fn lifetime() {
    super::practise(&ROWS);
}

pub const ROWS: [Row; 2] = [
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
];

/// Signs in, and is told by when to do so again.
fn is_told(stage: &Stage) -> Outcome {
    stage.login(&[])?;
    let list = stage.run(&["list", "--json"])?.json();
    let end = &list["accounts"][0]["sign_in_by"];
    end.as_str().map(drop).ok_or("nobody knows".into())
}
