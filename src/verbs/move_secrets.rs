//! `move`: secrets go to another store. One account that fails does not stop the others.

use std::collections::BTreeSet;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::App;
use super::{print_if_json, report};
use crate::account::Account;
use crate::audit::Action;
use crate::complete;
use crate::error::{Error, Result};
use crate::names::is_provider_name;
use crate::store::Kind;
use crate::vault;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob move huggingface --store file
  keyfob move --all --store file --passphrase    into one with a passphrase
  keyfob move 'github/*' --store keyring

A secret is written there, read back, and then removed here; interrupted anywhere, the account works \
and the same command ends it. With the last of a provider's accounts goes what is kept of its \
client.")]
pub struct Move {
    /// PROVIDER/NAME, PROVIDER for the one used here or the client that is kept without one, or a
    /// pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Where the secrets go
    #[arg(long, value_name = "STORE")]
    pub store: Kind,
    /// Protect a new file store with a passphrase; goes with `--store file`
    #[arg(long)]
    pub passphrase: bool,
}

pub(crate) fn run(app: &App, args: &Move) -> Result<()> {
    let Selection {
        accounts,
        clients,
        broken: mut failures,
    } = select(app, args)?;
    let to = args.store;
    app.term.obey_signals();
    let away = accounts.iter().filter(|account| account.store != to);
    let away: Vec<String> = away.map(ToString::to_string).collect();
    if !away.is_empty() || args.passphrase {
        let failed = |error: &Error| {
            let note = |whose: &String| app.audit.note(Action::Move, whose, Some(error));
            away.iter().for_each(note);
        };
        app.vault.probe(to).inspect_err(failed)?;
    }
    let mut answer = MoveAnswer::default();
    let mut moved = false;
    for account in &accounts {
        let whose = account.to_string();
        let result = app.vault.move_account(account, to);
        let result = result.map_err(|error| error.account(account));
        if away.contains(&whose) || result.is_err() {
            app.audit.note(Action::Move, &whose, result.as_ref().err());
        }
        match result {
            Ok(done) => {
                moved |= done.from != to;
                say_moved(app, &done, to);
                let previous = done.from;
                let outcome = Moved::done(&done.account, previous, done.left.as_ref());
                answer.accounts.push(outcome);
                failures.extend(done.left.map(|left| explain_copy(left, &done.account)));
            }
            Err(error) => {
                answer.accounts.push(Moved::failed(account, &error));
                failures.push(error);
            }
        }
    }
    if moved {
        let protection = app.vault.protection(to);
        app.term.say(&format!("the tokens are {protection}"));
    }
    for provider in providers_to_follow(app, args, &accounts, &clients) {
        let whose = provider.clone();
        match app.vault.move_client_secrets(&provider, to) {
            Ok((went, left)) => {
                if went {
                    app.term.say(&format!(
                        "what is kept of the client of {provider} went along"
                    ));
                    answer.clients.push(provider);
                } else if left.is_none() && clients.contains(&provider) {
                    app.term.say(&format!(
                        "what is kept of the client of {provider} is in {} already",
                        to.noun()
                    ));
                }
                failures.extend(left.map(|left| left.account(&whose)));
            }
            Err(error) => failures.push(error.account(&whose)),
        }
    }
    print_if_json(app, &answer)?;
    report(app, &failures)
}

#[derive(Default)]
struct Selection {
    accounts: Vec<Account>,
    /// Providers that were named of which nothing but a client is kept.
    clients: BTreeSet<String>,
    broken: Vec<Error>,
}

fn select(app: &App, args: &Move) -> Result<Selection> {
    if args.all {
        let listing = app.vault.accounts();
        if listing.accounts.is_empty() && listing.broken.is_empty() {
            app.term.say("nobody is signed in");
        }
        return Ok(Selection {
            accounts: listing.accounts,
            broken: listing.broken,
            ..Selection::default()
        });
    }
    let named = args.accounts.iter().cloned();
    let (clients, named): (Vec<_>, Vec<_>) = named.partition(|typed| is_client_alone(app, typed));
    let mut meant = Selection {
        clients: clients.into_iter().collect(),
        ..Selection::default()
    };
    if meant.clients.is_empty() || !named.is_empty() {
        let several = app.chooser().accounts(&named)?;
        several.summary().for_each(|line| app.term.say(line));
        (meant.accounts, meant.broken) = (several.chosen, several.broken);
    }
    Ok(meant)
}

fn is_client_alone(app: &App, typed: &str) -> bool {
    let kept = is_provider_name(typed) && matches!(app.vault.client(typed), Ok(Some(_)));
    kept && {
        let listing = app.vault.accounts_of(typed);
        listing.accounts.is_empty() && listing.broken.is_empty()
    }
}

/// The providers whose clients go along: no account of theirs is left in another store.
fn providers_to_follow(
    app: &App,
    args: &Move,
    accounts: &[Account],
    clients: &BTreeSet<String>,
) -> BTreeSet<String> {
    let mut providers = clients.clone();
    providers.extend(accounts.iter().map(|account| account.provider.clone()));
    if args.all {
        let clients = app.vault.clients().kept.into_iter();
        providers.extend(clients.map(|(provider, _)| provider));
    }
    providers.retain(|provider| {
        let all = app.vault.accounts_of(provider);
        let mut there = all.accounts.iter();
        all.broken.is_empty() && there.all(|account| account.store == args.store)
    });
    providers
}

fn say_moved(app: &App, done: &vault::Moved, to: Kind) {
    let account = &done.account;
    app.term.say(&match done.cleared {
        _ if done.from != to => {
            format!("moved {account} from {} to {}", done.from.noun(), to.noun())
        }
        Some(store) => format!(
            "{account} is in {} already; a copy that a move had left in {} is gone",
            to.noun(),
            store.noun()
        ),
        None => format!("{account} is in {} already", to.noun()),
    });
}

/// A copy is where the secret was.
fn explain_copy(left: Error, account: &Account) -> Error {
    let next = left.hint.as_deref().unwrap_or("mend that store");
    let hint = format!(
        "{next}; then `keyfob move {account} --store {}` removes it",
        account.store
    );
    left.prefix("a copy of its secret is left where it was")
        .hint(hint)
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct MoveAnswer {
    pub accounts: Vec<Moved>,
    /// The providers whose clients' secrets went along.
    pub clients: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Moved {
    account: String,
    result: MoveResult,
    store: Kind,
    previous: Kind,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum MoveResult {
    Moved,
    Unchanged,
    Failed,
}

impl Moved {
    /// Its secret is where `account` says; `left` is why a copy is still where it was.
    pub(crate) fn done(account: &Account, previous: Kind, left: Option<&Error>) -> Self {
        Self {
            account: account.to_string(),
            result: if account.store == previous {
                MoveResult::Unchanged
            } else {
                MoveResult::Moved
            },
            store: account.store,
            previous,
            error: left.cloned(),
        }
    }

    pub(crate) fn failed(account: &Account, error: &Error) -> Self {
        Self {
            account: account.to_string(),
            result: MoveResult::Failed,
            store: account.store,
            previous: account.store,
            error: Some(error.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};
    use crate::error::Code;

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
        let shape = MoveAnswer {
            accounts: vec![
                Moved::done(&moved, Kind::Keyring, None),
                Moved::failed(&other, &error),
            ],
            clients: vec!["huggingface".into()],
        };
        assert_shape(&shape, include_str!("shapes/move.json"));
        let still = serde_json::to_value(Moved::done(&moved, Kind::File, None)).unwrap();
        assert_eq!(still["result"], "unchanged");
    }
}
