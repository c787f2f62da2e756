//! `provider remove`: takes a provider of the user's own away, or what lies over a built-in one.

use super::arguments;
use super::unregister::Registration;
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::session::revoke::Extent;
use crate::verbs::app::App;
use crate::verbs::logout::LogoutAnswer;
use crate::verbs::provider::answer::Removed;
use crate::verbs::{logout, print_json, report};

/// The accounts that are named in a refusal.
const NAMED: usize = 10;

/// Removes it, unless accounts use it; with `--force` these are logged out first. What fails on the way
/// leaves the definition where it is. A client that keyfob registered is deleted at the server last.
pub(crate) fn run(app: &App, args: &arguments::ProviderRemove) -> Result<()> {
    let name = &args.provider;
    app.registry.is_known(name)?;
    let accounts = accounts(app, name)?;
    if app.registry.own_file(name).is_none() {
        nothing_of_ours(app, name, &accounts)?;
    }
    if !accounts.is_empty() && !args.force {
        return Err(in_use(name, &accounts));
    }
    app.registry.is_removable(name)?; // what goes first, accounts and client, would be lost in vain
    if !args.yes
        && !app
            .term
            .confirm(&question(app, name, &accounts), "`--yes` answers it")?
    {
        app.term.say("nothing was removed");
        return Ok(());
    }
    let (logout, failures) = if accounts.is_empty() {
        (LogoutAnswer::default(), Vec::new())
    } else {
        logout::sign_out(app, accounts, Extent::Issued)?
    };
    if logout.accounts.iter().any(|account| !account.removed) {
        return report(app, &failures);
    }
    let title = app.registry.describe(name);
    let title = title.map_or_else(|_| name.clone(), |provider| provider.title);
    let (mut client, mut registration) = (false, None);
    let removed = app.registry.remove(name, || {
        let late = self::accounts(app, name)?;
        if !late.is_empty() {
            return Err(in_use(name, &late));
        }
        client = app.vault.client(name)?.is_some();
        registration = Registration::find(app, name, &title)?;
        app.vault.forget_client(name)
    })?;
    let mut answer = Removed {
        provider: name.clone(),
        file: removed.file,
        built_in: removed.built_in,
        client,
        registration: None,
        accounts: logout.accounts,
    };
    say(app, &answer);
    answer.registration = registration.map(|registration| registration.delete(app));
    if app.manner.json {
        print_json(&answer)?;
    }
    report(app, &failures)
}

/// The provider's accounts; an entry that cannot be read may be one.
fn accounts(app: &App, name: &str) -> Result<Vec<Account>> {
    let listing = app.vault.accounts_of(name);
    match listing.broken.into_iter().next() {
        Some(broken) => Err(broken),
        None => Ok(listing.accounts),
    }
}

fn in_use(name: &str, accounts: &[Account]) -> Error {
    let named = accounts.iter().take(NAMED).map(ToString::to_string);
    let mut named: Vec<String> = named.collect();
    if let Some(more) = accounts.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    Error::new(
        Code::AccountConflict,
        format!("`{name}` is in use: {}", named.join(", ")),
    )
    .hint(format!(
        "`keyfob provider remove {name} --force` logs them out first"
    ))
}

/// A built-in provider that nothing was done to cannot be removed.
fn nothing_of_ours(app: &App, name: &str, accounts: &[Account]) -> Result<()> {
    let built_in = |hint: String| {
        let message = format!("`{name}` is built in, and nothing of yours lies over it");
        Err(Error::new(Code::Usage, message).hint(hint))
    };
    match (app.vault.client(name)?, accounts) {
        (Some(_), _) => Ok(()),
        (None, []) => built_in("`keyfob provider list` shows all".into()),
        (None, _) => built_in(format!("`keyfob logout {name}` signs out of it")),
    }
}

fn question(app: &App, name: &str, accounts: &[Account]) -> String {
    let file = match app.registry.own_file(name) {
        Some(file) => format!("remove {name} ({})", file.display()),
        None => format!("forget the client of {name}"),
    };
    let client = app.vault.client(name).ok().flatten();
    let registered = client.is_some_and(|client| client.configuration_endpoint.is_some());
    let file = if registered {
        format!("{file}, and delete its registration there")
    } else {
        file
    };
    match accounts {
        [] => format!("{file}?"),
        [account] => format!("sign out {account} and {file}?"),
        accounts => format!("sign out {} accounts and {file}?", accounts.len()),
    }
}

fn say(app: &App, removed: &Removed) {
    let name = &removed.provider;
    if removed.client {
        app.term
            .say(&format!("{name}: what was kept of its client is gone"));
    }
    if let Some(file) = &removed.file {
        app.term.say(&format!("removed {}", file.display()));
    }
    if removed.built_in {
        app.term.say(&format!(
            "{name}: the built-in definition is in effect again"
        ));
    }
}
