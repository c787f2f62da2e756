//! What is chosen: where a token comes from, and why from there.

use crate::account::Account;
use crate::rules::Rule;
use keyfob_base::secret::Secret;

#[derive(Debug)]
pub(crate) struct Choice {
    pub source: Source,
    pub why: Why,
}

#[derive(Debug)]
pub(crate) enum Source {
    Account(Box<Account>),
    Variable(Variable),
}

/// A provider's token that the environment holds, such as `HF_TOKEN`.
#[derive(Debug)]
pub(crate) struct Variable {
    pub provider: String,
    pub name: String,
    /// Its value, which fits the grammar of tokens.
    pub token: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    Argument,
    Environment,
    Directory(Rule),
    Default,
    Only,
    /// There is no account, and the provider's variable is set.
    Variable,
}

impl Why {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Argument => "argument",
            Self::Environment => "environment",
            Self::Directory(_) => "directory",
            Self::Default => "default",
            Self::Only => "only",
            Self::Variable => "variable",
        }
    }
}

impl Source {
    pub(crate) fn provider(&self) -> &str {
        match self {
            Self::Account(account) => &account.provider,
            Self::Variable(variable) => &variable.provider,
        }
    }

    /// `PROVIDER/NAME`, or `PROVIDER` where no account holds the token.
    pub(crate) fn whose(&self) -> String {
        match self {
            Self::Account(account) => account.to_string(),
            Self::Variable(variable) => variable.provider.clone(),
        }
    }

    pub(super) fn is_that(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Account(one), Self::Account(other)) => one.id == other.id,
            (Self::Variable(one), Self::Variable(other)) => one.name == other.name,
            _ => false,
        }
    }
}
