//! The shape of `move --json`.

use serde::Serialize;

use crate::account::Account;
use crate::error::Error;
use crate::store::Kind;

/// What became of each account's secret, and of what is kept of clients.
#[derive(Debug, Default, Serialize)]
pub struct Move {
    /// In the order they were named.
    pub accounts: Vec<Moved>,
    /// The providers whose clients' secrets went along.
    pub clients: Vec<String>,
}

/// One account.
#[derive(Debug, Serialize)]
pub struct Moved {
    account: String,
    result: Outcome,
    store: Kind,
    previous: Kind,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Moved,
    Unchanged,
    Failed,
}

impl Moved {
    /// Its secret is where `account` says; `left` is why a copy is still where it was.
    pub fn done(account: &Account, previous: Kind, left: Option<&Error>) -> Self {
        Self {
            account: account.to_string(),
            result: if account.store == previous {
                Outcome::Unchanged
            } else {
                Outcome::Moved
            },
            store: account.store,
            previous,
            error: left.cloned(),
        }
    }

    /// Its secret is where it was.
    pub fn failed(account: &Account, error: &Error) -> Self {
        Self {
            account: account.to_string(),
            result: Outcome::Failed,
            store: account.store,
            previous: account.store,
            error: Some(error.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::verbs::fixture::{account, assert_shape};

    #[test]
    fn the_shape_is_the_documented_one() {
        let moved = Account {
            store: Kind::File,
            ..account()
        };
        let mut other = account();
        other.provider = "github".into();
        other.name = "ada".into();
        let error = Error::new(
            Code::LoginRequired,
            "its secret was removed from the keyring",
        )
        .hint("sign in again with `keyfob login github/ada`")
        .account("github/ada");
        let shape = Move {
            accounts: vec![
                Moved::done(&moved, Kind::Keyring, None),
                Moved::failed(&other, &error),
            ],
            clients: vec!["huggingface".into()],
        };
        assert_shape(&shape, include_str!("../verbs/shapes/move.json"));
        let still = serde_json::to_value(Moved::done(&moved, Kind::File, None)).unwrap();
        assert_eq!(still["result"], "unchanged");
    }
}
