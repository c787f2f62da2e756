//! `refresh`: new access tokens now. One account that fails does not stop the others.

use super::app::App;
use super::{embedded, fleet, network, print, print_json, report};
use crate::account::Account;
use crate::answer::refresh::{Refresh, Refreshed};
use crate::cli;
use crate::error::{Error, Result};
use crate::session::Need;
use crate::timestamp::Timestamp;

/// Refreshes, prints a line an account, and fails with the worst of what happened.
pub fn run(app: &App, args: &cli::Refresh) -> Result<()> {
    let (chosen, mut failures) = chosen(app, args)?;
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
    let need = Need::New {
        by_name: !everyone(args),
    };

    let results = if due.is_empty() {
        Vec::new()
    } else {
        let providers = due.iter().map(|account| account.provider.as_str());
        let (registry, _sandbox) = embedded::start(app, providers, None)?;
        network::online(app, registry, async |online| {
            Ok(fleet::each(
                &online,
                due,
                "refreshing",
                move |online, account| async move {
                    online
                        .fresh(account, need)
                        .await
                        .map(|(account, _)| account)
                },
            )
            .await)
        })?
    };
    let mut ended = results.iter();
    let outcome = |account| match soon(account).then(|| ended.next()).flatten() {
        Some((_, Ok(renewed))) => Refreshed::done(renewed),
        Some((account, Err(error))) => Refreshed::failed(account, error),
        None => Refreshed::skipped(account),
    };
    let answer = Refresh {
        accounts: chosen.iter().map(outcome).collect(),
    };
    if app.manner.json {
        print_json(&answer)?;
    } else {
        print(&answer.text(now))?;
    }
    failures.extend(
        results
            .into_iter()
            .filter_map(|(account, result)| result.err().map(|error| error.account(&account))),
    );
    report(app, &failures)
}

/// Whether all accounts are meant: nobody named one.
fn everyone(args: &cli::Refresh) -> bool {
    args.all || (args.accounts.is_empty() && args.expiring_in.is_some())
}

/// The accounts meant, and those that cannot even be read.
fn chosen(app: &App, args: &cli::Refresh) -> Result<(Vec<Account>, Vec<Error>)> {
    if !everyone(args) {
        return Ok((app.chooser().accounts(&args.accounts)?, Vec::new()));
    }
    let listing = app.vault.accounts();
    let refreshable = listing
        .accounts
        .into_iter()
        .filter(|account| account.refreshable);
    Ok((refreshable.collect(), listing.broken))
}
