//! `login`: signs in, and says who that was.

mod again;
mod by_url;
mod report;
mod with_token;

pub(super) use again::again;
pub(super) use report::say_scopes;

use super::app::App;
use super::{embedded, network, subject_file};
use crate::account::{Account, SubjectFrom};
use crate::audit::Action;
use crate::choose::Target;
use crate::cli;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::login::{
    Browser, BrowserOptions, Flow, Keeping, Plan, Retry, Surroundings, Visitor, Wanted, Wish,
    check_resources, login,
};
use crate::names;
use crate::provider::Provider;
use crate::store::Kind;

/// Whom the sandbox approves where nobody can be asked.
const SANDBOX_PERSON: &str = "ada";

/// Signs in, at a known provider or by the URL of one.
pub fn run(app: &App, args: &cli::Login) -> Result<()> {
    if args.with_token {
        with_token::check_target(app, &args.target)?;
    }
    if by_url::is_url(&args.target) {
        return by_url::run(app, args);
    }
    if args.keep_as.is_some() || args.no_keep {
        let what = "`--keep-as` and `--no-keep` are for a login by URL";
        return Err(Error::new(Code::Usage, what).hint("leave them out"));
    }
    sign_in(app, args, &args.target)
}

/// Signs in and says who that was.
fn sign_in(app: &App, args: &cli::Login, typed: &str) -> Result<()> {
    let target = Target::parse(typed)?;
    check_name(&target, args)?;
    let expected = match target.name {
        Some(_) => Some(app.chooser().account(Some(typed))?),
        None => None,
    };
    let provider = known(app, target.provider)?;
    if args.with_token {
        return with_token::run(app, args, &provider, expected);
    }
    let flow = args.flow.of(expected.as_ref());
    let subject_from = subject_from(args, flow, expected.as_ref())?;
    let held = expected.as_ref().map(|account| &*account.resource);
    let held = held.unwrap_or(&provider.resource);
    check_resources(&provider, flow, &args.resource, held)?;
    let means = Means::find(app, args, &provider, expected.as_ref());
    let store = store(app, args, expected.as_ref(), &provider)?;
    let (registry, _sandbox) = embedded::start(app, [target.provider], means.approves())?;
    let done = network::context(app, registry, async |context| {
        let command = again(&["keyfob", "login", &args.target], args);
        let provider = context.registry.get(target.provider)?;
        let plan = Plan {
            wish: Wish {
                flow,
                subject_from,
                ..wish(args, command, provider, means)
            },
            keeping: Keeping {
                expected,
                name: args.name.clone(),
                replace: args.replace,
                ..Keeping::from(store)
            },
        };
        Box::pin(login(&context, plan)).await
    })
    .inspect_err(|error| failed(app, &provider.name, error))?;
    report::report(app, &provider, &done, args.store.is_some())
}

/// Notes a sign-in that failed once it had begun.
pub(super) fn failed(app: &App, provider: &str, error: &Error) {
    let whose = error.account.as_deref().unwrap_or(provider);
    app.audit.note(Action::SignIn, whose, Some(error));
}

/// A provider's definition.
pub(super) fn known(app: &App, name: &str) -> Result<Provider> {
    let provider = app.registry.get(name);
    provider.map_err(|error| by_url::unknown(app, name, error))
}

/// Where a login runs, and who goes to the provider.
pub(super) struct Means {
    surroundings: Surroundings,
    visitor: Visitor,
}

impl Means {
    /// Looks around.
    pub(super) fn find(
        app: &App,
        args: &cli::Login,
        provider: &Provider,
        expected: Option<&Account>,
    ) -> Self {
        let surroundings = Surroundings::detect();
        Self {
            visitor: visitor(app, args, &surroundings, provider, expected),
            surroundings,
        }
    }

    /// Whom the sandbox approves by itself.
    pub(super) fn approves(&self) -> Option<String> {
        match &self.visitor {
            Visitor::AutoApprove(person) => Some(person.clone()),
            Visitor::Person(_) => None,
        }
    }
}

/// What the command line asks for. `command` asks for the same again.
pub(super) fn wish(args: &cli::Login, command: String, provider: Provider, means: Means) -> Wish {
    Wish {
        provider,
        flow: args.flow,
        wanted: Wanted {
            scopes: super::scopes(&args.scope),
            presets: args.presets.clone(),
        },
        resource: args.resource.clone(),
        audience: args.audience.clone(),
        switch: args.switch,
        client_id: args.client_id.clone(),
        register: args.register,
        port: args.port,
        timeout: args.timeout,
        surroundings: means.surroundings,
        visitor: means.visitor,
        retry: Retry {
            command,
            by_url: by_url::is_url(&args.target),
            ..Retry::default()
        },
        ..Wish::default()
    }
}

/// `--as` fits the grammar, and names what the target does not name already.
fn check_name(target: &Target<'_>, args: &cli::Login) -> Result<()> {
    let Some(name) = &args.name else {
        return Ok(());
    };
    if !names::is_name(name) {
        return Err(
            Error::new(Code::Usage, format!("`{name}` is no name for an account"))
                .hint(names::GRAMMAR),
        );
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

/// Where the identity token of an exchange comes from: the file that was named, else what the account has,
/// else the CI system.
fn subject_from(args: &cli::Login, flow: Flow, expected: Option<&Account>) -> Result<SubjectFrom> {
    if let Some(file) = &args.subject_token_file {
        if flow != Flow::TokenExchange {
            let what = "`--subject-token-file` is for `--flow token-exchange`";
            return Err(Error::new(Code::Usage, what).hint("give both, or neither"));
        }
        return subject_file(file);
    }
    let held = expected.and_then(|account| account.subject_from.clone());
    Ok(held.unwrap_or(SubjectFrom::Ci))
}

/// Who goes to the authorization endpoint: the person, or for the sandbox keyfob itself where no
/// browser can be opened. Who wants to paste wants to go there.
fn visitor(
    app: &App,
    args: &cli::Login,
    surroundings: &Surroundings,
    provider: &Provider,
    expected: Option<&Account>,
) -> Visitor {
    let asked = BrowserOptions {
        command: args.browser.as_deref(),
        none: args.no_browser,
        no_input: app.manner.no_input,
    };
    match Browser::detect(asked, surroundings) {
        Browser::None(_) if provider.embedded && args.flow != Flow::Paste => {
            let person = expected.and_then(|account| account.username.clone());
            Visitor::AutoApprove(person.unwrap_or_else(|| SANDBOX_PERSON.into()))
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
