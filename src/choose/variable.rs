//! The variables in which the environment holds providers' tokens.

use super::{Chooser, Variable, missing};
use crate::error::Result;
use crate::provider::SetVariable;

impl Chooser<'_> {
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

    pub(super) fn variable_of(&self, provider: &str) -> Result<Option<SetVariable>> {
        let is_set = |name: &str| self.environment.is_set(name);
        self.registry.token_variable_set(provider, &is_set)
    }

    /// The variable of the only provider that has one set.
    pub(super) fn only_variable(&self) -> Result<Option<SetVariable>> {
        let set = self.variables(None).into_iter();
        let mut set = set.collect::<Result<Vec<_>>>()?; // a wrong one may be the one that is meant
        match set.len() {
            0 | 1 => Ok(set.pop()),
            _ => Err(missing::ambiguous_variables(&set)),
        }
    }
}
