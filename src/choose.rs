//! Which account is meant, and why. One table, in the order of the code:
//!
//! | given | then |
//! | --- | --- |
//! | `PROVIDER/NAME` | that one, or `unknown_account` with the nearest |
//! | `PROVIDER` | what `KEYFOB_ACCOUNT` names there, else what a directory rule does, else its default, else its only one, else `ambiguous_account` with the list; with no account the provider's variable |
//! | nothing | what `KEYFOB_ACCOUNT` names if that is one alone, else, where it names none, what the directory rules do if that is one alone, else the only account there is, else what the only provider has by the row above, else `ambiguous_account`; with no account the only provider's variable |
//!
//! A pattern, where one is taken, means every account that it matches, or is `unknown_account`.
//!
//! A known provider with neither account nor variable is `login_required`; an unknown one is
//! `unknown_provider`. A variable serves whoever wants a token, and nobody who wants an account.

mod choice;
mod environment;
mod exact;
mod missing;
mod pattern;
mod several;
mod surprise;
mod target;
#[cfg(test)]
mod tests;
mod variable;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::provider::Registry;
use crate::rules::{Ruled, Rules};
use crate::vault::Vault;

pub use choice::{Choice, Source, Variable, Why};
pub use environment::{ACCOUNT, Environment};
pub use missing::nobody_anywhere;
pub use pattern::{fits, is_pattern};
pub use several::Several;
pub use target::Target;

/// Chooses among the accounts of a vault.
#[derive(Clone, Copy)]
pub struct Chooser<'a> {
    vault: &'a Vault,
    registry: &'a Registry,
    rules: &'a Rules,
    environment: Environment<'a>,
}

/// An account, and why that one; `None` where there is none to choose from.
type Found = Option<(Account, Why)>;

impl<'a> Chooser<'a> {
    /// As this process's environment has it.
    pub fn new(vault: &'a Vault, registry: &'a Registry, rules: &'a Rules) -> Self {
        Self::within(vault, registry, rules, Environment::PROCESS)
    }

    /// The same in another environment.
    pub fn within(
        vault: &'a Vault,
        registry: &'a Registry,
        rules: &'a Rules,
        environment: Environment<'a>,
    ) -> Self {
        Self {
            vault,
            registry,
            rules,
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

    /// The name of the account that `KEYFOB_ACCOUNT` or a directory rule puts before a provider's default here;
    /// what is wrong with either names nobody, and whoever needs the account is told.
    pub fn preference(&self, provider: &str) -> Option<String> {
        let mut accounts = self.environment.accounts().ok()?;
        accounts.remove(provider).or_else(|| {
            let ruled = self.rules.account(provider).ok().flatten();
            ruled.map(|ruled| ruled.name)
        })
    }

    /// The account that an argument, or its absence, means; a variable is none.
    pub fn account(&self, typed: Option<&str>) -> Result<Account> {
        Ok(self.account_and_why(typed)?.0)
    }

    fn account_and_why(&self, typed: Option<&str>) -> Result<(Account, Why)> {
        let target = typed.map(Target::parse).transpose()?;
        self.find(target)?.ok_or_else(|| self.not_kept(target))
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

    /// The account that a directory rule names.
    fn ruled(&self, provider: &str, ruled: Ruled) -> Result<Found> {
        let Ruled { name, rule } = ruled;
        match self.named(provider, &name) {
            Ok(account) => Ok(Some((account, Why::Directory(rule)))),
            Err(error) => Err(missing::unknown_to_rule(error, provider, &name, &rule)),
        }
    }

    fn of_provider(&self, provider: &str) -> Result<Found> {
        if let Some(name) = self.environment.accounts()?.get(provider) {
            return self.preferred(provider, name);
        }
        if let Some(ruled) = self.rules.account(provider)? {
            return self.ruled(provider, ruled);
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
        if preferred.is_empty() {
            let mut ruled = self.rules.accounts()?;
            if let (1, Some((provider, ruled))) = (ruled.len(), ruled.pop_first()) {
                return self.ruled(&provider, ruled);
            }
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
        if let Some(ruled) = self.rules.account(&first.provider)? {
            return self.ruled(&first.provider, ruled);
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
}
