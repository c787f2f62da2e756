//! The shape of `restore --json`.

use serde::Serialize;

use crate::account::Account;
use crate::error::Error;
use crate::provider::Adopted;
use crate::store::Kind;

/// What became of what is in the file.
#[derive(Debug, Serialize)]
pub struct Restore {
    /// The file, as it was named.
    pub file: String,
    /// In the order they are in the file.
    pub accounts: Vec<Restored>,
    /// Definition files.
    pub providers: Vec<Part>,
    /// What is kept of clients.
    pub clients: Vec<Part>,
}

/// One account.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// `PROVIDER/NAME` here; in the file where nothing of it is here.
    account: String,
    result: Outcome,
    store: Option<Kind>,
    refreshable: bool,
    error: Option<Error>,
}

/// How an account fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new here.
    Restored,
    /// The one here was older.
    Updated,
    /// The one here is the same.
    Unchanged,
    /// The one here is newer.
    Kept,
    /// Nothing was done.
    Failed,
}

/// One provider's part.
#[derive(Debug, Serialize)]
pub struct Part {
    provider: String,
    result: &'static str,
    error: Option<Error>,
}

impl Restored {
    /// The account as it is here.
    pub fn here(account: &Account, result: Outcome, error: Option<&Error>) -> Self {
        Self {
            account: account.to_string(),
            result,
            store: Some(account.store),
            refreshable: account.refreshable,
            error: error.cloned(),
        }
    }

    /// The account as it is in the file.
    pub fn failed(account: &Account, error: &Error) -> Self {
        Self {
            account: account.to_string(),
            result: Outcome::Failed,
            store: None,
            refreshable: account.refreshable,
            error: Some(error.clone()),
        }
    }
}

impl Part {
    /// How a provider's part fared.
    pub fn of(provider: &str, result: &Result<Adopted, Error>) -> Self {
        Self {
            provider: provider.to_owned(),
            result: match result {
                Ok(Adopted::Written) => "restored",
                Ok(Adopted::Unchanged) => "unchanged",
                Ok(Adopted::Kept) => "kept",
                Err(_) => "failed",
            },
            error: result.as_ref().err().cloned(),
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
        let other = Account {
            provider: "github".into(),
            ..account()
        };
        let error = Error::new(
            Code::AccountConflict,
            "github/julien is newer here than in the backup, and stays as it is",
        )
        .hint("`--replace` puts that of keyfob.age in its place")
        .account(&other);
        let shape = Restore {
            file: "keyfob.age".into(),
            accounts: vec![
                Restored::here(&account(), Outcome::Restored, None),
                Restored::here(&other, Outcome::Kept, Some(&error)),
            ],
            providers: vec![
                Part::of("github", &Ok(Adopted::Kept)),
                Part::of("gitlab", &Ok(Adopted::Unchanged)),
            ],
            clients: vec![Part::of("huggingface", &Ok(Adopted::Written))],
        };
        assert_shape(&shape, include_str!("../verbs/shapes/restore.json"));
        let failed = serde_json::to_value(Restored::failed(&other, &error)).unwrap();
        assert_eq!(
            (&failed["result"], &failed["store"]),
            (&"failed".into(), &serde_json::Value::Null)
        );
    }
}
