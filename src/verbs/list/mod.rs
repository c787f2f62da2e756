//! `list`: what the index knows, and which variables hold tokens. Reads no secret, sends nothing.

mod answer;
mod select;
mod table;

use std::collections::HashMap;
use std::time::Duration;

use answer::Listed;
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use table::Layout;

use super::app::App;
use super::arguments::duration;
use super::{caution, columns, print, print_json};
use crate::account::{Account, Status, sign_in};
use crate::complete;
use crate::error::{Error, Result};
use crate::names::is_provider_name;
use crate::provider::{LifetimeRule, SetVariable};
use crate::vault::Listing;
use crate::words::Text;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob list
  keyfob list huggingface --json
  keyfob list --expiring-in 1h --sort expiry
  keyfob list --status expired --status login_required
  keyfob list --wide | less -S

Of several filters all must hold. Where a provider is known to end a sign-in, it says from 14 days \
before what to do by when. Reads no secret and sends nothing.")]
pub struct List {
    /// Only this provider's accounts
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers_in_use))]
    pub provider: Option<String>,
    /// Only access tokens that end within this time, or have ended
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expiring_in: Option<Duration>,
    /// Only accounts in this state; may be repeated, for one of several
    #[arg(long, value_name = "STATUS")]
    pub status: Vec<Status>,
    /// Only tokens that are kept there; `env` is those that variables hold
    #[arg(long, value_name = "STORE")]
    pub store: Option<StoreFilter>,
    /// The order of the accounts
    #[arg(long, value_name = "ORDER", default_value = "provider")]
    pub sort: Sort,
    /// Show every column, and truncate nothing
    #[arg(long)]
    pub wide: bool,
}

/// Where a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoreFilter {
    /// The system's keyring
    Keyring,
    /// The file store
    File,
    /// A variable of the environment
    Env,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By the account's name, whatever its provider
    Name,
    /// The access token that ends first comes first, those without an end last
    Expiry,
    /// By provider, and there by name
    Provider,
    /// The oldest access token first
    Age,
}

pub(crate) fn run(app: &App, args: &List) -> Result<()> {
    let listing = read_listing(app, args.provider.as_deref())?;
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
    accounts.retain(|account| select::keeps_account(args, account, now));
    variables.retain(|_| select::keeps_variables(args));
    select::sort(&mut accounts, args.sort);
    let accounts = describe(app, &accounts);
    if app.manner.json {
        return print_json(&answer::shape(&accounts, &variables, now));
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
    print(&Text::new(&table::draw(&accounts, &variables, now, layout)))?;
    std::mem::forget(listing); // the process ends here; a thousand accounts take long to free
    Ok(())
}

/// All accounts, or those of one provider; a mistyped name is said, not answered with nothing.
fn read_listing(app: &App, provider: Option<&str>) -> Result<Listing> {
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
fn describe<'a>(app: &App, accounts: &[&'a Account]) -> Vec<Listed<'a>> {
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

fn say_nothing_is_there(app: &App, args: &List, nobody: bool) {
    if !nobody && select::has_filters(args) {
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
