//! `provider remove`: takes a provider of the user's own away, or what lies over a built-in one.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::unregister::{Deregistration, Registration};
use crate::account::Account;
use crate::complete;
use crate::error::{Code, Error, Result};
use crate::session::revoke::Extent;
use crate::verbs::app::App;
use crate::verbs::logout::{Forgotten, LogoutAnswer};
use crate::verbs::{logout, print_json, report};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider remove acme
  keyfob provider remove acme --force --yes     logs its accounts out first

Of a built-in provider only your own file and what is kept of your client go. A client that keyfob \
registered is deleted at the server too, where the server lets it.")]
pub struct ProviderRemove {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::changed_providers))]
    pub provider: String,
    /// Log its accounts out first
    #[arg(long)]
    pub force: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

const NAMED: usize = 10;

/// Removes it, unless accounts use it; with `--force` these are logged out first. What fails on the way
/// leaves the definition where it is. A client that keyfob registered is deleted at the server last.
pub(crate) fn run(app: &App, args: &ProviderRemove) -> Result<()> {
    let name = &args.provider;
    app.registry.is_known(name)?;
    let accounts = read_accounts(app, name)?;
    if app.registry.own_file(name).is_none() {
        check_ours(app, name, &accounts)?;
    }
    if !accounts.is_empty() && !args.force {
        return Err(conflict(name, &accounts));
    }
    app.registry.is_removable(name)?; // what goes first, accounts and client, would be lost in vain
    if !args.yes
        && !app
            .term
            .confirm(&write_question(app, name, &accounts), "`--yes` answers it")?
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
        let late = read_accounts(app, name)?;
        if !late.is_empty() {
            return Err(conflict(name, &late));
        }
        client = app.vault.client(name)?.is_some();
        registration = Registration::find(app, name, &title)?;
        app.vault.forget_client(name)
    })?;
    let mut answer = RemoveAnswer {
        provider: name.clone(),
        file: removed.file,
        built_in: removed.built_in,
        client,
        registration: None,
        accounts: logout.accounts,
    };
    report_removal(app, &answer);
    answer.registration = registration.map(|registration| registration.delete(app));
    if app.manner.json {
        print_json(&answer)?;
    }
    report(app, &failures)
}

#[derive(Debug, Serialize)]
struct RemoveAnswer {
    provider: String,
    file: Option<PathBuf>,
    built_in: bool,
    /// Whether something was kept of our client, and is gone too.
    client: bool,
    /// `null` where keyfob has nothing to delete it with.
    registration: Option<Deregistration>,
    accounts: Vec<Forgotten>,
}

/// The provider's accounts; an entry that cannot be read may be one.
fn read_accounts(app: &App, name: &str) -> Result<Vec<Account>> {
    let listing = app.vault.accounts_of(name);
    match listing.broken.into_iter().next() {
        Some(broken) => Err(broken),
        None => Ok(listing.accounts),
    }
}

fn conflict(name: &str, accounts: &[Account]) -> Error {
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

fn check_ours(app: &App, name: &str, accounts: &[Account]) -> Result<()> {
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

fn write_question(app: &App, name: &str, accounts: &[Account]) -> String {
    let mut action = match app.registry.own_file(name) {
        Some(file) => format!("remove {name} ({})", file.display()),
        None => format!("forget the client of {name}"),
    };
    let client = app.vault.client(name).ok().flatten();
    if client.is_some_and(|client| client.configuration_endpoint.is_some()) {
        action.push_str(", and delete its registration there");
    }
    match accounts {
        [] => format!("{action}?"),
        [account] => format!("sign out {account} and {action}?"),
        accounts => format!("sign out {} accounts and {action}?", accounts.len()),
    }
}

fn report_removal(app: &App, removed: &RemoveAnswer) {
    let (name, term) = (&removed.provider, &app.term);
    if removed.client {
        term.say(&format!("{name}: what was kept of its client is gone"));
    }
    if let Some(file) = &removed.file {
        term.say(&format!("removed {}", file.display()));
    }
    if removed.built_in {
        let what = "the built-in definition is in effect again";
        term.say(&format!("{name}: {what}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;

    #[test]
    fn the_shape_of_remove_is_the_documented_one() {
        let removed = RemoveAnswer {
            provider: "github".into(),
            file: Some("/home/ada/.config/keyfob/providers/github.toml".into()),
            built_in: true,
            client: true,
            registration: Some(Deregistration::Deleted),
            accounts: vec![Forgotten {
                account: "github/ada".into(),
                removed: true,
                tokens: Vec::new(),
                secret_left_in: Vec::new(),
                error: None,
            }],
        };
        assert_shape(&removed, include_str!("../shapes/provider-remove.json"));
    }
}
