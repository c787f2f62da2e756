//! One thing that was looked at, and how it is.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::Error;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Pass,
    /// It works, and will not always, or not as was meant.
    Warn,
    /// Something does not work, or is not safe.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in a word.
    pub check: &'static str,
    /// How it is.
    pub status: Status,
    /// One line, lower case, no full stop.
    pub message: String,
    /// What mends it.
    pub hint: Option<String>,
    /// `PROVIDER/NAME`, where one account is concerned.
    pub account: Option<String>,
    /// What `--mend` would do.
    pub mend: Option<Mend>,
    /// Whether it was done.
    pub mended: bool,
}

/// What can be put right without anything being lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Remove secrets of the file store that nothing leads to.
    Secrets(Vec<String>),
    /// Take away a default whose account is gone.
    Default(String, String),
    /// Remove files that a crash left half-written.
    Files(Vec<PathBuf>),
    /// Take these permission bits away.
    Modes(Vec<PathBuf>, u32),
}

impl Finding {
    /// As it should be.
    pub fn pass(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Pass,
            message: message.into(),
            hint: None,
            account: None,
            mend: None,
            mended: false,
        }
    }

    /// It works, and will not always, or not as was meant.
    pub fn warn(check: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            status: Status::Warn,
            hint: Some(hint.into()),
            ..Self::pass(check, message)
        }
    }

    /// Something does not work, or is not safe.
    pub fn fail(check: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            status: Status::Fail,
            ..Self::warn(check, message, hint)
        }
    }

    /// What a command would fail with.
    pub fn of(check: &'static str, status: Status, error: &Error) -> Self {
        Self {
            status,
            hint: error.hint.clone(),
            account: error.account.clone(),
            ..Self::pass(check, error.to_string())
        }
    }

    /// The same, about one account.
    #[must_use]
    pub fn account(self, account: impl std::fmt::Display) -> Self {
        Self {
            account: Some(account.to_string()),
            ..self
        }
    }

    /// The same, with what `--mend` would do.
    #[must_use]
    pub fn mendable(self, mend: Mend) -> Self {
        Self {
            mend: Some(mend),
            ..self
        }
    }
}
