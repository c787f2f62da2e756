//! What a login is asked for, and what it says of itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::browser::Browser;
use super::consent::Visitor;
use super::environment::Surroundings;
use super::ephemeral::MemoryVault;
use super::flow::Flow;
use super::metadata;
use crate::account::{Account, SubjectFrom};
use crate::error::{Error, Result};
use crate::names::nearest;
use crate::oauth::Client;
use crate::oauth::token::TokenEndpoint;
use crate::provider::{Provider, ResourceForm};
use crate::store::Kind;
use crate::vault::Secrets;
use crate::web::check_resource;

#[derive(Debug)]
pub(crate) struct Plan {
    pub wish: Wish,
    pub keeping: Keeping,
}

/// What is asked for, where, and how. An exchange, of which nothing is kept, is asked for by this alone.
/// By default nobody is asked.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    pub provider: Provider,
    pub wanted: Wanted,
    /// The scopes to ask for, settled once the provider's definition is complete.
    pub scopes: Vec<String>,
    /// `--resource`; where empty that of the expected account, else the provider's own (RFC 8707).
    pub resource: Vec<String>,
    /// `--audience`; where absent that of the expected account, else the provider's own.
    pub audience: Option<String>,
    pub flow: Flow,
    pub switch: bool,
    pub client_id: Option<String>,
    pub register: bool,
    /// `--accept-origin`, as [`crate::provider::host_of`] has them.
    pub accepts: Vec<String>,
    /// `--subject-token-file`, else the CI system; for an exchange alone.
    pub subject_from: SubjectFrom,
    pub port: Option<u16>,
    pub timeout: Option<Duration>,
    pub surroundings: Surroundings,
    pub visitor: Visitor,
    pub retry: Retry,
}

#[derive(Debug)]
pub(crate) struct Keeping {
    pub store: Kind,
    /// The account that must sign in, from `PROVIDER/NAME`.
    pub expected: Option<Account>,
    pub name: Option<String>,
    pub replace: bool,
    /// The tokens may come from other servers than those of the accounts here, by the person's word.
    pub may_move: bool,
    /// Has what an ephemeral login got. Nothing is written anywhere: no account, no registration, no client id.
    pub memory: Option<Arc<MemoryVault>>,
}

/// As a new account in this store.
impl From<Kind> for Keeping {
    fn from(store: Kind) -> Self {
        Self {
            store,
            expected: None,
            name: None,
            replace: false,
            may_move: false,
            memory: None,
        }
    }
}

/// The words of the command, for hints.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    /// The command that asks for the same again, its flow apart.
    pub command: String,
    /// The flow is in the command's words as well, as `--exchange` is.
    pub says_flow: bool,
    /// What ends such a command after all options: that of `exec`, else nothing.
    pub child: &'static str,
    /// The command takes `--accept-origin`.
    pub accepts_origins: bool,
    /// The provider is known by its address alone, and by no name yet.
    pub by_url: bool,
}

#[derive(Debug)]
pub(crate) struct SignedIn {
    /// The account as it now stands in the index; of an ephemeral login, as it would stand there.
    pub account: Account,
    pub secrets: Secrets,
    pub created: bool,
    /// The name it would have had, were that not another identity's.
    pub taken: Option<String>,
    pub withheld: BTreeSet<String>,
    pub added: BTreeSet<String>,
    /// What failed once the account was stored, each with what to do about it.
    pub warnings: Vec<String>,
}

impl SignedIn {
    pub(super) fn new(account: Account, secrets: Secrets, created: bool) -> Self {
        Self {
            account,
            secrets,
            created,
            taken: None,
            withheld: BTreeSet::new(),
            added: BTreeSet::new(),
            warnings: Vec::new(),
        }
    }
}

impl Keeping {
    /// Whether only the provider can name the account. One that is not kept needs no name.
    pub(super) fn needs_name(&self) -> bool {
        self.name.is_none() && self.expected.is_none() && self.memory.is_none()
    }
}

impl Wish {
    /// Fills in what the definition says and the command line did not.
    pub(super) fn settle(&mut self, expected: Option<&Account>) -> Result<()> {
        self.scopes = settle_scopes(self, expected)?;
        let provider = &self.provider;
        if self.resource.is_empty() {
            let held = expected.map(|account| &account.resource);
            let held = held.filter(|held| !held.is_empty());
            self.resource.clone_from(held.unwrap_or(&provider.resource));
        }
        if self.audience.is_none() {
            let held = expected.and_then(|account| account.audience.clone());
            self.audience = held.or_else(|| provider.audience.clone());
        }
        Ok(())
    }

    pub(super) fn command(&self) -> String {
        self.command_with("")
    }

    /// The same with further options, which begin with a blank.
    pub(super) fn command_with(&self, options: &str) -> String {
        match self.flow {
            Flow::Auto => self.command_without_flow(options),
            _ if self.retry.says_flow => self.command_without_flow(options),
            flow => self.command_without_flow(&format!(" --flow {flow}{options}")),
        }
    }

    pub(super) fn command_without_flow(&self, options: &str) -> String {
        let Retry { command, child, .. } = &self.retry;
        format!("{command}{options}{child}")
    }

    /// The end of a hint where the definition could be at fault; empty where there is none to look at.
    pub(super) fn definition_hint(&self) -> String {
        if self.retry.by_url {
            return String::new();
        }
        format!(
            "; `keyfob provider show {}` prints the definition",
            self.provider.name
        )
    }

    /// Whether a browser is opened: only for a redirect that comes back here.
    pub(super) fn launches(&self) -> bool {
        let opens = match &self.visitor {
            Visitor::AutoApprove(_) => true,
            Visitor::Person(browser) => !matches!(browser, Browser::None(_)),
        };
        opens
            && matches!(self.flow, Flow::Auto | Flow::Browser)
            && !self.provider.redirect.no_loopback
    }

    pub(super) fn token_endpoint<'a>(&'a self, client: &'a Client) -> Result<TokenEndpoint<'a>> {
        let provider = &self.provider;
        let url = provider.token_endpoint.as_ref();
        Ok(TokenEndpoint {
            url: url.ok_or_else(metadata::incomplete)?,
            client,
            rule: &provider.token,
            scopes: &self.scopes,
            scope_separator: &provider.scope_separator,
            resource: &self.resource,
        })
    }
}

/// Scopes that mean nothing where no person signs in (OpenID Connect Core §3, §5.4, §11).
const ABOUT_A_PERSON: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];

#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub scopes: Vec<String>,
    pub presets: Vec<String>,
}

/// The scopes to ask for, each once: what was named, else the provider's usual ones, which are a person's
/// and go with no exchange; and in either case what the account has already, for fewer would take something
/// away (step-up).
pub(super) fn settle_scopes(wish: &Wish, expected: Option<&Account>) -> Result<Vec<String>> {
    let Wanted { scopes, presets } = &wish.wanted;
    let mut chosen: Vec<&String> = Vec::new();
    for name in presets {
        chosen.extend(preset(&wish.provider, name)?);
    }
    chosen.extend(scopes);
    if chosen.is_empty() {
        let usual = wish.provider.scopes.iter();
        chosen.extend(usual.filter(|scope| match wish.flow {
            Flow::TokenExchange => false,
            Flow::ClientCredentials => !ABOUT_A_PERSON.contains(&scope.as_str()),
            _ => true,
        }));
    }
    chosen.extend(expected.iter().flat_map(|account| &account.scopes));
    let mut once: Vec<String> = Vec::new();
    for scope in chosen {
        if !once.contains(scope) {
            once.push(scope.clone());
        }
    }
    Ok(once)
}

fn preset<'a>(provider: &'a Provider, name: &str) -> Result<&'a Vec<String>> {
    provider.presets.get(name).ok_or_else(|| {
        let known: Vec<&str> = provider.presets.keys().map(String::as_str).collect();
        let hint = match (nearest(name, known.iter().copied()), known.as_slice()) {
            (_, []) => format!("{} has none; name scopes with `--scope`", provider.title),
            (Some(near), _) => format!("did you mean `--for {near}`?"),
            (None, known) => format!("{} has {}", provider.title, known.join(", ")),
        };
        let what = format!("no preset of {} is called `{name}`", provider.title);
        Error::usage(what).hint(hint)
    })
}

/// The longest name, in bytes.
const NAME_LIMIT: usize = 2048;

/// Before anything is sent. `held` stands in where none was named: the expected account's.
pub(crate) fn check_resources(
    provider: &Provider,
    flow: Flow,
    named: &[String],
    held: &[String],
) -> Result<()> {
    if flow == Flow::TokenExchange && provider.exchange.resource == ResourceForm::Name {
        return check_names(provider, named, held);
    }
    for resource in named {
        check_resource(resource).map_err(|what| {
            Error::usage(format!("`--resource` {what}"))
                .hint("name the API as its documentation does, such as `https://api.example.com/`")
        })?;
    }
    Ok(())
}

/// A server that has words of its own for them demands one.
fn check_names(provider: &Provider, named: &[String], held: &[String]) -> Result<()> {
    let wanted = if named.is_empty() { held } else { named };
    let wrong = match wanted {
        [one] if one.len() > NAME_LIMIT => "must not be longer than 2048 bytes".to_owned(),
        [one] if !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Ok(());
        }
        [_] => "must be one word of printable ASCII".to_owned(),
        [] => format!(
            "is missing: {} exchanges for one thing at a time",
            provider.title
        ),
        _ => format!(
            "names several: {} exchanges for one thing at a time",
            provider.title
        ),
    };
    Err(Error::usage(format!("`--resource` {wrong}")).hint(format!(
        "name it as {} does, such as `--resource NAMESPACE/NAME`",
        provider.title
    )))
}

#[cfg(test)]
mod scope_tests {
    use super::*;
    use crate::account::Account;
    use crate::account::fixture::account;
    use crate::error::Code;
    use crate::login::fixture;

    fn strings(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(ToString::to_string).collect()
    }

    /// A provider with usual scopes `openid` and `read`, and two presets.
    fn wish(scopes: &[&str], presets: &[&str]) -> Wish {
        let preset = |name: &str, scopes| (name.to_owned(), strings(scopes));
        let provider = Provider {
            title: "Acme".into(),
            scopes: strings(&["openid", "read"]),
            presets: [preset("publish", &["read", "write"]), preset("none", &[])].into(),
            ..Provider::default()
        };
        Wish {
            wanted: Wanted {
                scopes: strings(scopes),
                presets: strings(presets),
            },
            ..fixture::wish(provider)
        }
    }

    #[test]
    fn what_is_named_takes_the_place_of_the_usual_and_each_comes_once() {
        for (scopes, presets, asked) in [
            (&[][..], &[][..], &["openid", "read"][..]),
            (&["x"], &[], &["x"]),
            (&["x", "x", "read"], &["publish"], &["read", "write", "x"]),
            (&[], &["publish"], &["read", "write"]),
            (&[], &["none"], &["openid", "read"]),
        ] {
            assert_eq!(settle_scopes(&wish(scopes, presets), None).unwrap(), asked);
        }
    }

    #[test]
    fn an_account_that_signs_in_again_asks_for_what_it_holds_too() {
        let held = Account {
            scopes: strings(&["read", "admin"]),
            ..account()
        };
        for (scopes, presets, asked) in [
            (&["x"][..], &[][..], &["x", "read", "admin"][..]),
            (&[], &[], &["openid", "read", "admin"]),
            (&[], &["publish"], &["read", "write", "admin"]),
        ] {
            assert_eq!(
                settle_scopes(&wish(scopes, presets), Some(&held)).unwrap(),
                asked
            );
        }
    }

    #[test]
    fn a_preset_that_is_not_there_is_said_with_those_that_are() {
        let hint = |wish: Wish, name: &str| {
            let error = settle_scopes(&wish, None).unwrap_err();
            assert_eq!(error.code, Code::Usage);
            assert!(error.message.contains(&format!("`{name}`")), "{error}");
            error.hint.unwrap()
        };
        let near = hint(wish(&[], &["publsh"]), "publsh");
        assert!(near.contains("`--for publish`"), "{near}");
        let far = hint(wish(&[], &["administration"]), "administration");
        assert!(far.contains("none, publish"), "{far}");
        let mut bare = wish(&[], &["publish"]);
        bare.provider.presets.clear();
        let none = hint(bare, "publish");
        assert!(none.contains("`--scope`"), "{none}");
    }
}

#[cfg(test)]
mod resource_tests {
    use super::*;
    use crate::error::Code;

    fn provider(form: ResourceForm) -> Provider {
        let mut provider = Provider {
            title: "Acme".into(),
            ..Provider::default()
        };
        provider.exchange.resource = form;
        provider
    }

    fn checked(form: ResourceForm, flow: Flow, named: &[&str], held: &[&str]) -> Result<()> {
        let own =
            |words: &[&str]| -> Vec<String> { words.iter().copied().map(Into::into).collect() };
        check_resources(&provider(form), flow, &own(named), &own(held))
    }

    #[test]
    fn a_server_with_words_of_its_own_demands_exactly_one() {
        let name = |named: &[&str], held: &[&str]| {
            checked(ResourceForm::Name, Flow::TokenExchange, named, held)
        };
        for good in ["acme/model", "datasets/acme/set", "julien"] {
            name(&[good], &[]).unwrap();
        }
        name(&[], &["acme/model"]).unwrap();
        let long = "x".repeat(NAME_LIMIT + 1);
        for (named, why) in [
            (&[][..], "is missing: Acme"),
            (&["a", "b"], "names several"),
            (&[""], "one word"),
            (&["a b"], "one word"),
            (&["a\n"], "one word"),
            (&["ü"], "one word"),
            (&[&*long], "longer"),
        ] {
            let error = name(named, &[]).unwrap_err();
            assert_eq!(error.code, Code::Usage);
            assert!(error.message.contains(why), "{}", error.message);
            assert!(error.hint.unwrap().contains("--resource"));
        }
    }

    #[test]
    fn everywhere_else_they_are_uris_and_none_is_needed() {
        for (form, flow) in [
            (ResourceForm::Uri, Flow::TokenExchange),
            (ResourceForm::Name, Flow::Auto),
            (ResourceForm::Name, Flow::ClientCredentials),
        ] {
            checked(form, flow, &[], &[]).unwrap();
            checked(form, flow, &["https://a.example", "urn:b"], &[]).unwrap();
            let error = checked(form, flow, &["acme/model"], &[]).unwrap_err();
            assert!(error.message.contains("absolute URI"), "{}", error.message);
        }
    }
}
