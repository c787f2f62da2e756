//! A rule, and the account that it names.

use std::fmt;
use std::path::PathBuf;

/// An account that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruled {
    /// The account's name, without the provider.
    pub name: String,
    /// What names it.
    pub rule: Rule,
}

/// Which rule it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The file that holds it.
    pub file: PathBuf,
    /// What it is for, as `config.toml` has it.
    pub(super) scope: Option<String>,
}

impl Rule {
    /// A rule file.
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
