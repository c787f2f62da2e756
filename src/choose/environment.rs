//! What the environment says of accounts and tokens. A value is never shown: whatever stands in the wrong
//! variable may be a token.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::config::says_yes;
use crate::error::{Code, Error, Result};
use crate::names::one_a_provider;
use crate::token_set::is_token;
use keyfob_base::secret::Secret;

/// The variable that names the accounts to use: `PROVIDER/NAME`, one a provider, between commas.
pub(crate) const ACCOUNT: &str = "KEYFOB_ACCOUNT";

#[derive(Clone, Copy)]
pub(crate) struct Environment<'a>(&'a dyn Fn(&str) -> Option<OsString>);

#[cfg(test)]
impl<'a> Environment<'a> {
    pub(crate) fn new(read: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self(read)
    }
}

impl Environment<'_> {
    pub(crate) const PROCESS: Environment<'static> = Environment(&|name| std::env::var_os(name));

    /// Whether a variable holds more than blanks and line breaks.
    pub(super) fn is_set(self, name: &str) -> bool {
        let value = (self.0)(name);
        value.is_some_and(|value| !value.as_encoded_bytes().trim_ascii().is_empty())
    }

    pub(super) fn is_ci(self) -> bool {
        (self.0)("CI").is_some_and(|value| says_yes(&value))
    }

    /// The token in a variable, without the blanks and line breaks around it; `None` where it holds none.
    pub(super) fn token(self, name: &str) -> Option<Secret> {
        let value = (self.0)(name)?.into_string().ok()?;
        let token = value.trim_ascii();
        is_token(token).then(|| Secret::new(token))
    }

    /// What `KEYFOB_ACCOUNT` names: provider to account name. Unset and empty name nothing.
    pub(crate) fn accounts(self) -> Result<BTreeMap<String, String>> {
        if !self.is_set(ACCOUNT) {
            return Ok(BTreeMap::new());
        }
        let value = (self.0)(ACCOUNT).unwrap_or_default();
        let value = value.to_string_lossy(); // what is lost fits no name
        one_a_provider(value.split(',').map(str::trim_ascii)).map_err(|what| wrong(&what))
    }
}

fn wrong(what: &str) -> Error {
    Error::new(Code::ConfigInvalid, format!("{ACCOUNT} is wrong: {what}")).hint(format!(
        "set {ACCOUNT} to such as `huggingface/work,github/me`, one account a provider, or unset it"
    ))
}
