//! `refresh`: new access tokens now. One account that fails does not stop the others.

use std::collections::BTreeSet;

use super::app::App;
use super::{embedded, fleet, network, print, print_json, report};
use crate::account::Account;
use crate::answer::refresh::{Refresh, Refreshed};
use crate::cli;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::session::Need;
use keyfob_base::timestamp::Timestamp;

/// Refreshes, prints a line an account, and fails with the worst of what happened.
pub fn run(app: &App, args: &cli::Refresh) -> Result<()> {
    let Meant {
        chosen,
        named,
        broken: mut failures,
    } = meant(app, args)?;
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
        let providers = due.iter().map(|account| account.provider.as_str());
        let (registry, _sandbox) = embedded::start(app, providers, None)?;
        network::context(app, registry, async |context| {
            Ok(
                fleet::each(&context, due, "refreshing", move |context, account| {
                    let by_name = named.contains(&account.id);
                    async move { renewed(&context, account, by_name).await }
                })
                .await,
            )
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

async fn renewed(context: &Context, account: Account, by_name: bool) -> Result<Account> {
    let renewed = context.fresh(account, Need::New { by_name }).await;
    renewed.map(|(account, _)| account)
}

/// Whether all accounts are meant: nobody named one.
fn everyone(args: &cli::Refresh) -> bool {
    args.all || (args.accounts.is_empty() && args.expiring_in.is_some())
}

/// What a run is about.
struct Meant {
    chosen: Vec<Account>,
    /// The ids of those that somebody named: they are tried even where the provider has refused them.
    named: BTreeSet<String>,
    /// What cannot even be read.
    broken: Vec<Error>,
}

/// The accounts meant. Of those that nobody named, only what has something to refresh with.
fn meant(app: &App, args: &cli::Refresh) -> Result<Meant> {
    let (mut chosen, named, broken) = if everyone(args) {
        let listing = app.vault.accounts();
        (listing.accounts, BTreeSet::new(), listing.broken)
    } else {
        let several = app.chooser().accounts(&args.accounts)?;
        several.told().for_each(|line| app.term.say(line));
        (several.chosen, several.named, several.broken)
    };
    chosen.retain(|account| account.refreshable || named.contains(&account.id));
    Ok(Meant {
        chosen,
        named,
        broken,
    })
}
