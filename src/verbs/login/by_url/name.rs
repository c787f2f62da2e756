//! The name of a provider that was given by its URL. The accounts of a definition that was not kept wait
//! under theirs, and no other issuer's come among them.

use super::is_url;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::verbs::app::App;

/// The name that was given; else the one that this issuer's accounts have, else a free one.
pub fn choose(app: &App, args: &cli::Login, issuer: &str) -> Result<String> {
    if let Some(name) = &args.keep_as {
        is_free(app, name, issuer)?;
        return Ok(name.clone());
    }
    let accounts = app.vault.accounts().accounts;
    let waiting = accounts.iter().find(|account| {
        account.identity.issuer == issuer && is_free(app, &account.provider, issuer).is_ok()
    });
    let taken = accounts.iter().map(|account| account.provider.clone());
    Ok(waiting.map_or_else(
        || app.registry.suggest(issuer, taken),
        |account| account.provider.clone(),
    ))
}

/// Whether no definition has the name, and no account of another issuer.
pub fn is_free(app: &App, name: &str, issuer: &str) -> Result<()> {
    app.registry.is_free(name)?;
    let accounts = app.vault.accounts_of(name).accounts;
    if accounts
        .iter()
        .all(|account| account.identity.issuer == issuer)
    {
        return Ok(());
    }
    let what = format!("`{name}` is the name of another issuer's accounts");
    Err(Error::new(Code::Usage, what).hint(format!(
        "`keyfob list {name}` shows them; give this one another name"
    )))
}

/// The error for a definition that is not there; where it was not kept its accounts know the URL.
pub fn unknown(app: &App, name: &str, error: Error) -> Error {
    let accounts = app.vault.accounts_of(name).accounts;
    let mut issuers = accounts.iter().map(|account| &account.identity.issuer);
    match issuers.find(|issuer| is_url(issuer)) {
        Some(issuer) if error.code == Code::UnknownProvider => error.hint(format!(
            "it was not kept, and its accounts are of {issuer}: `keyfob login {issuer}` signs in again"
        )),
        _ => error,
    }
}
