//! `login`: signs in, in the browser, and says who that was.

use std::collections::BTreeSet;

use super::app::App;
use super::{embedded, network, print_json};
use crate::account::Account;
use crate::answer;
use crate::choose::{self, Target};
use crate::cli;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::escape::escape_short;
use crate::login::{Asked, Browser, Plan, SignedIn, Surroundings, Visitor, login};
use crate::names;
use crate::provider::Provider;
use crate::store::Kind;

/// Whom the sandbox approves where nobody can be asked.
const SANDBOX_PERSON: &str = "ada";

/// The longest username that is shown whole, in characters.
const USERNAME_LIMIT: usize = 80;

/// Signs in and says who, how long, and what differs from what was asked.
pub fn run(app: &App, args: &cli::Login) -> Result<()> {
    let target = Target::parse(&args.target)?;
    check_name(&target, args)?;
    let expected = match target.name {
        Some(_) => Some(choose::one(&app.vault, &app.registry, Some(&args.target))?),
        None => None,
    };
    let provider = app.registry.get(target.provider)?;
    let visitor = visitor(app, args, &provider, expected.as_ref());
    let approve = match &visitor {
        Visitor::Myself(person) => Some(person.clone()),
        Visitor::Person(_) => None,
    };
    let store = store(app, args, expected.as_ref(), &provider)?;
    let (registry, _sandbox) = embedded::start(app, [target.provider], approve)?;
    let done = network::online(app, registry, async |online| {
        let plan = Plan {
            provider: online.registry.get(target.provider)?,
            expected,
            name: args.name.clone(),
            replace: args.replace,
            scopes: scopes(&args.scope),
            resource: args.resource.clone(),
            audience: args.audience.clone(),
            flow: args.flow,
            switch: args.switch,
            store,
            client_id: args.client_id.clone(),
            register: args.register,
            port: args.port,
            timeout: args.timeout,
            visitor,
        };
        login(&online, plan).await
    })?;
    report(app, &provider, &done)
}

/// `--as` fits the grammar, and names what the target does not name already.
fn check_name(target: &Target<'_>, args: &cli::Login) -> Result<()> {
    let Some(name) = &args.name else {
        return Ok(());
    };
    if !names::is_name(name) {
        return Err(Error::new(Code::Usage, format!("`{name}` is no name for an account"))
            .hint("use lower-case letters, digits, `.`, `_` and `-`, 64 at most, beginning with a letter or digit"));
    }
    if let Some(other) = target.name {
        let both = format!("`{other}` and `--as {name}` are two names for one account");
        return Err(Error::new(Code::Usage, both).hint(format!(
            "sign in again as `{}`, or add an account with `keyfob login {} --as {name}`",
            args.target, target.provider
        )));
    }
    Ok(())
}

/// Who goes to the authorization endpoint: the person, or for the sandbox keyfob itself where no
/// browser can be opened.
fn visitor(
    app: &App,
    args: &cli::Login,
    provider: &Provider,
    expected: Option<&Account>,
) -> Visitor {
    let asked = Asked {
        command: args.browser.as_deref(),
        none: args.no_browser,
        no_input: app.manner.no_input,
    };
    match Browser::detect(asked, &Surroundings::detect()) {
        Browser::None(_) if provider.embedded => {
            let person = expected.and_then(|account| account.username.clone());
            Visitor::Myself(person.unwrap_or_else(|| SANDBOX_PERSON.into()))
        }
        browser => Visitor::Person(browser),
    }
}

/// `--store` or `KEYFOB_STORE`, else where this account or all of the provider's are, else the
/// configured one, else the keyring.
fn store(
    app: &App,
    args: &cli::Login,
    expected: Option<&Account>,
    provider: &Provider,
) -> Result<Kind> {
    let asked = match args.store {
        Some(store) => Some(store),
        None => config::store_variable()?,
    };
    let accounts = app.vault.accounts_of(&provider.name).accounts;
    let named = accounts
        .iter()
        .find(|account| Some(&account.name) == args.name.as_ref());
    let shared = accounts
        .first()
        .filter(|first| accounts.iter().all(|account| account.store == first.store));
    Ok(asked
        .or(expected.or(named).map(|account| account.store))
        .or(app.config.store)
        .or(shared.map(|account| account.store))
        .unwrap_or(Kind::Keyring))
}

/// `--scope` may be repeated, and each may hold several.
fn scopes(given: &[String]) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in given.iter().flat_map(|given| given.split_whitespace()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.into());
        }
    }
    scopes
}

fn joined(scopes: &BTreeSet<String>) -> String {
    scopes
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn report(app: &App, provider: &Provider, done: &SignedIn) -> Result<()> {
    let account = &done.account;
    let default = app.vault.default_of(&account.provider).as_ref() == Some(&account.name);
    for warning in &done.warnings {
        app.term.warn(warning);
    }
    if !done.withheld.is_empty() {
        app.term.warn(&format!(
            "asked for and not granted: {}",
            joined(&done.withheld)
        ));
    }
    if !done.added.is_empty() {
        app.term.say(&format!(
            "granted without being asked for: {}",
            joined(&done.added)
        ));
    }
    if app.manner.json {
        return print_json(&answer::login::Login::new(account, done.created, default));
    }
    app.term.say(&format!(
        "the tokens are {}",
        app.vault.protection(account.store)
    ));
    let who = account.username.as_deref().unwrap_or(&account.name);
    let who = escape_short(who, USERNAME_LIMIT);
    let again = if done.created {
        "signed in"
    } else {
        "signed in again"
    };
    let mut line = format!("{again} to {} as {who}: {account}", provider.title);
    if let Some(taken) = &done.taken {
        let why = match app.vault.find(&account.provider, taken) {
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
