//! `refresh`: new access tokens now. One account that fails does not stop the others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::App;
use super::arguments::duration;
use super::{concurrent, print_answer, report};
use crate::account::Account;
use crate::complete;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::session::Need;
use keyfob_base::escape::escape;
use keyfob_base::timestamp::{Timestamp, until};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob refresh huggingface
  keyfob refresh '*/work'
  keyfob refresh --all --expiring-in 10m")]
pub struct Refresh {
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account that has a refresh token
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Only accounts whose token ends within this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expiring_in: Option<Duration>,
}

pub(crate) fn run(app: &App, args: &Refresh) -> Result<()> {
    let Selection {
        chosen,
        named,
        broken: mut failures,
    } = select(app, args)?;
    if chosen.is_empty() && failures.is_empty() {
        app.term.say("no account has a refresh token");
    }
    let now = Timestamp::now();
    let soon = |account: &Account| match (args.expiring_in, account.expires_at) {
        (Some(within), Some(end)) => end.since(now) <= within.as_secs(),
        (Some(_), None) => false,
        (None, _) => true,
    };
    let due: Vec<_> = chosen.iter().filter(|one| soon(one)).cloned().collect();
    let results = if due.is_empty() {
        Vec::new()
    } else {
        let renew = move |context: Arc<Context>, account: Account| {
            let by_name = named.contains(&account.id);
            async move {
                let renewed = context.fresh(account, Need::New { by_name }).await;
                renewed.map(|(account, _)| account)
            }
        };
        concurrent::run(app, due, "refreshing", renew)?
    };
    let mut ended = results.iter();
    let outcome = |account| match soon(account).then(|| ended.next()).flatten() {
        Some((_, Ok(renewed))) => Refreshed::new(renewed, RefreshResult::Refreshed, None),
        Some((account, Err(error))) => Refreshed::new(account, RefreshResult::Failed, Some(error)),
        None => Refreshed::new(account, RefreshResult::Skipped, None),
    };
    let answer = RefreshAnswer {
        accounts: chosen.iter().map(outcome).collect(),
    };
    print_answer(app, &answer, || answer.text(now))?;
    failures.extend(
        results
            .into_iter()
            .filter_map(|(account, result)| result.err().map(|error| error.account(&account))),
    );
    report(app, &failures)
}

struct Selection {
    chosen: Vec<Account>,
    /// The ids of those that somebody named: they are tried even where the provider has refused them.
    named: BTreeSet<String>,
    broken: Vec<Error>,
}

/// The accounts meant. Of those that nobody named, only what has something to refresh with.
fn select(app: &App, args: &Refresh) -> Result<Selection> {
    let all = args.all || (args.accounts.is_empty() && args.expiring_in.is_some());
    let (mut chosen, named, broken) = if all {
        let listing = app.vault.accounts();
        (listing.accounts, BTreeSet::new(), listing.broken)
    } else {
        let several = app.chooser().accounts(&args.accounts)?;
        several.summary().for_each(|line| app.term.say(line));
        (several.chosen, several.named, several.broken)
    };
    chosen.retain(|account| account.refreshable || named.contains(&account.id));
    Ok(Selection {
        chosen,
        named,
        broken,
    })
}

#[derive(Debug, Serialize)]
pub(crate) struct RefreshAnswer {
    pub accounts: Vec<Refreshed>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Refreshed {
    account: String,
    result: RefreshResult,
    expires_at: Option<Timestamp>,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum RefreshResult {
    Refreshed,
    Skipped,
    Failed,
}

impl RefreshAnswer {
    pub(crate) fn text(&self, now: Timestamp) -> String {
        let width = self.accounts.iter().map(|one| one.account.len()).max(); // names are ASCII
        let width = width.unwrap_or_default();
        let line = |one: &Refreshed| {
            let life = match (one.expires_at, one.result) {
                (None, _) => "no end known".into(),
                (Some(end), RefreshResult::Failed) if end <= now => {
                    "its old token has ended".into()
                }
                (Some(end), _) => format!("ends {}", until(end, now)),
            };
            let result = match (one.result, &one.error) {
                (RefreshResult::Refreshed, _) => "refreshed".into(),
                (RefreshResult::Skipped, _) => "not due".into(),
                (RefreshResult::Failed, Some(error)) => {
                    format!("failed: {}", escape(&error.message))
                }
                (RefreshResult::Failed, None) => "failed".into(),
            };
            format!("{:width$}  {result}, {life}\n", one.account)
        };
        self.accounts.iter().map(line).collect()
    }
}

impl Refreshed {
    fn new(account: &Account, result: RefreshResult, error: Option<&Error>) -> Self {
        Self {
            account: account.to_string(),
            result,
            expires_at: account.expires_at,
            error: error.cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};
    use crate::error::Code;

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
        let refresh = RefreshAnswer {
            accounts: vec![
                Refreshed::new(&account(), RefreshResult::Refreshed, None),
                Refreshed::new(&other, RefreshResult::Failed, Some(&failure())),
            ],
        };
        assert_shape(&refresh, include_str!("shapes/refresh.json"));
    }

    #[test]
    fn a_failure_inside_has_the_shape_of_one_on_stderr() {
        let inside = serde_json::to_value(Refreshed::new(
            &account(),
            RefreshResult::Failed,
            Some(&failure()),
        ))
        .unwrap();
        let outside: serde_json::Value = serde_json::from_str(&failure().json()).unwrap();
        assert_eq!(inside["error"], outside);
    }

    #[test]
    fn what_is_said_of_several_stands_below_each_other() {
        let mut other = account();
        other.name = "a-longer-name".into();
        let accounts = vec![
            Refreshed::new(&account(), RefreshResult::Refreshed, None),
            Refreshed::new(&other, RefreshResult::Refreshed, None),
        ];
        let text = RefreshAnswer { accounts }.text(account().received_at);
        let at: Vec<_> = text.lines().map(|line| line.find("refreshed,")).collect();
        assert!(at[0].is_some() && at[0] == at[1], "{text}");
    }

    #[test]
    fn what_needed_nothing_was_skipped() {
        let skipped =
            serde_json::to_value(Refreshed::new(&account(), RefreshResult::Skipped, None)).unwrap();
        assert_eq!(skipped["result"], "skipped");
        assert_eq!(skipped["expires_at"], "2023-11-15T05:13:20Z");
    }
}
