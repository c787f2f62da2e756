//! `list`: what the index knows. Reads no secret, sends nothing.

use super::app::App;
use super::{caution, columns, print, print_json};
use crate::answer;
use crate::cli;
use crate::error::Result;
use crate::names::is_provider_name;
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
    for broken in &listing.broken {
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
        return print_json(&answer::account::list(&accounts, now));
    }
    if accounts.is_empty() && !listing.broken.is_empty() {
        return Ok(());
    }
    if let (true, Some(provider)) = (accounts.is_empty(), &args.provider) {
        app.term.say(&format!(
            "nobody is signed in at {provider}; `keyfob login {provider}` signs in"
        ));
        return Ok(());
    }
    if accounts.is_empty() {
        app.term.say("nobody is signed in; `keyfob login PROVIDER` signs in, `keyfob provider list` shows the providers");
        return Ok(());
    }
    let (width, colour) = columns();
    print(&answer::table::list(&accounts, now, width, colour))?;
    std::mem::forget(listing); // the process ends here; a thousand accounts take long to free
    Ok(())
}
