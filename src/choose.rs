//! Which account is meant, and why. One table:
//!
//! | given | then |
//! | --- | --- |
//! | `PROVIDER/NAME` | that one, or `unknown_account` with the nearest |
//! | `PROVIDER` | its default, else its only one, else `ambiguous_account` with the list |
//! | nothing | the only account there is, else the only provider's default, else `ambiguous_account` |
//!
//! A known provider without an account is `login_required`; an unknown one is `unknown_provider`.

use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::names::{is_name, is_provider_name};
use crate::nearest::nearest;
use crate::provider::Registry;
use crate::secret::Secret;
use crate::vault::Vault;

/// `PROVIDER` or `PROVIDER/NAME`, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The account's name, where one was given.
    pub name: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Splits at the first `/`; each part must fit its grammar.
    pub fn parse(typed: &'a str) -> Result<Self> {
        Self::read(typed).ok_or_else(|| malformed(typed))
    }

    fn read(typed: &'a str) -> Option<Self> {
        let (provider, name) = match typed.split_once('/') {
            Some((provider, name)) => (provider, Some(name)),
            None => (typed, None),
        };
        let fits = is_provider_name(provider) && name.is_none_or(is_name);
        fits.then_some(Self { provider, name })
    }
}

fn malformed(typed: &str) -> Error {
    let lower = typed.to_lowercase();
    let hint = match Target::read(&lower) {
        Some(_) => format!("names are in lower case: `{lower}`"),
        None if is_host(typed) => {
            format!("an issuer is written as a URL: `keyfob login https://{typed}`")
        }
        None => "an account is written PROVIDER/NAME, such as `huggingface/julien`".into(),
    };
    Error::new(Code::Usage, format!("`{typed}` is no account name")).hint(hint)
}

/// Whether what was typed looks like a server's name, with a path or without.
fn is_host(typed: &str) -> bool {
    let host = typed.split('/').next().unwrap_or_default();
    host.contains('.')
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
}

/// Where a token comes from, and why from there.
#[derive(Debug)]
pub struct Choice {
    /// Where from.
    pub source: Source,
    /// Why.
    pub why: Why,
}

/// Where a token comes from.
#[derive(Debug)]
pub enum Source {
    /// An account of the index.
    Account(Box<Account>),
    /// The environment.
    Variable(Variable),
}

/// A provider's token that the environment holds, such as `HF_TOKEN`.
#[derive(Debug)]
pub struct Variable {
    /// The provider's name.
    pub provider: String,
    /// The variable's name.
    pub name: String,
    /// Its value, which fits the grammar of tokens.
    pub token: Secret,
}

/// Why a source was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was named as `PROVIDER/NAME`.
    Argument,
    /// `KEYFOB_ACCOUNT` names it.
    Environment,
    /// It is its provider's default.
    Default,
    /// There is no other.
    Only,
    /// There is no account, and the provider's variable is set.
    Variable,
}

/// Chooses among the accounts of a vault.
#[derive(Clone, Copy)]
pub struct Chooser<'a> {
    vault: &'a Vault,
    registry: &'a Registry,
}

impl<'a> Chooser<'a> {
    /// As this process's environment has it.
    pub fn new(vault: &'a Vault, registry: &'a Registry) -> Self {
        Self { vault, registry }
    }

    /// Where a token comes from that an argument, or its absence, means.
    pub fn source(&self, typed: Option<&str>) -> Result<Choice> {
        let account = one(self.vault, self.registry, typed)?;
        Ok(Choice {
            source: Source::Account(Box::new(account)),
            why: Why::Argument,
        })
    }

    /// The same for some arguments, each source once; with none, the one that nothing means.
    pub fn sources(&self, typed: &[String]) -> Result<Vec<Choice>> {
        let accounts = several(self.vault, self.registry, typed)?;
        let choices = accounts.into_iter().map(|account| Choice {
            source: Source::Account(Box::new(account)),
            why: Why::Argument,
        });
        Ok(choices.collect())
    }

    /// The account that an argument, or its absence, means; a variable is none.
    pub fn account(&self, typed: Option<&str>) -> Result<Account> {
        one(self.vault, self.registry, typed)
    }

    /// The accounts that some arguments mean, each once; with none, the one that nothing means.
    pub fn accounts(&self, typed: &[String]) -> Result<Vec<Account>> {
        several(self.vault, self.registry, typed)
    }
}

fn one(vault: &Vault, registry: &Registry, typed: Option<&str>) -> Result<Account> {
    match typed.map(Target::parse).transpose()? {
        Some(Target {
            provider,
            name: Some(name),
        }) => named(vault, registry, provider, name),
        Some(Target {
            provider,
            name: None,
        }) => of_provider(vault, registry, provider),
        None => unnamed(vault),
    }
}

fn several(vault: &Vault, registry: &Registry, typed: &[String]) -> Result<Vec<Account>> {
    if typed.is_empty() {
        return Ok(vec![unnamed(vault)?]);
    }
    let mut accounts: Vec<Account> = Vec::new();
    for typed in typed {
        let account = one(vault, registry, Some(typed))?;
        if !accounts.iter().any(|chosen| chosen.id == account.id) {
            accounts.push(account);
        }
    }
    Ok(accounts)
}

fn named(vault: &Vault, registry: &Registry, provider: &str, name: &str) -> Result<Account> {
    if let Some(account) = vault.find(provider, name)? {
        return Ok(account);
    }
    let others = vault.accounts_of(provider).accounts;
    if others.is_empty() {
        known(registry, provider)?;
    }
    let typed = format!("{provider}/{name}");
    let hint = match nearest(name, others.iter().map(|other| other.name.as_str())) {
        Some(other) => format!("did you mean `{provider}/{other}`?"),
        None => format!("sign in with `keyfob login {provider} --as {name}`, or see `keyfob list`"),
    };
    Err(Error::new(
        Code::UnknownAccount,
        format!("no account is called {typed}"),
    )
    .hint(hint)
    .account(typed))
}

fn of_provider(vault: &Vault, registry: &Registry, provider: &str) -> Result<Account> {
    if let Some(name) = vault.default_of(provider)
        && let Some(account) = vault.find(provider, &name)?
    {
        return Ok(account);
    }
    let mut listing = vault.accounts_of(provider);
    match (listing.accounts.len(), listing.broken.pop()) {
        (_, Some(broken)) => Err(broken), // it may be the one that is meant
        (1, None) => Ok(listing.accounts.remove(0)),
        (0, None) => Err(nobody(vault, registry, provider)),
        _ => Err(ambiguous(
            &format!("{provider} has several accounts and no default"),
            &listing.accounts,
        )),
    }
}

fn unnamed(vault: &Vault) -> Result<Account> {
    let mut listing = vault.accounts();
    match (listing.accounts.as_slice(), listing.broken.pop()) {
        (_, Some(broken)) => Err(broken), // it may be the one that is meant
        ([], None) => Err(Error::new(Code::LoginRequired, "nobody is signed in").hint(
            "sign in with `keyfob login PROVIDER`; `keyfob provider list` shows the providers",
        )),
        ([account], None) => Ok(account.clone()),
        ([first, rest @ ..], None) => {
            let only_provider = rest.iter().all(|other| other.provider == first.provider);
            let default = vault.default_of(&first.provider).filter(|_| only_provider);
            let chosen = listing
                .accounts
                .iter()
                .find(|account| Some(&account.name) == default.as_ref());
            chosen
                .cloned()
                .ok_or_else(|| ambiguous("several accounts are signed in", &listing.accounts))
        }
    }
}

/// Nobody is signed in at a provider, or what was typed is none.
fn nobody(vault: &Vault, registry: &Registry, typed: &str) -> Error {
    let Err(unknown) = known(registry, typed) else {
        return Error::new(
            Code::LoginRequired,
            format!("nobody is signed in at {typed}"),
        )
        .hint(format!("sign in with `keyfob login {typed}`"));
    };
    let accounts = vault.accounts().accounts;
    match accounts.iter().find(|account| account.name == typed) {
        Some(account) => unknown.hint(format!("did you mean `{account}`?")),
        None => unknown,
    }
}

/// Whether a definition exists; a broken one does.
fn known(registry: &Registry, provider: &str) -> Result<()> {
    match registry.get(provider) {
        Err(error) if error.code == Code::UnknownProvider => Err(error),
        _ => Ok(()),
    }
}

fn ambiguous(message: &str, accounts: &[Account]) -> Error {
    /// More names than this do not help.
    const SHOWN: usize = 8;
    let mut names: Vec<String> = accounts
        .iter()
        .take(SHOWN)
        .map(|a| format!("`{a}`"))
        .collect();
    if accounts.len() > SHOWN {
        names.push(format!("{} more in `keyfob list`", accounts.len() - SHOWN));
    }
    Error::new(Code::AmbiguousAccount, message).hint(format!("name one of {}", names.join(", ")))
}
