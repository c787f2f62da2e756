//! `list`: what the index knows, and which variables hold tokens. Reads no secret, sends nothing.

mod select;

use std::collections::HashMap;

use super::app::App;
use super::{caution, columns, print, print_json};
use crate::account::{Account, sign_in};
use crate::answer;
use crate::answer::account::Listed;
use crate::answer::table::Layout;
use crate::cli;
use crate::error::{Error, Result};
use crate::names::is_provider_name;
use crate::provider::{LifetimeRule, SetVariable};
use crate::vault::Listing;
use keyfob_base::timestamp::Timestamp;

/// Prints the accounts; an entry that cannot be read is a warning.
pub fn run(app: &App, args: &cli::List) -> Result<()> {
    let listing = listing(app, args.provider.as_deref())?;
    let set = app.chooser().variables(args.provider.as_deref());
    let (variables, unclear): (Vec<_>, Vec<_>) = set.into_iter().partition(Result::is_ok);
    let mut variables: Vec<SetVariable> = variables.into_iter().flatten().collect();
    let unclear: Vec<Error> = unclear.into_iter().filter_map(Result::err).collect();
    for broken in listing.broken.iter().chain(&unclear) {
        caution(app, broken);
    }
    let nobody = listing.accounts.is_empty() && variables.is_empty();
    let now = Timestamp::now();
    let mut accounts: Vec<&Account> = listing.accounts.iter().collect();
    accounts.retain(|account| select::account(args, account, now));
    variables.retain(|_| select::variables(args));
    select::sort(&mut accounts, args.sort);
    let accounts = described(app, &accounts);
    if app.manner.json {
        return print_json(&answer::account::list(&accounts, &variables, now));
    }
    if accounts.is_empty() && variables.is_empty() {
        let doubtful = nobody && !(listing.broken.is_empty() && unclear.is_empty());
        if !doubtful {
            say_nothing_is_there(app, args, nobody);
        }
        return Ok(());
    }
    let (width, colour) = columns();
    let width = (!args.wide).then_some(width);
    let layout = Layout { width, colour };
    print(&answer::table::list(&accounts, &variables, now, layout))?;
    std::mem::forget(listing); // the process ends here; a thousand accounts take long to free
    Ok(())
}

/// All accounts, or those of one provider; a mistyped name is said, not answered with nothing.
fn listing(app: &App, provider: Option<&str>) -> Result<Listing> {
    let Some(provider) = provider else {
        return Ok(app.vault.accounts());
    };
    let named = is_provider_name(provider).then(|| app.vault.accounts_of(provider));
    let listing = named.unwrap_or_default();
    if listing.accounts.is_empty() && listing.broken.is_empty() {
        app.registry.describe(provider)?;
    }
    Ok(listing)
}

/// What is known of accounts beside their entries. A definition is read where a refresh token may end, and
/// once; one that is wrong or has gone says nothing here.
fn described<'a>(app: &App, accounts: &[&'a Account]) -> Vec<Listed<'a>> {
    let defaults = app.vault.defaults();
    let mut rules: HashMap<&str, LifetimeRule> = HashMap::new();
    let chooser = app.chooser();
    let mut preferences: HashMap<&str, Option<String>> = HashMap::new();
    let mut chosen_here = |account: &'a Account| {
        let look = || chooser.preference(&account.provider);
        let preferred = preferences.entry(&account.provider).or_insert_with(look);
        preferred.as_ref() == Some(&account.name)
    };
    let mut of = |account: &'a Account| {
        if !sign_in::has_refresh_token(account) {
            return None;
        }
        let read = || app.registry.lifetime(&account.provider);
        let rule = rules.entry(&account.provider).or_insert_with(read);
        sign_in::end(account, rule)
    };
    let listed = accounts.iter().map(|account| Listed {
        account,
        default: defaults.get(&account.provider) == Some(&account.name),
        chosen_here: chosen_here(account),
        sign_in: of(account),
    });
    listed.collect()
}

fn say_nothing_is_there(app: &App, args: &cli::List, nobody: bool) {
    if !nobody && select::filters(args) {
        app.term
            .say("no account is left by these filters; `keyfob list` shows all");
        return;
    }
    app.term.say(&match &args.provider {
        Some(provider) => {
            format!("nobody is signed in at {provider}; `keyfob login {provider}` signs in")
        }
        None => "nobody is signed in; `keyfob login PROVIDER` signs in, `keyfob provider list` shows the providers".into(),
    });
}
