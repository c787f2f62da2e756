//! What a login says at its end.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::account::{Account, SignIn};
use crate::error::Result;
use crate::login::SignedIn;
use crate::provider::Provider;
use crate::store::Kind;
use crate::verbs::app::App;
use crate::verbs::output::account_id;
use crate::verbs::print_json;
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;

/// The longest username that is shown whole, in characters.
const USERNAME_LIMIT: usize = 80;

fn join(scopes: &BTreeSet<String>) -> String {
    scopes
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Says what was granted otherwise than asked.
pub(crate) fn say_scopes(app: &App, done: &SignedIn) {
    if !done.withheld.is_empty() {
        app.term.warn(&format!(
            "asked for and not granted: {}",
            join(&done.withheld)
        ));
    }
    if !done.added.is_empty() {
        app.term.say(&format!(
            "granted without being asked for: {}",
            join(&done.added)
        ));
    }
}

/// Says who signed in, and what differs from what was asked. Where the tokens are is news for a new
/// account, and where they were `placed` by the command line.
pub(crate) fn report(app: &App, provider: &Provider, done: &SignedIn, placed: bool) -> Result<()> {
    let account = &done.account;
    let default = app.vault.default_of(&account.provider).as_ref() == Some(&account.name);
    for warning in &done.warnings {
        app.term.warn(warning);
    }
    say_scopes(app, done);
    if app.manner.json {
        return print_json(&LoginAnswer::new(account, done.created, default));
    }
    if done.created || placed {
        app.term.say(&format!(
            "the tokens are {}",
            app.vault.protection(account.store)
        ));
    }
    let mut line = format!("{}: {account}", describe_event(provider, done));
    if let Some(taken) = &done.taken {
        let why = match app.vault.find(&account.provider, taken) {
            Ok(Some(holder)) if holder.identity.kind != account.identity.kind => {
                "is another kind of sign-in"
            }
            Ok(_) => "is another person's",
            Err(_) => "cannot be read, see `keyfob list`",
        };
        line = format!("{line} (`{taken}` {why})");
    }
    if default {
        line += ", the default";
    }
    app.term.say(&line);
    Ok(())
}

fn describe_event(provider: &Provider, done: &SignedIn) -> String {
    let (account, title) = (&done.account, &provider.title);
    let who = escape_short(account.who(), USERNAME_LIMIT);
    let unseen = account.identity.subject.is_empty();
    match (account.identity.kind, done.created) {
        (SignIn::Given, _) if unseen => format!("keeps a token for {title}, which was not asked"),
        (SignIn::Given, true) => format!("keeps a token of {who} at {title}"),
        (SignIn::Given, false) => format!("keeps a new token of {who} at {title}"),
        (_, true) => format!("signed in to {title} as {who}"),
        (_, false) => format!("signed in again to {title} as {who}"),
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct LoginAnswer {
    account: String,
    provider: String,
    account_id: Option<String>,
    username: Option<String>,
    scope: String,
    expires_at: Option<Timestamp>,
    store: Kind,
    refreshable: bool,
    created: bool,
    default: bool,
}

impl LoginAnswer {
    pub(crate) fn new(account: &Account, created: bool, default: bool) -> Self {
        Self {
            account: account.to_string(),
            provider: account.provider.clone(),
            account_id: account_id(account),
            username: account.username.clone(),
            scope: account.scopes.join(" "),
            expires_at: account.expires_at,
            store: account.store,
            refreshable: account.refreshable,
            created,
            default,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LoginAnswer;
    use crate::account::fixture::{account, assert_shape};

    #[test]
    fn the_shape_is_the_documented_one() {
        let login = LoginAnswer::new(&account(), true, true);
        assert_shape(&login, include_str!("../shapes/login.json"));
    }
}
