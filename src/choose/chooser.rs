//! The choice of an account, in the order of the table in [`super`].

use std::fmt;

use super::choice::{Choice, Source, Variable, Why};
use super::environment::{ACCOUNT, Environment};
use super::missing;
use super::target::Target;
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::names::is_name;
use crate::provider::{Registry, SetVariable};
use crate::rules::{Ruled, Rules};
use crate::vault::Vault;
use keyfob_base::secret::Secret;

#[derive(Clone, Copy)]
pub(crate) struct Chooser<'a> {
    pub(super) vault: &'a Vault,
    pub(super) registry: &'a Registry,
    rules: &'a Rules,
    pub(super) environment: Environment<'a>,
}

/// An account, and why that one; `None` where there is none to choose from.
type FoundAccount = Option<(Account, Why)>;

impl<'a> Chooser<'a> {
    pub(crate) fn new(vault: &'a Vault, registry: &'a Registry, rules: &'a Rules) -> Self {
        Self::within(vault, registry, rules, Environment::PROCESS)
    }

    pub(crate) fn within(
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
    pub(crate) fn source(&self, typed: Option<&str>) -> Result<Choice> {
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
    pub(crate) fn sources(&self, typed: &[String]) -> Result<Vec<Choice>> {
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
    pub(crate) fn preference(&self, provider: &str) -> Option<String> {
        let mut accounts = self.environment.accounts().ok()?;
        accounts.remove(provider).or_else(|| {
            let ruled = self.rules.account(provider).ok().flatten();
            ruled.map(|ruled| ruled.name)
        })
    }

    /// The account that an argument, or its absence, means; a variable is none.
    pub(crate) fn account(&self, typed: Option<&str>) -> Result<Account> {
        Ok(self.account_and_why(typed)?.0)
    }

    pub(super) fn account_and_why(&self, typed: Option<&str>) -> Result<(Account, Why)> {
        let target = typed.map(Target::parse).transpose()?;
        self.find(target)?.ok_or_else(|| self.not_kept(target))
    }

    fn find(&self, target: Option<Target<'_>>) -> Result<FoundAccount> {
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

    fn preferred(&self, provider: &str, name: &str) -> Result<FoundAccount> {
        let named = self.named(provider, name).map_err(|error| Error {
            message: format!("{ACCOUNT}: {}", error.message),
            ..error
        });
        Ok(Some((named?, Why::Environment)))
    }

    fn ruled(&self, provider: &str, ruled: Ruled) -> Result<FoundAccount> {
        let Ruled { name, rule } = ruled;
        match self.named(provider, &name) {
            Ok(account) => Ok(Some((account, Why::Directory(rule)))),
            Err(error) => Err(missing::unknown_to_rule(error, provider, &name, &rule)),
        }
    }

    fn of_provider(&self, provider: &str) -> Result<FoundAccount> {
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

    fn unnamed(&self) -> Result<FoundAccount> {
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

    /// The account that `PROVIDER/NAME` names. `PROVIDER` alone is wrong usage, with its accounts.
    pub(crate) fn exact(&self, typed: &str) -> Result<Account> {
        let target = Target::parse(typed)?;
        if let Some(name) = target.name {
            return self.named(target.provider, name);
        }
        let mut listing = self.vault.accounts_of(target.provider);
        if listing.accounts.is_empty() {
            return Err(listing
                .broken
                .pop()
                .unwrap_or_else(|| self.nobody(Some(target))));
        }
        let names: Vec<_> = listing.accounts.iter().map(ToString::to_string).collect();
        Err(Error::new(
            Code::Usage,
            format!("`{typed}` is a provider, and an account is wanted"),
        )
        .hint(missing::one_of(&names)))
    }

    /// What to say of an account that was chosen, as one line; `None` where nothing surprises. `token` is
    /// what is handed out: a variable that holds it is no surprise, for that is what `exec` and `export`
    /// leave behind.
    pub(crate) fn surprise(
        &self,
        account: &Account,
        why: &Why,
        token: Option<&Secret>,
    ) -> Option<String> {
        let not_default = self.not_default(account, why);
        match why {
            Why::Directory(_) | Why::Default | Why::Only => {
                not_default.or_else(|| self.ignored(account, token))
            }
            Why::Environment | Why::Argument | Why::Variable => not_default,
        }
    }

    pub(super) fn not_default(&self, account: &Account, why: &Why) -> Option<String> {
        let who: &dyn fmt::Display = match why {
            Why::Environment => &ACCOUNT,
            Why::Directory(rule) => rule,
            Why::Argument | Why::Default | Why::Only | Why::Variable => return None,
        };
        let default = self.other_default(account)?;
        Some(format!("{who} names {account}; the default is {default}"))
    }

    /// The provider's variable, which counts where there is no account.
    fn ignored(&self, account: &Account, token: Option<&Secret>) -> Option<String> {
        let variable = self.variable_of(&account.provider).ok()??.name;
        let held = self.environment.token(&variable);
        let same = token.is_some() && held.as_ref() == token;
        (!same).then(|| format!("{variable} is set and ignored, for {account} is signed in"))
    }

    fn other_default(&self, account: &Account) -> Option<Account> {
        let default = self.vault.default_of(&account.provider)?;
        let another = is_name(&default) && default != account.name;
        let found = another.then(|| self.vault.find(&account.provider, &default));
        found?.ok()?
    }

    /// The variables that hold a token, one a provider, whether or not there are accounts. With a name,
    /// that provider's alone. What cannot be told for a wrong file is a failure.
    pub(crate) fn variables(&self, provider: Option<&str>) -> Vec<Result<SetVariable>> {
        if let Some(provider) = provider {
            return self.variable_of(provider).transpose().into_iter().collect();
        }
        let is_set = |name: &str| self.environment.is_set(name);
        self.registry.token_variables_set(&is_set)
    }

    pub(crate) fn read(&self, variable: SetVariable) -> Result<Variable> {
        let token = self.environment.token(&variable.name);
        let token = token.ok_or_else(|| missing::unreadable(&variable))?;
        Ok(Variable {
            provider: variable.provider,
            name: variable.name,
            token,
        })
    }

    fn variable_of(&self, provider: &str) -> Result<Option<SetVariable>> {
        let is_set = |name: &str| self.environment.is_set(name);
        self.registry.token_variable_set(provider, &is_set)
    }

    fn only_variable(&self) -> Result<Option<SetVariable>> {
        let set = self.variables(None).into_iter();
        let mut set = set.collect::<Result<Vec<_>>>()?; // a wrong one may be the one that is meant
        match set.len() {
            0 | 1 => Ok(set.pop()),
            _ => Err(missing::ambiguous_variables(&set)),
        }
    }
}
