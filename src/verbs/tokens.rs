//! Valid tokens for the verbs that hand them out: from accounts, from the environment, or exchanged for
//! this once. Where every stored one is good, no runtime starts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::app::App;
use super::{concurrent, embedded, network, report, scopes, subject_file};
use crate::account::{Account, SubjectFrom};
use crate::audit::Action;
use crate::choose::{Choice, Source, Target, Variable, Why};
use crate::complete;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::login::{Flow, Retry, Wanted, Wish, check_resources, exchange};
use crate::session::{Look, Need, look};
use crate::token_set::TokenSet;
use crate::vault::Secrets;
use crate::words::{UnfitName, VariableName, VariableValue};
use keyfob_base::escape::escape_short;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// A token that is got for one use and stored nowhere.
#[derive(Debug, Clone, Default, Args)]
pub struct OneTimeToken {
    /// Exchange the CI system's identity token for a token at PROVIDER, and store nothing (RFC 8693)
    #[arg(long)]
    pub exchange: bool,
    /// Take the identity token from this file instead of the CI system
    #[arg(long, value_name = "FILE", requires = "exchange")]
    pub subject_token_file: Option<PathBuf>,
    /// Ask for these scopes; may be repeated
    #[arg(long, value_name = "SCOPE", requires = "without_account", add = ArgValueCompleter::new(complete::scopes))]
    pub scope: Vec<String>,
    /// Ask for a token for this resource; may be repeated
    #[arg(long, value_name = "RESOURCE", requires = "without_account")]
    pub resource: Vec<String>,
    /// Ask for a token for this API, where the provider wants an audience
    #[arg(long, value_name = "AUDIENCE", requires = "without_account")]
    pub audience: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Supply {
    pub provider: String,
    /// The account; `None` for a token that none holds.
    pub account: Option<Account>,
    /// The variable of the environment that it comes from, where it does.
    pub variable: Option<String>,
    pub tokens: TokenSet,
}

/// The variable that a token is put into; `flag` names another one.
pub(crate) fn variable(flag: &str, name: &str) -> Result<VariableName> {
    VariableName::new(name).map_err(|unfit| refuse_name(flag, name, unfit))
}

pub(crate) fn refuse_name(flag: &str, name: &str, unfit: UnfitName) -> Error {
    match unfit {
        UnfitName::Reserved(reason) => {
            Error::usage(format!("`{name}` is not for tokens: it {reason}"))
                .hint(format!("choose a variable of your own with `{flag} VAR`"))
        }
        UnfitName::Grammar => {
            Error::usage(format!("`{}` cannot be a variable", escape_short(name, 80)))
                .hint("letters, digits and `_` make a name, 255 at most, and no digit begins it")
        }
    }
}

/// A token as it is handed out. What no account gets from a server, a file may hold.
pub(crate) fn value(token: &Secret, whose: &str) -> Result<VariableValue> {
    VariableValue::new(token).ok_or_else(|| {
        Error::new(
            Code::InvalidResponse,
            format!(
                "what is kept as the token of {whose} is empty or has characters that no token has"
            ),
        )
        .hint(format!("sign in again with `keyfob login {whose}`"))
        .account(whose)
    })
}

impl Supply {
    /// `PROVIDER/NAME`, or `PROVIDER` where no account holds the token.
    pub(crate) fn whose(&self) -> String {
        match &self.account {
            Some(account) => account.to_string(),
            None => self.provider.clone(),
        }
    }

    fn from_account(account: Account, tokens: TokenSet) -> Self {
        Self {
            provider: account.provider.clone(),
            account: Some(account),
            variable: None,
            tokens,
        }
    }

    fn from_exchange(provider: &str, tokens: TokenSet) -> Self {
        Self {
            provider: provider.to_owned(),
            account: None,
            variable: None,
            tokens,
        }
    }

    fn from_variable(variable: Variable) -> Self {
        Self {
            provider: variable.provider,
            account: None,
            variable: Some(variable.name),
            tokens: TokenSet::of_stranger(variable.token, Timestamp::now()),
        }
    }
}

/// Tokens that live as long as demanded, in the order of the arguments. All of them or none: where one
/// fails, the worst failure is the answer and the others are said. `place` is told whose they are, and says
/// where they go; what it refuses is neither read nor asked for, and no matter of the log.
pub(crate) fn supply<T>(
    app: &App,
    typed: &[String],
    least: Option<Duration>,
    without_account: &OneTimeToken,
    place: impl FnOnce(&[Owner]) -> Result<T>,
) -> Result<(Vec<Supply>, T)> {
    let mut failures = Vec::new();
    let mut placed = None;
    let found = match Sources::find(app, typed, without_account) {
        Ok(sources) => {
            placed = Some(place(&sources.owners())?);
            match sources {
                Sources::Chosen(choices) => take_stored(app, choices, need(least), &mut failures),
                Sources::Asked(names) => exchange_all(app, names, least, without_account),
            }
        }
        Err(error) => Err(error),
    };
    let supplies = found.unwrap_or_else(|error| {
        failures.push(error);
        Vec::new()
    });
    for failure in &failures {
        let whose = name_failed(app, typed, failure);
        app.audit.note(Action::HandOut, &whose, Some(failure));
    }
    report(app, &failures)?;
    for supply in &supplies {
        warn_of_unknown_end(app, supply, least.is_some());
        app.audit.note(Action::HandOut, &supply.whose(), None);
    }
    let placed = placed.expect("without sources there is a failure");
    Ok((supplies, placed))
}

/// Whose token was asked for and not given. What was typed counts only where it names a provider: it may
/// be anything, a secret too.
fn name_failed(app: &App, typed: &[String], failure: &Error) -> String {
    if let Some(account) = &failure.account {
        return account.clone();
    }
    let provider = match typed {
        [typed] => Target::parse(typed).ok().map(|target| target.provider),
        _ => None,
    };
    let known = provider.filter(|provider| app.registry.is_known(provider).is_ok());
    known.unwrap_or_default().to_owned()
}

fn need(least: Option<Duration>) -> Need {
    least.map_or(Need::Margin, |least| Need::MinTtl(least.as_secs()))
}

/// What the sources have. Those that must be renewed are, all at once; what failed goes to the failures.
fn take_stored(
    app: &App,
    choices: Vec<Choice>,
    need: Need,
    failures: &mut Vec<Error>,
) -> Result<Vec<Supply>> {
    let now = Timestamp::now();
    let mut supplies = Vec::new();
    let mut ended = Vec::new();
    let mut whys = Vec::new();
    for choice in choices {
        whys.push(choice.why);
        match choice.source {
            Source::Variable(variable) => supplies.push(Some(Supply::from_variable(variable))),
            Source::Account(mut account) => match look(&app.vault, &mut account, need, now) {
                Ok(Look::Fresh(secrets)) => {
                    supplies.push(Some(Supply::from_account(*account, secrets.tokens)));
                }
                Ok(Look::Renew(_)) => {
                    ended.push(*account);
                    supplies.push(None);
                }
                Err(error) => failures.push(error),
            },
        }
    }
    if failures.is_empty() && !ended.is_empty() {
        let mut renewed = renew(app, ended, need, failures)?.into_iter();
        for supply in supplies.iter_mut().filter(|supply| supply.is_none()) {
            *supply = renewed.next().flatten();
        }
    }
    let supplies: Vec<Supply> = supplies.into_iter().flatten().collect();
    if failures.is_empty() {
        for (supply, why) in supplies.iter().zip(whys) {
            say_surprise(app, supply, &why);
        }
    }
    Ok(supplies)
}

/// Why it is this account, where somebody may have expected another token.
fn say_surprise(app: &App, supply: &Supply, why: &Why) {
    let Some(account) = &supply.account else {
        return;
    };
    let token = &supply.tokens.access_token;
    if let Some(line) = app.chooser().surprise(account, why, Some(token)) {
        app.term.say(&line);
    }
}

/// New tokens for accounts, in their order; what failed goes to the failures.
fn renew(
    app: &App,
    accounts: Vec<Account>,
    need: Need,
    failures: &mut Vec<Error>,
) -> Result<Vec<Option<Supply>>> {
    let fresh =
        move |context: Arc<Context>, account| async move { context.fresh(account, need).await };
    let results = concurrent::run(app, accounts, "refreshing", fresh)?;
    let mut supply = |(account, result): (Account, Result<(Account, Secrets)>)| match result {
        Ok((account, secrets)) => Some(Supply::from_account(account, secrets.tokens)),
        Err(error) => {
            failures.push(error.account(&account));
            None
        }
    };
    Ok(results.into_iter().map(&mut supply).collect())
}

/// A demand for life that nobody can promise.
fn warn_of_unknown_end(app: &App, supply: &Supply, demanded: bool) {
    if !demanded || supply.tokens.expires_at.is_some() {
        return;
    }
    let whose = supply.whose();
    app.term.warn(&match (&supply.variable, &supply.account) {
        (Some(variable), _) => format!(
            "nobody says when the token in {variable} ends, so `--min-ttl` promises nothing"
        ),
        (None, None) => format!("{whose} gives no expiry, so `--min-ttl` promises nothing"),
        (None, Some(_)) => format!(
            "the provider of {whose} gives no expiry, so `--min-ttl` promises nothing; `keyfob whoami {whose}` tries the token"
        ),
    });
}

/// Whose a token is, which is known before it is read.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub whose: String,
    pub provider: String,
}

pub(crate) enum Sources<'a> {
    Chosen(Vec<Choice>),
    /// Providers, which are asked for them.
    Asked(Vec<&'a str>),
}

impl<'a> Sources<'a> {
    pub(crate) fn find(
        app: &App,
        typed: &'a [String],
        without_account: &OneTimeToken,
    ) -> Result<Self> {
        if without_account.exchange {
            parse_providers(typed).map(Self::Asked)
        } else {
            app.chooser().sources(typed).map(Self::Chosen)
        }
    }

    pub(crate) fn owners(&self) -> Vec<Owner> {
        let owner = |whose: String, provider: &str| Owner {
            whose,
            provider: provider.to_owned(),
        };
        match self {
            Self::Chosen(choices) => {
                let sources = choices.iter().map(|choice| &choice.source);
                let owners = sources.map(|source| owner(source.whose(), source.provider()));
                owners.collect()
            }
            Self::Asked(names) => {
                let names = names.iter();
                names.map(|name| owner((*name).to_owned(), name)).collect()
            }
        }
    }
}

/// Tokens exchanged for this once, one a provider. What they are asked for is checked before anything is
/// sent to any.
fn exchange_all(
    app: &App,
    names: Vec<&str>,
    least: Option<Duration>,
    without_account: &OneTimeToken,
) -> Result<Vec<Supply>> {
    for name in &names {
        let provider = app.registry.get(name)?;
        let flow = Flow::TokenExchange;
        check_resources(
            &provider,
            flow,
            &without_account.resource,
            &provider.resource,
        )?;
    }
    let subject_from = match &without_account.subject_token_file {
        Some(file) => subject_file(file)?,
        None => SubjectFrom::Ci,
    };
    let (registry, _sandbox) = embedded::start(app, names.iter().copied(), None)?;
    network::context(app, registry, async |context| {
        let (mut supplies, mut failures) = (Vec::new(), Vec::new());
        for name in names {
            let wish = Wish {
                provider: context.registry.get(name)?,
                subject_from: subject_from.clone(),
                wanted: Wanted {
                    scopes: scopes(&without_account.scope),
                    presets: Vec::new(),
                },
                resource: without_account.resource.clone(),
                audience: without_account.audience.clone(),
                flow: Flow::TokenExchange,
                retry: Retry {
                    command: exchange_again(name, without_account, &subject_from),
                    says_flow: true,
                    ..Retry::default()
                },
                ..Wish::default()
            };
            let tokens = exchange(&context, wish).await;
            let tokens = tokens.and_then(|tokens| check_lifetime(tokens, least));
            app.audit
                .note(Action::Exchange, name, tokens.as_ref().err());
            match tokens {
                Ok(tokens) => supplies.push(Supply::from_exchange(name, tokens)),
                Err(error) => failures.push(error.account(name)),
            }
        }
        report(app, &failures)?;
        Ok(supplies)
    })
}

fn exchange_again(provider: &str, asked: &OneTimeToken, subject_from: &SubjectFrom) -> String {
    let mut words: Vec<String> = ["keyfob", "token", provider].map(str::to_owned).into();
    let mut option = |name: &str, value: &str| words.extend([name.into(), value.to_owned()]);
    for scope in scopes(&asked.scope) {
        option("--scope", &scope);
    }
    for resource in &asked.resource {
        option("--resource", resource);
    }
    if let Some(audience) = &asked.audience {
        option("--audience", audience);
    }
    if let SubjectFrom::File(file) = subject_from {
        option("--subject-token-file", &file.to_string_lossy());
    }
    words.push("--exchange".into());
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
}

/// The providers that were named, each once; nothing is stored, so nothing else can be.
fn parse_providers(typed: &[String]) -> Result<Vec<&str>> {
    let usage = |what: &str, hint: &str| Err(Error::usage(what).hint(hint));
    let mut names = Vec::new();
    for typed in typed {
        let target = Target::parse(typed)?;
        if target.name.is_some() {
            return usage(
                &format!("`--exchange` stores nothing, and so is for no account such as `{typed}`"),
                &format!("name the provider alone, `{}`", target.provider),
            );
        }
        if !names.contains(&target.provider) {
            names.push(target.provider);
        }
    }
    if names.is_empty() {
        return usage(
            "`--exchange` stores nothing, and so has to be told at which provider",
            "name the provider, such as `huggingface`",
        );
    }
    Ok(names)
}

fn check_lifetime(tokens: TokenSet, least: Option<Duration>) -> Result<TokenSet> {
    match (least, tokens.lifetime()) {
        (Some(least), Some(lifetime)) if lifetime < least.as_secs() => Err(Error::new(
            Code::TokenExchangeFailed,
            format!(
                "its tokens are issued for {lifetime} s, so none lives for {} s",
                least.as_secs()
            ),
        )
        .hint(format!("ask for `--min-ttl {lifetime}s` or less"))),
        _ => Ok(tokens),
    }
}
