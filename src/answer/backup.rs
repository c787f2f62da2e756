//! The shape of `backup --json`.

use serde::Serialize;

use crate::account::Account;
use crate::error::Error;
use crate::vault::RefreshToken;

/// What is in the file.
#[derive(Debug, Serialize)]
pub struct Backup {
    /// The file, as an absolute path.
    pub file: String,
    /// In the order they were named.
    pub accounts: Vec<BackedUp>,
    /// The providers whose definitions are in it.
    pub providers: Vec<String>,
    /// The providers of whose clients what is kept is in it.
    pub clients: Vec<String>,
}

/// One account.
#[derive(Debug, Serialize)]
pub struct BackedUp {
    account: String,
    result: Outcome,
    refresh_token: Token,
    /// Why it is left out, or why only a new sign-in helps once it is restored.
    detail: Option<String>,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It is in the file, and here.
    Saved,
    /// It is in the file, and not here any more.
    Moved,
    /// It is not in the file.
    LeftOut,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Token {
    Included,
    LeftOut,
    None,
}

impl BackedUp {
    /// It is in the file.
    pub fn saved(account: &Account, refresh_token: RefreshToken, detail: Option<&str>) -> Self {
        Self {
            account: account.to_string(),
            result: Outcome::Saved,
            refresh_token: match refresh_token {
                RefreshToken::Included => Token::Included,
                RefreshToken::LeftOut => Token::LeftOut,
                RefreshToken::Absent => Token::None,
            },
            detail: detail.map(str::to_owned),
            error: None,
        }
    }

    /// It is not: it belongs to this machine, or has nothing to save.
    pub fn left_out(account: &Account, why: &str) -> Self {
        Self {
            account: account.to_string(),
            result: Outcome::LeftOut,
            refresh_token: Token::None,
            detail: Some(why.to_owned()),
            error: None,
        }
    }

    /// It was to be forgotten here, and was, or not for this reason.
    #[must_use]
    pub fn forgotten(self, kept: Option<&Error>) -> Self {
        Self {
            result: if kept.is_none() {
                Outcome::Moved
            } else {
                self.result
            },
            error: kept.cloned(),
            ..self
        }
    }

    /// Whether it is in the file alone.
    pub fn is_moved(&self) -> bool {
        matches!(self.result, Outcome::Moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::verbs::fixture::{account, assert_shape};

    #[test]
    fn the_shape_is_the_documented_one() {
        let named = |provider: &str| Account {
            provider: provider.into(),
            ..account()
        };
        let error = Error::new(Code::StoreUnavailable, "the keyring is locked")
            .hint("unlock it")
            .account("gitlab/julien");
        let shape = Backup {
            file: "/media/stick/keyfob.age".into(),
            accounts: vec![
                BackedUp::saved(&account(), RefreshToken::LeftOut, None),
                BackedUp::saved(&named("github"), RefreshToken::Included, None).forgotten(None),
                BackedUp::saved(&named("gitlab"), RefreshToken::Absent, None)
                    .forgotten(Some(&error)),
                BackedUp::left_out(
                    &named("sandbox"),
                    "the practice provider is of this machine alone",
                ),
            ],
            providers: vec!["github".into()],
            clients: vec!["huggingface".into()],
        };
        assert_shape(&shape, include_str!("../verbs/shapes/backup.json"));
    }
}
