//! What an identity token is wanted for, and the variables in which somebody may have put one: by keyfob's own
//! names, or by those of the provider's definition.

use std::ffi::OsString;

use crate::account::SubjectFrom;
use crate::error::{Code, Error};
use crate::provider::Provider;
use keyfob_base::secret::Secret;

/// The longest identity token, in bytes; those of today's systems have less than three thousand.
pub(crate) const TOKEN_LIMIT: usize = 16 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub provider: &'a Provider,
    pub audience: &'a str,
    pub from: &'a SubjectFrom,
    /// What names another file for it: an option, or a command where none takes effect.
    pub by_file: &'a str,
}

/// There is no identity token to be had, for a reason that trying again does not mend.
pub(crate) fn none(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Code::LoginRequired, message).hint(hint)
}

#[derive(Clone, Copy)]
pub(crate) struct JobVariables(fn(&str) -> Option<OsString>);

impl JobVariables {
    pub(crate) const OWN: Self = Self(|name| std::env::var_os(name));

    #[cfg(test)]
    pub(crate) const fn of(look: fn(&str) -> Option<OsString>) -> Self {
        Self(look)
    }

    /// A variable without surrounding blanks; nothing where it is empty. What is no Unicode stays
    /// recognisable as wrong.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        let value = (self.0)(name)?;
        let value = value.to_string_lossy();
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(crate) fn secret(self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    /// Whether a variable says yes, or says anything but no.
    pub(crate) fn is_set(self, name: &str) -> bool {
        let no = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "0" | "false");
        self.text(name).is_some_and(|value| !no(&value))
    }
}

const ANY: &str = "KEYFOB_ID_TOKEN";

/// The variable for this provider alone, such as `KEYFOB_HUGGINGFACE_ID_TOKEN`.
pub(crate) fn own_variable(provider: &Provider) -> String {
    provider.variable("ID_TOKEN")
}

/// The variable to recommend: one that other programs know, where there is one.
pub(crate) fn best_variable(provider: &Provider) -> String {
    let known = provider.exchange.variables.first().cloned();
    known.unwrap_or_else(|| own_variable(provider))
}

/// The first that is set: the provider's own, those of its definition, any provider's. With its name.
pub(crate) fn token_in(variables: JobVariables, provider: &Provider) -> Option<(String, Secret)> {
    let known = provider.exchange.variables.iter().cloned();
    let mut names = std::iter::once(own_variable(provider))
        .chain(known)
        .chain([ANY.to_owned()]);
    names.find_map(|name| {
        let token = variables.secret(&name)?;
        Some((name, token))
    })
}
