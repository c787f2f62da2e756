//! `doctor`: what is wrong with this set-up, and what mends it. It also works where every other command fails.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use super::app::App;
use super::{columns, completions, network, print, print_json};
use crate::answer::doctor::Report;
use crate::audit;
use crate::cli;
use crate::doctor::{self, Finding, Mend, Pending, Question, Setup, Status};
use crate::error::{Code, Error, Result};
use crate::login::Surroundings;
use crate::term::Manner;

/// Looks at everything, prints what was found, and mends it where that is wanted.
pub fn run(args: &cli::Doctor, manner: Manner) -> Result<ExitCode> {
    let mut findings = vec![doctor::program(&Surroundings::detect())];
    let (paths, config) = match doctor::home() {
        Ok(home) => home,
        Err(failed) => {
            findings.push(*failed);
            let left = doctor::homeless_checks(manner.no_input);
            findings.extend(left.into_iter().flat_map(Pending::end));
            return told(manner, &mut findings);
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
        clock(&app, doctor::questions(&setup))?
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
    let status = told(manner, &mut findings)?;
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

/// Asks providers for their time.
fn clock(app: &App, questions: Pending<(Vec<Question>, Vec<Finding>)>) -> Result<Vec<Finding>> {
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
            let found = Finding::of("clock", Status::Warn, &error);
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
fn told(manner: Manner, findings: &mut [Finding]) -> Result<ExitCode> {
    doctor::shorten(findings);
    let report = Report::new(findings);
    if !manner.json {
        print(&report.text(columns().1))?;
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

/// Offers to mend, to a person who has seen the findings.
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
