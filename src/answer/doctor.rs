//! The shape and the lines of `doctor`.

use std::fmt::Write;

use console::Style;
use serde::Serialize;

use crate::doctor::{Finding, Status};
use keyfob_base::escape::escape;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    version: &'static str,
    ok: bool,
    passed: usize,
    warned: usize,
    failed: usize,
    findings: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    check: &'static str,
    status: Status,
    message: String,
    hint: Option<String>,
    account: Option<String>,
    mendable: bool,
    mended: bool,
}

impl Report {
    /// Takes findings in the order in which they are told.
    pub fn new(findings: &[Finding]) -> Self {
        let count = |status| {
            findings
                .iter()
                .filter(|found| found.status == status)
                .count()
        };
        let failed = count(Status::Fail);
        let found = |finding: &Finding| Found {
            check: finding.check,
            status: finding.status,
            message: finding.message.clone(),
            hint: finding.hint.clone(),
            account: finding.account.clone(),
            mendable: finding.mend.is_some() && !finding.mended,
            mended: finding.mended,
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            ok: failed == 0,
            passed: count(Status::Pass),
            warned: count(Status::Warn),
            failed,
            findings: findings.iter().map(found).collect(),
        }
    }

    /// Writes a line a finding, below it what mends it, and at the end how many of each there are.
    pub fn text(&self, colour: bool) -> String {
        let widths = self.findings.iter().map(|found| found.check.len());
        let width = widths.max().unwrap_or(0);
        let mut text = String::new();
        for found in &self.findings {
            let (word, style) = said(found.status);
            let word = style.force_styling(colour).apply_to(word);
            let message = escape(&found.message);
            let _ = writeln!(text, "{word}  {:<width$}  {message}", found.check); // a String takes everything
            for line in found.hint.iter().flat_map(|hint| hint.lines()) {
                let _ = writeln!(text, "{:4}  {:<width$}  {}", "", "", escape(line));
            }
        }
        text + &self.counts() + "\n"
    }

    fn counts(&self) -> String {
        let counts = [
            (self.passed, "passed"),
            (self.warned, "warned"),
            (self.failed, "failed"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        counts.join(", ")
    }
}

fn said(status: Status) -> (&'static str, Style) {
    match status {
        Status::Pass => ("pass", Style::new().green()),
        Status::Warn => ("warn", Style::new().yellow()),
        Status::Fail => ("fail", Style::new().red()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Mend;
    use crate::verbs::fixture::assert_shape;

    fn report() -> Report {
        Report::new(&[
            Finding::pass("proxy", "none is set, so providers are reached directly"),
            Finding::warn(
                "index",
                "the default of github is github/ada, which is gone",
                "`keyfob use github/NAME` chooses another, `keyfob doctor --mend` takes it away",
            )
            .mendable(Mend::Default("github".into(), "ada".into())),
            Finding::fail(
                "index",
                "huggingface/julien: its secret is gone from the keyring",
                "`keyfob login huggingface/julien`",
            )
            .account("huggingface/julien"),
        ])
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let mut report = report();
        report.version = "1.2.3"; // the example outlives every release
        assert_shape(&report, include_str!("../verbs/shapes/doctor.json"));
    }

    #[test]
    fn the_lines_are_aligned_and_counted() {
        let expected = "\
pass  proxy  none is set, so providers are reached directly
warn  index  the default of github is github/ada, which is gone
             `keyfob use github/NAME` chooses another, `keyfob doctor --mend` takes it away
fail  index  huggingface/julien: its secret is gone from the keyring
             `keyfob login huggingface/julien`
1 passed, 1 warned, 1 failed
";
        assert_eq!(report().text(false), expected);
        assert!(report().text(true).contains("\u{1b}[31mfail"));
    }

    #[test]
    fn a_hostile_name_stays_in_its_line() {
        let hostile = "\u{1b}[2J\nforged\u{202e}";
        let text = Report::new(&[Finding::warn("x", hostile, hostile)]).text(false);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(!text.contains("\nforged"), "{text}");
    }
}
