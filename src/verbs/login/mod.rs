//! `login`: signs in, and says who that was.

mod again;
mod by_url;
mod report;
mod token_input;
mod with_token;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::app::App;
use super::arguments::{duration, host};
use super::{embedded, network, subject_file};
use crate::account::{Account, SubjectFrom};
use crate::audit::Action;
use crate::choose::Target;
use crate::complete;
use crate::config;
use crate::error::{Error, Result};
use crate::login::{
    Browser, BrowserOptions, Flow, Keeping, Plan, Retry, Surroundings, Visitor, Wanted, Wish,
    check_resources, login,
};
use crate::names;
use crate::provider::Provider;
use crate::store::Kind;

pub(super) use again::command_again;
pub(super) use report::say_scopes;

#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
Examples:
  keyfob login huggingface              in the way that finishes first
  keyfob login huggingface --for read --as work
  keyfob login github/ada --scope repo  the same account, one scope more
  keyfob login gitlab --client-id ID    a client that you registered there
  keyfob login huggingface --flow paste   with a browser elsewhere
  keyfob login acme --flow client-credentials --scope api   a machine account
  keyfob login https://id.acme.example  any server that publishes its metadata
  pass show hf | keyfob login huggingface --with-token
  keyfob login huggingface --flow token-exchange --resource acme/model
  keyfob login sandbox --store file --no-input

Without a terminal nothing is asked: a browser that is configured or a device code can finish, and \
where neither can the exit code is 4.")]
pub struct Login {
    /// PROVIDER, PROVIDER/NAME to sign in again as that account, or an issuer's https URL
    #[arg(value_name = "PROVIDER[/NAME]|URL", add = ArgValueCompleter::new(complete::targets))]
    pub target: String,
    /// Name the account; a new name makes a further account of the same person
    #[arg(long = "as", value_name = "NAME", add = ArgValueCompleter::new(complete::names_there))]
    pub name: Option<String>,
    /// Let the new sign-in take the place of another identity, of an account with more scopes, or of one with
    /// tokens from other servers
    #[arg(long)]
    pub replace: bool,
    /// Ask for these scopes instead of the provider's usual ones, and for PROVIDER/NAME besides those
    /// that it has; may be repeated
    #[arg(long, value_name = "SCOPE", add = ArgValueCompleter::new(complete::scopes))]
    pub scope: Vec<String>,
    /// Ask for the least that serves a purpose, such as `read`; may be repeated, and go with `--scope`;
    /// `provider show` lists them
    #[arg(long = "for", value_name = "PRESET", add = ArgValueCompleter::new(complete::presets))]
    pub presets: Vec<String>,
    /// Ask for tokens for this resource, an absolute URI, or with `--flow token-exchange` what the provider
    /// calls it; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Vec<String>,
    /// Ask for tokens for this API, where the provider wants an audience
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// How to sign in; with `device` and `paste` no browser is opened here
    #[arg(long, value_name = "FLOW", default_value = "auto", add = ArgValueCompleter::new(complete::flows))]
    pub flow: Flow,
    /// Open the browser with this command, wherever this is; `%s` stands for the address, which else is
    /// its last argument
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_browser")]
    pub browser: Option<String>,
    /// Open no browser here
    #[arg(long)]
    pub no_browser: bool,
    /// After a login by URL, keep the provider under this name without asking
    #[arg(long, value_name = "NAME", conflicts_with = "no_keep")]
    pub keep_as: Option<String>,
    /// After a login by URL, do not keep the provider
    #[arg(long)]
    pub no_keep: bool,
    /// Ask the provider for somebody else than the browser would sign in
    #[arg(long)]
    pub switch: bool,
    /// Take an existing token from standard input, such as a personal access token; on a terminal it is
    /// asked for
    #[arg(long, conflicts_with_all = ["flow", "scope", "presets", "resource", "audience", "browser", "no_browser", "switch", "client_id", "register", "port", "timeout"])]
    pub with_token: bool,
    /// With `--with-token` and `--as`: do not ask the provider whose token it is
    #[arg(long, requires_all = ["with_token", "name"])]
    pub no_verify: bool,
    /// With `--flow token-exchange`: take the identity token from this file instead of the CI system
    #[arg(long, value_name = "FILE")]
    pub subject_token_file: Option<PathBuf>,
    /// Keep the secrets here [default: KEYFOB_STORE, else where the account's are, else what config.toml
    /// says, else keyring]
    #[arg(long, value_name = "STORE")]
    pub store: Option<Kind>,
    /// Protect a new file store with a passphrase; goes with `--store file`
    #[arg(long)]
    pub passphrase: bool,
    /// Use this client instead of the configured one; its secret is asked for, or comes from
    /// `KEYFOB_<PROVIDER>_CLIENT_SECRET`
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Register keyfob at the provider without asking, where the provider offers that
    #[arg(long)]
    pub register: bool,
    /// Send what is secret to this server too, which is not the provider's by its issuer; may be repeated
    #[arg(long, value_name = "HOST", value_parser = host, add = ArgValueCompleter::new(complete::strangers))]
    pub accept_origin: Vec<String>,
    /// Listen for the redirect on this port [default: one that the system picks, or the provider's]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Wait at most this long for the sign-in [default: 5m, or as long as a shown code is good]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// Whom the sandbox approves where nobody can be asked.
const SANDBOX_PERSON: &str = "ada";

pub(crate) fn run(app: &App, args: &Login) -> Result<()> {
    if args.with_token {
        with_token::check_target(app, &args.target)?;
    }
    if by_url::is_url(&args.target) {
        return by_url::run(app, args);
    }
    if args.keep_as.is_some() || args.no_keep {
        let what = "`--keep-as` and `--no-keep` are for a login by URL";
        return Err(Error::usage(what).hint("leave them out"));
    }
    sign_in(app, args, &args.target)
}

fn sign_in(app: &App, args: &Login, typed: &str) -> Result<()> {
    let target = Target::parse(typed)?;
    check_name(&target, args)?;
    let expected = match target.name {
        Some(_) => Some(app.chooser().account(Some(typed))?),
        None => None,
    };
    let provider = find_provider(app, target.provider)?;
    if args.with_token {
        return with_token::run(app, args, &provider, expected);
    }
    let flow = args.flow.resolve(expected.as_ref());
    let subject_from = subject_from(args, flow, expected.as_ref())?;
    let held = expected.as_ref().map(|account| &*account.resource);
    let held = held.unwrap_or(&provider.resource);
    check_resources(&provider, flow, &args.resource, held)?;
    let means = Means::find(app, args, &provider, expected.as_ref());
    let store = choose_store(app, args, expected.as_ref(), &provider)?;
    let (registry, _sandbox) = embedded::start(app, [target.provider], means.approves())?;
    let done = network::context(app, registry, async |context| {
        let command = command_again(&["keyfob", "login", &args.target], args);
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
    .inspect_err(|error| note_failed(app, &provider.name, error))?;
    report::report(app, &provider, &done, args.store.is_some())
}

pub(super) fn note_failed(app: &App, provider: &str, error: &Error) {
    let whose = error.account.as_deref().unwrap_or(provider);
    app.audit.note(Action::SignIn, whose, Some(error));
}

pub(super) fn find_provider(app: &App, name: &str) -> Result<Provider> {
    let provider = app.registry.get(name);
    provider.map_err(|error| by_url::explain_unknown(app, name, error))
}

pub(super) struct Means {
    surroundings: Surroundings,
    visitor: Visitor,
}

impl Means {
    /// The person goes to the authorization endpoint, or for the sandbox keyfob itself where no browser can be
    /// opened. Who wants to paste wants to go there.
    pub(super) fn find(
        app: &App,
        args: &Login,
        provider: &Provider,
        expected: Option<&Account>,
    ) -> Self {
        let surroundings = Surroundings::detect();
        let asked = BrowserOptions {
            command: args.browser.as_deref(),
            none: args.no_browser,
            no_input: app.manner.no_input,
        };
        let visitor = match Browser::detect(asked, &surroundings) {
            Browser::None(_) if provider.embedded && args.flow != Flow::Paste => {
                let person = expected.and_then(|account| account.username.clone());
                Visitor::AutoApprove(person.unwrap_or_else(|| SANDBOX_PERSON.into()))
            }
            browser => Visitor::Person(browser),
        };
        Self {
            surroundings,
            visitor,
        }
    }

    pub(super) fn approves(&self) -> Option<String> {
        match &self.visitor {
            Visitor::AutoApprove(person) => Some(person.clone()),
            Visitor::Person(_) => None,
        }
    }
}

/// What the command line asks for. `command` asks for the same again.
pub(super) fn wish(args: &Login, command: String, provider: Provider, means: Means) -> Wish {
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
        accepts: args.accept_origin.clone(),
        port: args.port,
        timeout: args.timeout,
        surroundings: means.surroundings,
        visitor: means.visitor,
        retry: Retry {
            command,
            accepts_origins: true,
            by_url: by_url::is_url(&args.target),
            ..Retry::default()
        },
        ..Wish::default()
    }
}

fn check_name(target: &Target<'_>, args: &Login) -> Result<()> {
    let Some(name) = &args.name else {
        return Ok(());
    };
    if !names::is_name(name) {
        return Err(
            Error::usage(format!("`{name}` is no name for an account")).hint(names::GRAMMAR)
        );
    }
    if let Some(other) = target.name {
        let both = format!("`{other}` and `--as {name}` are two names for one account");
        return Err(Error::usage(both).hint(format!(
            "sign in again as `{}`, or add an account with `keyfob login {} --as {name}`",
            args.target, target.provider
        )));
    }
    Ok(())
}

/// Where the identity token of an exchange comes from: the file that was named, else what the account has,
/// else the CI system.
fn subject_from(args: &Login, flow: Flow, expected: Option<&Account>) -> Result<SubjectFrom> {
    if let Some(file) = &args.subject_token_file {
        if flow != Flow::TokenExchange {
            let what = "`--subject-token-file` is for `--flow token-exchange`";
            return Err(Error::usage(what).hint("give both, or neither"));
        }
        return subject_file(file);
    }
    let held = expected.and_then(|account| account.subject_from.clone());
    Ok(held.unwrap_or(SubjectFrom::Ci))
}

/// `--store` or `KEYFOB_STORE`, else where this account or all of the provider's are, else the
/// configured one, else the keyring.
fn choose_store(
    app: &App,
    args: &Login,
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
