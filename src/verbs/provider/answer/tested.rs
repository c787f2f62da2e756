//! The shape and the lines of `provider test`.

use std::fmt::Write;

use console::Style;
use serde::Serialize;

use keyfob_base::escape::escape;

/// What was found out about a provider.
#[derive(Debug, Serialize)]
pub(crate) struct Tested {
    /// The provider's name.
    pub provider: String,
    /// Whether no check failed.
    pub passed: bool,
    /// In the order in which they were made.
    pub checks: Vec<Check>,
}

/// One question and its answer.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "a key of the JSON")]
pub(crate) struct Check {
    /// What was looked at.
    pub check: &'static str,
    /// How it is.
    pub result: Outcome,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// As it should be.
    Pass,
    /// A login would fail, or not be safe.
    Fail,
    /// Nobody can tell from here.
    Unknown,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Pass => Style::new().green(),
            Self::Fail => Style::new().red(),
            Self::Unknown => Style::new().yellow(),
        }
    }
}

impl Tested {
    /// Takes the checks that were made of a provider.
    pub(crate) fn new(provider: &str, checks: Vec<Check>) -> Self {
        Self {
            provider: provider.into(),
            passed: checks.iter().all(|check| check.result != Outcome::Fail),
            checks,
        }
    }

    /// Writes a line a check, and below it what to do.
    pub(crate) fn text(&self, colour: bool) -> String {
        let mut text = String::new();
        let name = |check: &Check| check.check.len();
        let width = self.checks.iter().map(name).max().unwrap_or(0);
        for check in &self.checks {
            let word = format!("{:<7}", check.result.word());
            let word = check.result.style().force_styling(colour).apply_to(word);
            let (name, reason) = (check.check, escape(&check.reason));
            let _ = writeln!(text, "{word}  {name:<width$}  {reason}"); // a String takes everything
            for line in check.hint.iter().flat_map(|hint| hint.lines()) {
                let _ = writeln!(text, "{:<7}  {:<width$}  {}", "", "", escape(line));
            }
        }
        text
    }
}
