//! A rule, and the accounts that it names, one a provider.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use crate::names::one_a_provider;

/// Provider to account name, written as a list of `PROVIDER/NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct Accounts(BTreeMap<String, String>);

impl TryFrom<Vec<String>> for Accounts {
    type Error = String;

    fn try_from(entries: Vec<String>) -> Result<Self, String> {
        one_a_provider(entries.iter().map(String::as_str)).map(Self)
    }
}

impl Accounts {
    pub(crate) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let accounts = self.0.iter().filter(|(provider, _)| wanted(provider));
        Self(accounts.map(|(p, n)| (p.clone(), n.clone())).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, provider: &str) -> Option<&str> {
        self.0.get(provider).map(String::as_str)
    }

    pub(crate) fn set(&mut self, provider: &str, name: &str) {
        self.0.insert(provider.into(), name.into());
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let accounts = self.0.iter();
        accounts.map(|(p, name)| format!("{p}/{name}")).collect()
    }
}

impl IntoIterator for Accounts {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no account");
        }
        f.write_str(&self.names().join(", "))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruled {
    pub name: String,
    pub rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub file: PathBuf,
    /// What it is for, as `config.toml` has it.
    pub(super) scope: Option<String>,
}

impl Rule {
    pub(crate) fn file(path: PathBuf) -> Self {
        Self {
            file: path,
            scope: None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.scope {
            Some(scope) => write!(f, "the rule for `{scope}` in {file}"),
            None => write!(f, "{file}"),
        }
    }
}
