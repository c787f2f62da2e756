//! `provider test`: holds a definition against its server. Nothing is issued and nobody signs in; a
//! client secret goes nowhere but to the origin that it was kept for.

mod check;
mod client;
mod local;
mod server;

use std::fmt::Write;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use crate::complete;
use crate::error::{Code, Error, Result};
use crate::provider::Provider;
use crate::verbs::app::App;
use crate::verbs::{columns, embedded, network, print, print_json};
use crate::words::Text;
use check::{CheckResult, ServerCheck};
use keyfob_base::escape::escape;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider test acme
  keyfob provider test acme --json

Nothing is issued, and nobody has to sign in. Exit codes: 0 nothing failed, 1 something did.")]
pub struct ProviderTest {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
}

#[derive(Debug, Serialize)]
struct TestAnswer {
    provider: String,
    passed: bool,
    checks: Vec<ServerCheck>,
}

pub(crate) fn run(app: &App, args: &ProviderTest) -> Result<()> {
    let name = &args.provider;
    app.registry.is_known(name)?;
    let checks = match app.registry.get(name) {
        Ok(provider) => run_checks(app, &provider)?,
        Err(error) => vec![ServerCheck {
            check: "definition",
            result: CheckResult::Fail,
            reason: error.message,
            hint: error.hint,
        }],
    };
    let answer = TestAnswer::new(name, checks);
    if app.manner.json {
        print_json(&answer)?;
    } else {
        print(&Text::new(&answer.text(columns().1)))?;
    }
    let failed = answer
        .checks
        .iter()
        .filter(|one| one.result == CheckResult::Fail);
    match failed.count() {
        0 => Ok(()),
        failed => Err(Error::new(
            Code::TestFailed,
            format!(
                "{failed} of {} checks of `{name}` failed",
                answer.checks.len()
            ),
        )
        .hint("each failed check names its next step, on standard output")),
    }
}

fn run_checks(app: &App, provider: &Provider) -> Result<Vec<ServerCheck>> {
    let mut checks = vec![
        local::check_definition(app, provider),
        local::check_redirect(provider),
    ];
    let (registry, _sandbox) = embedded::start(app, [provider.name.as_str()], None)?;
    checks.extend(network::context(app, registry, async |context| {
        let provider = context.registry.get(&provider.name)?;
        let _progress = context.term.progress(&format!("asking {}", provider.title));
        server::run_checks(&context, &provider).await
    })?);
    Ok(checks)
}

impl TestAnswer {
    fn new(provider: &str, checks: Vec<ServerCheck>) -> Self {
        Self {
            provider: provider.into(),
            passed: checks.iter().all(|check| check.result != CheckResult::Fail),
            checks,
        }
    }

    fn text(&self, colour: bool) -> String {
        let mut text = String::new();
        let name = |check: &ServerCheck| check.check.len();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;

    #[test]
    fn the_shape_and_the_lines_of_test_are_the_documented_ones() {
        let check = |check, result, reason: &str, hint: Option<&str>| ServerCheck {
            check,
            result,
            reason: reason.into(),
            hint: hint.map(Into::into),
        };
        let tested = TestAnswer::new(
            "example",
            vec![
                check("metadata", CheckResult::Pass, "it is\nthere", None),
                check("iss", CheckResult::Unknown, "not announced", None),
                check(
                    "client",
                    CheckResult::Fail,
                    "not known",
                    Some("give another"),
                ),
            ],
        );
        assert_shape(&tested, include_str!("../../shapes/provider-test.json"));
        assert_eq!(
            tested.text(false),
            "\
pass     metadata  it is\\nthere
unknown  iss       not announced
fail     client    not known
                   give another
"
        );
        assert!(tested.text(true).contains('\u{1b}'));
    }
}
