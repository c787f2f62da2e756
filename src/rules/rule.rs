//! A rule, and the account that it names.

use std::fmt;
use std::path::PathBuf;

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
