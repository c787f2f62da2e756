//! `doctor`: what is wrong with this set-up, and what mends it. It also works where every other command fails.

use std::fmt::Write;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use console::Style;
use serde::Serialize;

use super::app::App;
use super::{columns, completions, network, print, print_json};
use crate::doctor::{self, Finding, Mend, Pending, Question, Setup, Status, Topic};
use crate::error::{Code, Error, Result};
use crate::login::Surroundings;
use crate::term::Manner;
use crate::words::Text;
use crate::{audit, complete};
use keyfob_base::escape::escape;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob doctor
  keyfob doctor huggingface             this provider alone
  keyfob doctor --offline --json | jq '.findings[] | select(.status != \"pass\")'
  keyfob doctor --mend                  remove what a crash left, tighten modes

What it prints holds no secret, and can go into a bug report as it is. It writes a secret of its own to the store and \
removes it, looks whether those in the file store can be read where that asks nobody for a passphrase, and sends each \
provider that has accounts one request without a token. Exit code 0, or 1 where a check failed; a warning is no failure.")]
pub struct Doctor {
    /// Of all providers look at this one alone: its server, its definition and its accounts
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: Option<String>,
    /// Mend what can be mended without anything being lost
    #[arg(long)]
    pub mend: bool,
    /// Send nothing
    #[arg(long)]
    pub offline: bool,
}

pub(crate) fn run(args: &Doctor, manner: Manner) -> Result<ExitCode> {
    let mut findings = vec![doctor::program(&Surroundings::detect())];
    let (paths, config) = match doctor::home() {
        Ok(home) => home,
        Err(failed) => {
            findings.push(*failed);
            let left = doctor::homeless_checks(manner.no_input);
            findings.extend(left.into_iter().flat_map(Pending::end));
            return print_report(manner, &mut findings);
        }
    };
    findings.push(doctor::settings(&paths, &config));
    let sound = config.is_ok();
    let app = App::with(manner, paths, config.unwrap_or_default(), false, "doctor");
    if let Some(provider) = &args.provider {
        app.registry.is_known(provider)?;
    }
    let setup = Setup {
        paths: app.paths.clone(),
        config: app.config.clone(),
        registry: app.registry.clone(),
        vault: Arc::clone(&app.vault),
        term: Arc::clone(&app.term),
        provider: args.provider.clone(),
        no_input: manner.no_input,
    };
    let begin = || {
        let paths = app.paths.clone();
        doctor::begin(&setup, move || audit::is_writable(&paths))
    };
    let mut tried = Vec::new();
    if args.mend {
        // First, so that what is mended fails no other check.
        tried.extend(begin().into_iter().flat_map(Pending::end));
        if !sound {
            tried.iter_mut().for_each(leave);
        }
        tried.retain(|finding| finding.mend.is_some());
        doctor::mend(&setup, app.audit.as_ref(), &mut tried);
    }
    let pending = begin();
    let completion = completions::of_this_shell(app.term.as_ref());
    let clock = if args.offline {
        Vec::new()
    } else {
        ask_clocks(&app, doctor::questions(&setup))?
    };
    findings.extend(pending.into_iter().flat_map(Pending::end));
    findings.extend(clock);
    findings.extend(completion.into_iter().flat_map(Pending::end));
    if !sound {
        findings.iter_mut().for_each(leave);
    }
    if args.mend {
        findings.retain(|finding| finding.mend.is_none()); // it is among what was tried
        findings.extend(tried);
    }
    let status = print_report(manner, &mut findings)?;
    if args.mend || !confirmed(&app, &findings)? {
        return Ok(status);
    }
    doctor::mend(&setup, app.audit.as_ref(), &mut findings);
    doctor::shorten(&mut findings);
    for finding in findings.iter().filter(|finding| finding.mend.is_some()) {
        if finding.mended {
            app.term.say(&finding.message);
        } else {
            app.term.warn(&finding.message);
        }
    }
    Ok(status_of(&findings))
}

fn ask_clocks(
    app: &App,
    questions: Pending<(Vec<Question>, Vec<Finding>)>,
) -> Result<Vec<Finding>> {
    let (questions, mut findings) = match questions.wait() {
        Ok(found) => found,
        Err(failed) => return Ok(vec![*failed]),
    };
    if questions.is_empty() {
        return Ok(findings);
    }
    let asked = network::context(app, app.registry.clone(), async |context| {
        let _progress = context.term.progress("asking providers for their time");
        Ok(doctor::ask(&context.http, questions).await)
    });
    match asked {
        Ok(asked) => findings.splice(0..0, asked).for_each(drop),
        Err(error) if error.code == Code::Interrupted => return Err(error),
        Err(error) => {
            let found = Topic("clock").report(Status::Warn, &error);
            let message = format!("no provider was asked: {}", found.message);
            findings.push(Finding { message, ..found });
        }
    }
    Ok(findings)
}

/// With settings that cannot be read nobody knows where the locks are, and without them nothing is removed.
fn leave(finding: &mut Finding) {
    if !matches!(finding.mend, Some(Mend::Modes(..))) {
        finding.mend = None;
    }
}

/// Prints the findings, and gives the exit code; under `--json` a failure is an object on stderr too, as it is
/// with every verb.
fn print_report(manner: Manner, findings: &mut [Finding]) -> Result<ExitCode> {
    doctor::shorten(findings);
    let report = Report::new(findings);
    if !manner.json {
        print(&Text::new(&report.text(columns().1)))?;
        return Ok(status_of(findings));
    }
    print_json(&report)?;
    match failed(findings) {
        0 => Ok(ExitCode::SUCCESS),
        failed => Err(Error::new(
            Code::TestFailed,
            format!("{failed} of {} checks failed", findings.len()),
        )
        .hint("each failed check names what mends it, on standard output")),
    }
}

fn failed(findings: &[Finding]) -> usize {
    let failed = findings.iter().filter(|found| found.status == Status::Fail);
    failed.count()
}

fn status_of(findings: &[Finding]) -> ExitCode {
    match failed(findings) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(Code::TestFailed.exit()),
    }
}

fn confirmed(app: &App, findings: &[Finding]) -> Result<bool> {
    let mendable = findings.iter().filter(|found| found.mend.is_some()).count();
    let seen = std::io::stdout().is_terminal() && !app.manner.json && !app.manner.quiet;
    if mendable == 0 || !seen || !app.term.can_ask() {
        return Ok(false);
    }
    let question = match mendable {
        1 => "mend the one that can be mended from here?".to_owned(),
        count => format!("mend the {count} that can be mended from here?"),
    };
    app.term.confirm(&question, "--mend")
}

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    version: &'static str,
    ok: bool,
    passed: usize,
    warned: usize,
    failed: usize,
    findings: Vec<ReportedFinding>,
}

#[derive(Debug, Serialize)]
struct ReportedFinding {
    check: &'static str,
    status: Status,
    message: String,
    hint: Option<String>,
    account: Option<String>,
    mendable: bool,
    mended: bool,
}

impl Report {
    pub(crate) fn new(findings: &[Finding]) -> Self {
        let count = |status| {
            findings
                .iter()
                .filter(|found| found.status == status)
                .count()
        };
        let failed = count(Status::Fail);
        let found = |finding: &Finding| ReportedFinding {
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

    pub(crate) fn text(&self, colour: bool) -> String {
        let widths = self.findings.iter().map(|found| found.check.len());
        let width = widths.max().unwrap_or(0);
        let mut text = String::new();
        for found in &self.findings {
            let (word, style) = word_and_style(found.status);
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

fn word_and_style(status: Status) -> (&'static str, Style) {
    match status {
        Status::Pass => ("pass", Style::new().green()),
        Status::Warn => ("warn", Style::new().yellow()),
        Status::Fail => ("fail", Style::new().red()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;
    use crate::doctor::Mend;

    fn report() -> Report {
        Report::new(&[
            Topic("proxy").pass("none is set, so providers are reached directly"),
            Topic("index").warn(
                "the default of github is github/ada, which is gone",
                "`keyfob use github/NAME` chooses another, `keyfob doctor --mend` takes it away",
            )
            .mendable(Mend::Default("github".into(), "ada".into())),
            Topic("index").fail(
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
        assert_shape(&report, include_str!("shapes/doctor.json"));
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
        let text = Report::new(&[Topic("x").warn(hostile, hostile)]).text(false);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert!(!text.contains("\nforged"), "{text}");
    }
}
