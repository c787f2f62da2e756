//! `list`: what the index knows, and which variables hold tokens. Reads no secret, sends nothing.

use super::app::App;
use super::{caution, columns, print, print_json};
use crate::answer;
use crate::cli;
use crate::error::{Error, Result};
use crate::names::is_provider_name;
use crate::provider::SetVariable;
use crate::timestamp::Timestamp;

/// Prints the accounts; an entry that cannot be read is a warning.
pub fn run(app: &App, args: &cli::List) -> Result<()> {
    let listing = match &args.provider {
        Some(provider) => {
            let named = is_provider_name(provider).then(|| app.vault.accounts_of(provider));
            let listing = named.unwrap_or_default();
            if listing.accounts.is_empty() && listing.broken.is_empty() {
                app.registry.describe(provider)?; // a mistyped name is said, not answered with nothing
            }
            listing
        }
        None => app.vault.accounts(),
    };
    let set = app.chooser().variables(args.provider.as_deref());
    let (variables, unclear): (Vec<_>, Vec<_>) = set.into_iter().partition(Result::is_ok);
    let variables: Vec<SetVariable> = variables.into_iter().flatten().collect();
    let unclear: Vec<Error> = unclear.into_iter().filter_map(Result::err).collect();
    for broken in listing.broken.iter().chain(&unclear) {
        caution(app, broken);
    }
    let defaults = app.vault.defaults();
    let accounts: Vec<_> = listing
        .accounts
        .iter()
        .map(|account| {
            (
                account,
                defaults.get(&account.provider) == Some(&account.name),
            )
        })
        .collect();
    let now = Timestamp::now();
    if app.manner.json {
        return print_json(&answer::account::list(&accounts, &variables, now));
    }
    let empty = accounts.is_empty() && variables.is_empty();
    if empty && !(listing.broken.is_empty() && unclear.is_empty()) {
        return Ok(());
    }
    if let (true, Some(provider)) = (empty, &args.provider) {
        app.term.say(&format!(
            "nobody is signed in at {provider}; `keyfob login {provider}` signs in"
        ));
        return Ok(());
    }
    if empty {
        app.term.say("nobody is signed in; `keyfob login PROVIDER` signs in, `keyfob provider list` shows the providers");
        return Ok(());
    }
    let (width, colour) = columns();
    print(&answer::table::list(
        &accounts, &variables, now, width, colour,
    ))?;
    std::mem::forget(listing); // the process ends here; a thousand accounts take long to free
    Ok(())
}
