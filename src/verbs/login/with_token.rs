//! `login --with-token`: an existing token from standard input, judged before it is sent anywhere.
//! No message shows anything of what was read: whatever it is, it may be a secret.

use std::io::{self, IsTerminal};

use super::{Login, by_url, choose_store, command_again, report, token_input};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::login::{Given, Keeping, Retry, keep_given};
use crate::names::{is_name, is_provider_name, nearest};
use crate::provider::{PrefixMatch, Provider, judge};
use crate::verbs::app::App;
use crate::verbs::{embedded, network};
use crate::words::PageAddress;
use keyfob_base::secret::Secret;

/// The longest line that a terminal lets through whole, in bytes; it drops the rest without a word.
const LINE: usize = if cfg!(target_os = "linux") {
    4094
} else if cfg!(unix) {
    1022
} else {
    token_input::LONGEST
};

/// How much longer than a provider's name a slip of it may be; a token can begin as a name does.
const SLIP: usize = 3;

/// Refuses a target that may be the token, with no word of it: one that is neither a URL nor near any
/// provider's name, or that has after its `/` what names no account.
pub(crate) fn check_target(app: &App, target: &str) -> Result<()> {
    let name = target.split('/').next().unwrap_or_default();
    let names = app.registry.names();
    let meant = nearest(name, names.iter().map(String::as_str));
    let likely = by_url::is_url(target)
        || meant.is_some_and(|meant| name.len() <= meant.len() + SLIP)
        || is_provider_name(name) && !app.vault.accounts_of(name).accounts.is_empty();
    let account = target.split_once('/').map(|(_, account)| account);
    let what = if !likely {
        "no provider has the name that was given, and `--with-token` takes no value"
    } else if !by_url::is_url(target) && !account.is_none_or(is_name) {
        "no account has such a name as was given, and `--with-token` takes no value"
    } else {
        return Ok(());
    };
    Err(Error::new(Code::UnknownProvider, what).hint(
        "give the token on standard input: `… | keyfob login PROVIDER --with-token`; `keyfob provider list` shows the names",
    ))
}

pub(crate) fn run(
    app: &App,
    args: &Login,
    provider: &Provider,
    expected: Option<Account>,
) -> Result<()> {
    let store = choose_store(app, args, expected.as_ref(), provider)?;
    let token = take(
        app,
        provider,
        &command_again(&["keyfob", "login", &args.target], args),
    )?;
    check_beginning(app, provider, &token)?;
    let name = provider.name.as_str();
    let (registry, _sandbox) = embedded::start(app, [name], None)?;
    let done = network::context(app, registry, async |context| {
        let given = Given {
            provider: context.registry.get(name)?,
            token,
            verify: !args.no_verify,
            accepts: args.accept_origin.clone(),
            retry: Retry {
                command: command_again(&["keyfob", "login", &args.target], args),
                accepts_origins: true,
                by_url: by_url::is_url(&args.target),
                ..Retry::default()
            },
            keeping: Keeping {
                expected,
                name: args.name.clone(),
                replace: args.replace,
                ..Keeping::from(store)
            },
        };
        Box::pin(keep_given(&context, given)).await
    })
    .inspect_err(|error| super::note_failed(app, &provider.name, error))?;
    report::report(app, provider, &done, args.store.is_some())
}

/// Reads the token, or asks for it where standard input is a terminal. `command` is what it is piped into.
fn take(app: &App, provider: &Provider, command: &str) -> Result<Secret> {
    let pipe = |next: &str| format!("{next}: `… | {command}`");
    let refused = |what: &str, next: &str| Error::usage(what.to_owned()).hint(pipe(next));
    let given = if io::stdin().is_terminal() {
        if let Some(page) = provider.given.page.as_ref().filter(|_| app.term.can_ask()) {
            let page = PageAddress::new(page);
            app.term.say(&format!("tokens are made at {page}"));
        }
        let question = format!("token for {}:", provider.title);
        let typed = app.term.ask_secret(&question, &pipe("pipe it in"))?;
        if typed.expose().len() > LINE {
            let what = format!("a terminal may cut a line that is longer than {LINE} bytes");
            return Err(refused(&what, "pipe the token in"));
        }
        token_input::parse(typed.expose().as_bytes())
    } else {
        let bytes = token_input::read_standard_input().map_err(|error| {
            refused(
                &format!("cannot read standard input: {error}"),
                "pipe the token in",
            )
        })?;
        token_input::parse(&bytes)
    };
    given.map_err(|flaw| {
        let (what, next) = flaw.explain();
        refused(what, next)
    })
}

/// Judges the token by how it begins: what is certainly wrong is sent nowhere.
fn check_beginning(app: &App, provider: &Provider, token: &Secret) -> Result<()> {
    let names = app.registry.names().into_iter();
    // A file that cannot be read says nothing about its provider's tokens.
    let all: Vec<Provider> = names
        .filter_map(|name| app.registry.describe(&name).ok())
        .collect();
    let Provider { name, title, .. } = provider;
    match judge(provider, &all, token) {
        PrefixMatch::Fits => Ok(()),
        PrefixMatch::Unknown => {
            let known = provider.prefixes.access.join("`, `");
            app.term.warn(&format!(
                "tokens of {title} begin with `{known}`, and this one does not"
            ));
            Ok(())
        }
        PrefixMatch::Refresh(of) => {
            let of = &of.title;
            let what =
                format!("this is a refresh token of {of}, which opens nothing; it was not sent");
            Err(Error::usage(what).hint(format!(
                "give an access token; `keyfob login {name}` signs in and gets refresh tokens of its own"
            )))
        }
        PrefixMatch::Foreign(of) => {
            let (of, of_name) = (&of.title, &of.name);
            let what = format!("this is a token of {of}, and not of {title}; it was not sent");
            Err(Error::usage(what).hint(format!(
                "`keyfob login {of_name} --with-token` takes it; where {title} takes such tokens too, add their beginning to `prefixes.access` of `{name}`"
            )))
        }
    }
}
