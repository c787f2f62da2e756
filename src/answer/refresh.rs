//! The shape of `refresh --json`.

use serde::Serialize;

use crate::account::Account;
use crate::error::Error;
use keyfob_base::escape::escape;
use keyfob_base::timestamp::{Timestamp, until};

/// What became of each account's token.
#[derive(Debug, Serialize)]
pub struct Refresh {
    /// In the order they were named.
    pub accounts: Vec<Refreshed>,
}

/// One account.
#[derive(Debug, Serialize)]
pub struct Refreshed {
    account: String,
    result: Outcome,
    expires_at: Option<Timestamp>,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Refreshed,
    Skipped,
    Failed,
}

impl Refresh {
    /// A line an account, for people.
    pub fn text(&self, now: Timestamp) -> String {
        let width = self.accounts.iter().map(|one| one.account.len()).max(); // names are ASCII
        let width = width.unwrap_or_default();
        let line = |one: &Refreshed| {
            let life = match (one.expires_at, one.result) {
                (None, _) => "no end known".into(),
                (Some(end), Outcome::Failed) if end <= now => "its old token has ended".into(),
                (Some(end), _) => format!("ends {}", until(end, now)),
            };
            let result = match (one.result, &one.error) {
                (Outcome::Refreshed, _) => "refreshed".into(),
                (Outcome::Skipped, _) => "not due".into(),
                (Outcome::Failed, Some(error)) => format!("failed: {}", escape(&error.message)),
                (Outcome::Failed, None) => "failed".into(),
            };
            format!("{:width$}  {result}, {life}\n", one.account)
        };
        self.accounts.iter().map(line).collect()
    }
}

impl Refreshed {
    /// A new access token is stored; `account` is the index entry after the refresh.
    pub fn done(account: &Account) -> Self {
        Self::without_error(account, Outcome::Refreshed)
    }

    /// Nothing was asked, for nothing had to be.
    pub fn skipped(account: &Account) -> Self {
        Self::without_error(account, Outcome::Skipped)
    }

    /// The token that `account` had is the one it still has.
    pub fn failed(account: &Account, error: &Error) -> Self {
        Self {
            account: account.to_string(),
            result: Outcome::Failed,
            expires_at: account.expires_at,
            error: Some(error.clone()),
        }
    }

    fn without_error(account: &Account, result: Outcome) -> Self {
        Self {
            account: account.to_string(),
            result,
            expires_at: account.expires_at,
            error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::verbs::fixture::{account, assert_shape};

    fn failure() -> Error {
        Error::new(Code::LoginRequired, "the refresh token was refused")
            .hint("keyfob login github/ada")
            .account("github/ada")
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let mut other = account();
        other.provider = "github".into();
        other.name = "ada".into();
        other.expires_at = None;
        let refresh = Refresh {
            accounts: vec![
                Refreshed::done(&account()),
                Refreshed::failed(&other, &failure()),
            ],
        };
        assert_shape(&refresh, include_str!("../verbs/shapes/refresh.json"));
    }

    #[test]
    fn a_failure_inside_has_the_shape_of_one_on_stderr() {
        let inside = serde_json::to_value(Refreshed::failed(&account(), &failure())).unwrap();
        let outside: serde_json::Value = serde_json::from_str(&failure().json()).unwrap();
        assert_eq!(inside["error"], outside);
    }

    #[test]
    fn what_is_said_of_several_stands_below_each_other() {
        let mut other = account();
        other.name = "a-longer-name".into();
        let accounts = vec![Refreshed::done(&account()), Refreshed::done(&other)];
        let text = Refresh { accounts }.text(account().received_at);
        let at: Vec<_> = text.lines().map(|line| line.find("refreshed,")).collect();
        assert!(at[0].is_some() && at[0] == at[1], "{text}");
    }

    #[test]
    fn what_needed_nothing_was_skipped() {
        let skipped = serde_json::to_value(Refreshed::skipped(&account())).unwrap();
        assert_eq!(skipped["result"], "skipped");
        assert_eq!(skipped["expires_at"], "2023-11-15T05:13:20Z");
    }
}
