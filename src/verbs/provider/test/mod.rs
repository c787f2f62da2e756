//! `provider test`: holds a definition against its server. Nothing is issued and nobody signs in; a
//! client secret goes nowhere but to the origin that it was kept for.

mod client;
mod local;
mod server;

use crate::error::{Code, Error, Result};
use crate::oauth::OauthError;
use crate::provider::Provider;
use crate::verbs::app::App;
use crate::verbs::provider::answer::{Check, Outcome, Tested};
use crate::verbs::provider::arguments;
use crate::verbs::{columns, embedded, network, print, print_json};

/// Makes every check, prints what was found, and fails where one did.
pub(crate) fn run(app: &App, args: &arguments::ProviderTest) -> Result<()> {
    let name = &args.provider;
    app.registry.is_known(name)?;
    let checks = match app.registry.get(name) {
        Ok(provider) => checks(app, &provider)?,
        Err(error) => vec![Check {
            check: "definition",
            result: Outcome::Fail,
            reason: error.message,
            hint: error.hint,
        }],
    };
    let tested = Tested::new(name, checks);
    if app.manner.json {
        print_json(&tested)?;
    } else {
        print(&tested.text(columns().1))?;
    }
    let failed = tested
        .checks
        .iter()
        .filter(|one| one.result == Outcome::Fail);
    match failed.count() {
        0 => Ok(()),
        failed => Err(Error::new(
            Code::TestFailed,
            format!(
                "{failed} of {} checks of `{name}` failed",
                tested.checks.len()
            ),
        )
        .hint("each failed check names its next step, on standard output")),
    }
}

fn checks(app: &App, provider: &Provider) -> Result<Vec<Check>> {
    let mut checks = vec![local::definition(app, provider), local::redirect(provider)];
    let (registry, _sandbox) = embedded::start(app, [provider.name.as_str()], None)?;
    checks.extend(network::context(app, registry, async |context| {
        let provider = context.registry.get(&provider.name)?;
        let _progress = context.term.progress(&format!("asking {}", provider.title));
        server::checks(&context, &provider).await
    })?);
    Ok(checks)
}

fn pass(check: &'static str, reason: impl Into<String>) -> Check {
    Check {
        check,
        result: Outcome::Pass,
        reason: reason.into(),
        hint: None,
    }
}

fn unknown(check: &'static str, reason: impl Into<String>) -> Check {
    Check {
        result: Outcome::Unknown,
        ..pass(check, reason)
    }
}

fn fail(check: &'static str, reason: impl Into<String>, hint: impl Into<String>) -> Check {
    Check {
        result: Outcome::Fail,
        hint: Some(hint.into()),
        ..pass(check, reason)
    }
}

/// A request that was not answered as it should be. A server that is busy says nothing of itself.
fn unanswered(check: &'static str, error: &OauthError, hint: &str) -> Check {
    let next = match error {
        OauthError::Unavailable { .. } => {
            return unknown(check, format!("{error}; try again later"));
        }
        OauthError::Network(cause) if is_tls(cause) => {
            "where a certificate authority of your own is in use, name its file as `ca_file` in config.toml"
        }
        OauthError::Network(_) => "check the connection and the address",
        _ => hint,
    };
    fail(check, error.to_string(), next)
}

fn is_tls(cause: &str) -> bool {
    cause.contains(": TLS: ")
}
