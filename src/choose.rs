//! Which account is meant, and why. One table, in the order of the code:
//!
//! | given | then |
//! | --- | --- |
//! | `PROVIDER/NAME` | that one, or `unknown_account` with the nearest |
//! | `PROVIDER` | what `KEYFOB_ACCOUNT` names there, else its default, else its only one, else `ambiguous_account` with the list; with no account the provider's variable |
//! | nothing | what `KEYFOB_ACCOUNT` names if that is one alone, else the only account there is, else what the only provider has by the row above, else `ambiguous_account`; with no account the only provider's variable |
//!
//! A pattern, where one is taken, means every account that it matches, or is `unknown_account`.
//!
//! A known provider with neither account nor variable is `login_required`; an unknown one is
//! `unknown_provider`. A variable serves whoever wants a token, and nobody who wants an account.

mod environment;
mod exact;
mod missing;
mod pattern;
mod several;
mod surprise;
mod target;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::provider::{Registry, SetVariable};
use crate::secret::Secret;
use crate::vault::Vault;

pub use environment::{ACCOUNT, Environment};
pub use missing::nobody_anywhere;
pub use pattern::{fits, is_pattern};
pub use several::Several;
pub use target::Target;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    environment: Environment<'a>,
}

/// An account, and why that one; `None` where there is none to choose from.
type Found = Option<(Account, Why)>;

impl<'a> Chooser<'a> {
    /// As this process's environment has it.
    pub fn new(vault: &'a Vault, registry: &'a Registry) -> Self {
        Self::within(vault, registry, Environment::PROCESS)
    }

    /// The same in another environment.
    pub fn within(vault: &'a Vault, registry: &'a Registry, environment: Environment<'a>) -> Self {
        Self {
            vault,
            registry,
            environment,
        }
    }

    /// Where a token comes from that an argument, or its absence, means.
    pub fn source(&self, typed: Option<&str>) -> Result<Choice> {
        let target = typed.map(Target::parse).transpose()?;
        if let Some((account, why)) = self.find(target)? {
            return Ok(Choice {
                source: Source::Account(Box::new(account)),
                why,
            });
        }
        let variable = match target {
            Some(target) => self.variable_of(target.provider)?,
            None => self.only_variable()?,
        };
        let variable = variable.ok_or_else(|| self.no_token(target))?;
        Ok(Choice {
            source: Source::Variable(self.read(variable)?),
            why: Why::Variable,
        })
    }

    /// The same for some arguments, each source once; with none, the one that nothing means.
    pub fn sources(&self, typed: &[String]) -> Result<Vec<Choice>> {
        if typed.is_empty() {
            return Ok(vec![self.source(None)?]);
        }
        let mut choices: Vec<Choice> = Vec::new();
        for typed in typed {
            let choice = self.source(Some(typed))?;
            if !choices.iter().any(|one| one.source.is_that(&choice.source)) {
                choices.push(choice);
            }
        }
        Ok(choices)
    }

    /// The account that an argument, or its absence, means; a variable is none.
    pub fn account(&self, typed: Option<&str>) -> Result<Account> {
        let target = typed.map(Target::parse).transpose()?;
        match self.find(target)? {
            Some((account, _)) => Ok(account),
            None => Err(self.not_kept(target)),
        }
    }

    /// The variables that hold a token, one a provider, whether or not there are accounts. With a name,
    /// that provider's alone. What cannot be told for a wrong file is a failure.
    pub fn variables(&self, provider: Option<&str>) -> Vec<Result<SetVariable>> {
        if let Some(provider) = provider {
            return self.variable_of(provider).transpose().into_iter().collect();
        }
        let is_set = |name: &str| self.environment.is_set(name);
        self.registry.token_variables_set(&is_set)
    }

    /// Reads the token in a variable.
    pub fn read(&self, variable: SetVariable) -> Result<Variable> {
        let token = self.environment.token(&variable.name);
        let token = token.ok_or_else(|| missing::unreadable(&variable))?;
        Ok(Variable {
            provider: variable.provider,
            name: variable.name,
            token,
        })
    }

    fn find(&self, target: Option<Target<'_>>) -> Result<Found> {
        match target {
            Some(Target {
                provider,
                name: Some(name),
            }) => Ok(Some((self.named(provider, name)?, Why::Argument))),
            Some(target) => self.of_provider(target.provider),
            None => self.unnamed(),
        }
    }

    fn named(&self, provider: &str, name: &str) -> Result<Account> {
        let found = self.vault.find(provider, name)?;
        found.ok_or_else(|| self.unknown_account(provider, name))
    }

    /// The account that `KEYFOB_ACCOUNT` names.
    fn preferred(&self, provider: &str, name: &str) -> Result<Found> {
        let named = self.named(provider, name).map_err(|error| Error {
            message: format!("{ACCOUNT}: {}", error.message),
            ..error
        });
        Ok(Some((named?, Why::Environment)))
    }

    fn of_provider(&self, provider: &str) -> Result<Found> {
        if let Some(name) = self.environment.accounts()?.get(provider) {
            return self.preferred(provider, name);
        }
        if let Some(name) = self.vault.default_of(provider)
            && let Some(account) = self.vault.find(provider, &name)?
        {
            return Ok(Some((account, Why::Default)));
        }
        let mut listing = self.vault.accounts_of(provider);
        match (listing.accounts.len(), listing.broken.pop()) {
            (_, Some(broken)) => Err(broken), // it may be the one that is meant
            (0, None) => Ok(None),
            (1, None) => Ok(Some((listing.accounts.remove(0), Why::Only))),
            _ => Err(missing::ambiguous(
                &format!("{provider} has several accounts and no default"),
                &listing.accounts,
            )),
        }
    }

    fn unnamed(&self) -> Result<Found> {
        let preferred = self.environment.accounts()?;
        if let (1, Some((provider, name))) = (preferred.len(), preferred.iter().next()) {
            return self.preferred(provider, name);
        }
        let mut listing = self.vault.accounts();
        if let Some(broken) = listing.broken.pop() {
            return Err(broken); // it may be the one that is meant
        }
        let Some((first, rest)) = listing.accounts.split_first() else {
            return Ok(None);
        };
        let ambiguous = || missing::ambiguous("several accounts are signed in", &listing.accounts);
        if rest.iter().any(|other| other.provider != first.provider) {
            return Err(ambiguous());
        }
        if let Some(name) = preferred.get(&first.provider) {
            return self.preferred(&first.provider, name);
        }
        if rest.is_empty() {
            return Ok(Some((first.clone(), Why::Only)));
        }
        let default = self.vault.default_of(&first.provider);
        let mut accounts = listing.accounts.iter();
        let chosen = accounts.find(|account| Some(&account.name) == default.as_ref());
        let chosen = chosen.ok_or_else(ambiguous)?;
        Ok(Some((chosen.clone(), Why::Default)))
    }

    fn variable_of(&self, provider: &str) -> Result<Option<SetVariable>> {
        let is_set = |name: &str| self.environment.is_set(name);
        self.registry.token_variable_set(provider, &is_set)
    }

    /// The variable of the only provider that has one set.
    fn only_variable(&self) -> Result<Option<SetVariable>> {
        let set = self.variables(None).into_iter();
        let mut set = set.collect::<Result<Vec<_>>>()?; // a wrong one may be the one that is meant
        match set.len() {
            0 | 1 => Ok(set.pop()),
            _ => Err(missing::ambiguous_variables(&set)),
        }
    }
}

impl Source {
    /// The provider's name.
    pub fn provider(&self) -> &str {
        match self {
            Self::Account(account) => &account.provider,
            Self::Variable(variable) => &variable.provider,
        }
    }

    /// `PROVIDER/NAME`, or `PROVIDER` where no account holds the token.
    pub fn whose(&self) -> String {
        match self {
            Self::Account(account) => account.to_string(),
            Self::Variable(variable) => variable.provider.clone(),
        }
    }

    /// Whether two are the same account, or the same variable.
    fn is_that(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Account(one), Self::Account(other)) => one.id == other.id,
            (Self::Variable(one), Self::Variable(other)) => one.name == other.name,
            _ => false,
        }
    }
}
