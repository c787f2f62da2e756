//! A restore is a login to the policy of origins: what a backup would send elsewhere than to its provider's servers is
//! shown and accepted, or does not come in.

use std::collections::BTreeMap;

use super::Restore;
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::provider::{Provider, Registry, host_of};
use crate::vault::Saved;
use crate::verbs::app::App;

/// Servers and what leads there.
type Departures = BTreeMap<String, Vec<&'static str>>;

/// The servers that were accepted for a definition that lies over a built-in one. One of its own is judged when
/// somebody signs in there.
pub(super) fn settle_definition(
    app: &App,
    args: &Restore,
    name: &str,
    text: &str,
) -> Result<Vec<String>> {
    if !Registry::is_built_in(name) || app.registry.own_file(name).is_some() {
        return Ok(Vec::new());
    }
    let departures = app.registry.compose_adopted(name, text)?.departures();
    let what = format!("the definition of {name} in the backup is not the built-in one: it");
    accept(app, args, &what, departures)
}

/// The account, with the servers that were accepted here and none that were accepted elsewhere.
pub(super) fn settle_account(app: &App, args: &Restore, saved: &Saved) -> Result<Saved> {
    let account = &saved.account;
    let mut provider = match app.registry.judging(&account.provider) {
        Ok(provider) => provider,
        Err(error) if error.code == Code::UnknownProvider => of_account(account),
        Err(error) => return Err(error),
    };
    let endpoints = &account.endpoints;
    let mut departures = Departures::new();
    for (key, address) in [
        ("token_endpoint", Some(&endpoints.token)),
        ("userinfo_endpoint", endpoints.userinfo.as_ref()),
        ("revocation_endpoint", endpoints.revocation.as_ref()),
    ] {
        let url = address.and_then(|address| address.url().ok());
        if let Some(url) = url.filter(|url| !provider.trusts(url)) {
            departures.entry(host_of(&url)).or_default().push(key);
        }
    }
    let what = format!("{account} in the backup");
    let accepted = accept(app, args, &what, departures)?;
    app.registry.accept(&account.provider, &accepted, &[])?;
    provider.accepted_origins.extend(accepted);
    Ok(Saved {
        account: Account {
            accepted_origins: provider.accepted_origins,
            ..account.clone()
        },
        ..saved.clone()
    })
}

/// The definition of an account that has none: the server that its issuer names.
fn of_account(account: &Account) -> Provider {
    Provider {
        name: account.provider.clone(),
        issuer: Some(account.identity.issuer.clone()).filter(|issuer| issuer.contains("://")),
        token_endpoint: account.endpoints.token.url().ok(),
        ..Provider::default()
    }
}

fn accept(app: &App, args: &Restore, what: &str, departures: Departures) -> Result<Vec<String>> {
    let mut accepted = Vec::new();
    let mut refused: Vec<(String, String)> = Vec::new();
    for (host, keys) in departures {
        let shown = format!("{what} leads to {host} (`{}`)", keys.join("`, `"));
        if args.accept_origin.contains(&host) {
            accepted.push(host);
        } else if app.term.can_ask() {
            let question = format!("{shown}. Trust it with what is secret?");
            if app
                .term
                .confirm(&question, "`--accept-origin HOST` answers it")?
            {
                accepted.push(host);
            } else {
                refused.push((host, shown));
            }
        } else {
            refused.push((host, shown));
        }
    }
    if refused.is_empty() {
        return Ok(accepted);
    }
    let (hosts, shown): (Vec<String>, Vec<String>) = refused.into_iter().unzip();
    let options = format!(" --accept-origin {}", hosts.join(" --accept-origin "));
    let file = args.file.display();
    Err(
        Error::new(Code::OriginRefused, shown.join("; ")).hint(format!(
            "it was not taken over; if you trust that server, `keyfob restore {file}{options}`"
        )),
    )
}
