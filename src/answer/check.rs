//! What `check` says: whether each token is valid, and until when.

use serde::Serialize;

use super::account::Origin;
use crate::account::{Account, Status};
use crate::error::Error;
use keyfob_base::timestamp::Timestamp;
use keyfob_base::timestamp::until;

/// A verdict on each token.
#[derive(Debug, Serialize)]
pub struct Check {
    /// In the order they were named.
    pub accounts: Vec<Checked>,
}

/// A verdict on one token.
#[derive(Debug, Serialize)]
pub struct Checked {
    account: String,
    provider: String,
    source: Origin,
    variable: Option<String>,
    status: Status,
    expires_at: Option<Timestamp>,
    seconds_left: Option<u64>,
    /// `valid`, or the word of the failure.
    result: &'static str,
    error: Option<Error>,
}

impl Checked {
    /// An account's token, as it is at `now`.
    pub fn account(account: &Account, failure: Option<&Error>, now: Timestamp) -> Self {
        Self {
            account: account.to_string(),
            provider: account.provider.clone(),
            source: Origin::Account,
            variable: None,
            status: account.status(now),
            expires_at: account.expires_at,
            seconds_left: account.expires_at.map(|end| end.since(now)),
            result: word(failure),
            error: failure.cloned(),
        }
    }

    /// The token of a variable, whose end nobody knows.
    pub fn variable(provider: &str, name: &str, failure: Option<&Error>) -> Self {
        Self {
            account: provider.to_owned(),
            provider: provider.to_owned(),
            source: Origin::Env,
            variable: Some(name.to_owned()),
            status: Status::Unknown,
            expires_at: None,
            seconds_left: None,
            result: word(failure),
            error: failure.cloned(),
        }
    }
}

impl Checked {
    /// The result in words.
    fn said(&self) -> String {
        match self.result {
            "refresh_failed" => "too short".into(), // no token is issued for as long as was demanded
            result => result.replace('_', " "),
        }
    }
}

fn word(failure: Option<&Error>) -> &'static str {
    failure.map_or("valid", |error| error.code.as_str())
}

impl Check {
    /// An aligned line a token, for people.
    pub fn text(&self, now: Timestamp) -> String {
        let widest = |of: fn(&Checked) -> usize| self.accounts.iter().map(of).max().unwrap_or(0);
        let (name, verdict) = (
            widest(|one| one.account.len()),
            widest(|one| one.said().len()),
        );
        let line = |one: &Checked| {
            let end = match (one.expires_at, &one.variable) {
                (Some(end), _) if end <= now => format!("ended {}", until(end, now)),
                (Some(end), _) => format!("ends {}", until(end, now)),
                (None, None) => "no end known".into(),
                (None, Some(variable)) => format!("no end known  env {variable}"),
            };
            format!("{:name$}  {:verdict$}  {end}\n", one.account, one.said())
        };
        self.accounts.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::verbs::fixture::{account, assert_shape, now};

    fn failed() -> (Account, Error) {
        let mut other = account();
        other.provider = "github".into();
        other.name = "ada".into();
        other.expires_at = Some(Timestamp::from_unix(now().unix() - 60));
        let error = Error::new(Code::RefreshRequired, "its access token has ended")
            .hint("`keyfob refresh github/ada` gets a new one")
            .account(&other);
        (other, error)
    }

    fn check() -> Check {
        let (other, error) = failed();
        Check {
            accounts: vec![
                Checked::account(&account(), None, now()),
                Checked::account(&other, Some(&error), now()),
            ],
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        assert_shape(&check(), include_str!("../verbs/shapes/check.json"));
    }

    #[test]
    fn the_lines_are_aligned() {
        let mut check = check();
        let variable = Checked::variable("gitlab", "GITLAB_TOKEN", None);
        check.accounts.push(variable);
        assert_eq!(
            check.text(now()),
            "\
huggingface/julien  valid             ends in 7 h
github/ada          refresh required  ended 1 min ago
gitlab              valid             no end known  env GITLAB_TOKEN
"
        );
    }
}
