//! One thing that was looked at, and how it is.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::account::Account;
use crate::error::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pass,
    /// It works, and will not always, or not as was meant.
    Warn,
    Fail,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub check: &'static str,
    pub status: Status,
    /// One line, lower case, no full stop.
    pub message: String,
    pub hint: Option<String>,
    /// `PROVIDER/NAME`, where one account is concerned.
    pub account: Option<String>,
    pub mend: Option<Mend>,
    pub mended: bool,
}

/// What can be put right without anything being lost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mend {
    /// Remove secrets of the file store that nothing leads to.
    Secrets(Vec<String>),
    Default(String, String),
    /// Correct entries of which the secret says otherwise.
    Entries,
    /// Seal what an older keyfob has kept.
    Seal(Vec<Account>),
    /// Remove files that a crash left half-written.
    Files(Vec<PathBuf>),
    Modes(Vec<PathBuf>, u32),
}

/// What was looked at, in a word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Topic(pub &'static str);

impl Topic {
    pub(crate) fn pass(self, message: impl Into<String>) -> Finding {
        Finding {
            check: self.0,
            status: Status::Pass,
            message: message.into(),
            hint: None,
            account: None,
            mend: None,
            mended: false,
        }
    }

    pub(crate) fn warn(self, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding {
            status: Status::Warn,
            hint: Some(hint.into()),
            ..self.pass(message)
        }
    }

    pub(crate) fn fail(self, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding {
            status: Status::Fail,
            ..self.warn(message, hint)
        }
    }

    /// What a command would fail with.
    pub(crate) fn report(self, status: Status, error: &Error) -> Finding {
        Finding {
            status,
            hint: error.hint.clone(),
            account: error.account.clone(),
            ..self.pass(error.to_string())
        }
    }
}

impl Finding {
    #[must_use]
    pub(crate) fn append(mut self, consequence: &str) -> Self {
        self.message.push_str("; ");
        self.message.push_str(consequence);
        self
    }

    #[must_use]
    pub(crate) fn account(self, account: impl std::fmt::Display) -> Self {
        Self {
            account: Some(account.to_string()),
            ..self
        }
    }

    #[must_use]
    pub(crate) fn mendable(self, mend: Mend) -> Self {
        Self {
            mend: Some(mend),
            ..self
        }
    }
}

// How paths are shown: those below the home folder from there, for the user's name is nobody's business.

pub(crate) fn list_paths(paths: &[PathBuf]) -> Option<String> {
    let first = paths.first()?.display();
    Some(match paths.len() - 1 {
        0 => first.to_string(),
        more => format!("{first} and {more} more"),
    })
}

pub(crate) fn shorten(findings: &mut [Finding]) {
    let home = std::env::var("HOME").unwrap_or_default();
    let home = home.trim_end_matches('/');
    if home.is_empty() || !Path::new(home).is_absolute() {
        return;
    }
    for finding in findings {
        finding.message = below(home, &finding.message);
        finding.hint = finding.hint.as_ref().map(|hint| below(home, hint));
    }
}

/// A path inside quotation marks is left alone, for a shell would not expand it there.
fn below(home: &str, text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, after) = (&rest[..at], &rest[at + home.len()..]);
        let begins = before.chars().last().or(shown.chars().last());
        let begins = begins.is_none_or(|c| c == ' ' || c == '`');
        let ends = after.chars().next().is_none_or(|c| "/ `,;:".contains(c));
        shown.push_str(before);
        shown.push_str(if begins && ends { "~" } else { home });
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn whole_paths_of_the_home_are_shortened_and_nothing_else() {
        for (text, shown) in [
            ("cannot read /home/ada/x: no", "cannot read ~/x: no"),
            ("`chmod 600 /home/ada/x /home/ada/y`", "`chmod 600 ~/x ~/y`"),
            ("/home/ada", "~"),
            ("/home/adam/x", "/home/adam/x"),
            ("/srv/home/ada/x", "/srv/home/ada/x"),
            ("chmod '/home/ada/a b'", "chmod '/home/ada/a b'"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(below("/home/ada", text), shown);
        }
    }
}
