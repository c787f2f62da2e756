//! Which providers have a token in the environment. Looking is cheap: a definition is parsed only where
//! its text names a variable that is set.

use super::{Loaded, Registry, with_rows};
use crate::error::Result;
use crate::names::{is_provider_name, is_variable, token_variable};
use crate::provider::builtin;
use crate::toml_text::read_text;

/// A variable that is set, and whose token it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetVariable {
    /// The provider's name.
    pub provider: String,
    /// The variable's name.
    pub name: String,
}

impl Registry {
    /// The first variable of a provider that is set; `None` for a name that is no provider's. A wrong
    /// file that names one, or may, is `config_invalid`.
    pub fn token_variable_set(
        &self,
        provider: &str,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Result<Option<SetVariable>> {
        if !is_provider_name(provider) {
            return Ok(None);
        }
        self.variable_of(provider, true, is_set)
    }

    /// The same for every provider, by name; those that have none set are left out.
    pub fn token_variables_set(&self, is_set: &dyn Fn(&str) -> bool) -> Vec<Result<SetVariable>> {
        let own = self.own_names();
        with_rows(own.clone())
            .into_iter()
            .filter_map(|name| {
                let found = self.variable_of(&name, own.contains(&name), is_set);
                found.transpose()
            })
            .collect()
    }

    /// `has_file`: whether the user may have a file of that name.
    fn variable_of(
        &self,
        provider: &str,
        has_file: bool,
        is_set: &dyn Fn(&str) -> bool,
    ) -> Result<Option<SetVariable>> {
        let row = builtin::text(provider);
        let usual = is_set(&token_variable(provider));
        let own = if has_file {
            match read_text(&self.file(provider)) {
                // A file that cannot be read is in the way only of a variable that could be its own.
                Err(_) if !usual && !row.is_some_and(|text| may_name(text, is_set)) => None,
                own => own?,
            }
        } else {
            None
        };
        let texts = [row, own.as_deref()];
        let mut texts = texts.into_iter().flatten().peekable();
        if texts.peek().is_none() || !(usual || texts.any(|text| may_name(text, is_set))) {
            return Ok(None);
        }
        let named = own_variables(&self.load(provider)?).into_iter();
        let set = named.into_iter().find(|name| is_set(name));
        Ok(set.map(|name| SetVariable {
            provider: provider.to_owned(),
            name,
        }))
    }
}

/// The variables that hold a token for this very server. One that is inherited from another row says
/// nothing about the host of this definition, so it is none of them; nor is the usual one where another
/// row has it, as that of a provider called `gh` or `hf`.
fn own_variables(loaded: &Loaded) -> Vec<String> {
    let provider = &loaded.provider;
    let said = |overlay: &super::Overlay| overlay.lines.contains_key("environment.variables");
    let inherited = provider.like.is_some() && !loaded.overlay.as_ref().is_some_and(said);
    let mut own = if inherited {
        vec![token_variable(&provider.name)]
    } else {
        provider.token_variables()
    };
    if inherited || provider.environment.variables.is_empty() {
        own.retain(|usual| !is_of_another_row(&provider.name, usual));
    }
    own
}

fn is_of_another_row(provider: &str, variable: &str) -> bool {
    let mut others = builtin::names().filter(|name| *name != provider);
    others.any(|name| {
        builtin::text(name).is_some_and(|text| may_name(text, &|word| word == variable))
    })
}

/// Whether a definition's text may name a variable that is set. It is never missed: names stand in quotes
/// behind the key, and an escape, which could hide either, counts as one.
fn may_name(text: &str, is_set: &dyn Fn(&str) -> bool) -> bool {
    if text.contains('\\') {
        return true;
    }
    text.find("environment").is_some_and(|key| {
        let mut quoted = text[key..].split(['"', '\'']);
        quoted.any(|word| is_variable(word) && is_set(word))
    })
}

#[cfg(test)]
mod tests;
