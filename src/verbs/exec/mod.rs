//! `exec`: a command with tokens in its environment, which takes keyfob's place; after a sign-in for it alone
//! keyfob stays as its parent.

mod child;
mod environment;
mod ephemeral;
#[cfg(unix)]
mod signals;
mod spawn_error;

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use clap::{ArgGroup, Args};
use clap_complete::engine::ArgValueCompleter;

use super::app::App;
use super::mask::{is_stderr_read, mask_on_stderr};
use super::tokens::{self, Owner, supply};
use crate::audit::Action;
use crate::complete;
use crate::error::{Error, Result};
use crate::login::Flow;
use crate::verbs::arguments::duration;
use crate::verbs::tokens::OneTimeToken;
use crate::words::VariableValue;
use environment::Destination;
use keyfob_base::memory;
use spawn_error::spawn_error;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("without_account").args(["exchange", "ephemeral"]), after_help = "\
Examples:
  keyfob exec huggingface -- hf download acme/model
  keyfob exec huggingface github/work -- make release
  keyfob exec gitlab --env CI_TOKEN -- ./deploy.sh
  keyfob exec huggingface --ephemeral -- ./once.sh    signed in for this alone

The command takes keyfob's place, so its exit code is its own; 127 means that there is no such \
command, 126 that it cannot be run.")]
pub struct Exec {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Put the token into this variable instead of the provider's usual one
    #[arg(long, value_name = "VAR")]
    pub env: Option<String>,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "ephemeral")]
    pub min_ttl: Option<Duration>,
    #[command(flatten)]
    pub without_account: OneTimeToken,
    /// Sign in for this command alone, keep everything in memory, and revoke when it ends
    #[arg(long)]
    pub ephemeral: bool,
    /// With `--ephemeral`: ask for the least that serves a purpose, such as `read`; may be repeated
    #[arg(long = "for", value_name = "PRESET", requires = "ephemeral", add = ArgValueCompleter::new(complete::presets))]
    pub presets: Vec<String>,
    /// With `--ephemeral`: how to sign in
    #[arg(
        long,
        value_name = "FLOW",
        default_value = "auto",
        requires = "ephemeral",
        add = ArgValueCompleter::new(complete::flows)
    )]
    pub flow: Flow,
    /// With `--ephemeral`: open the browser with this command
    #[arg(
        long,
        value_name = "COMMAND",
        requires = "ephemeral",
        conflicts_with = "no_browser"
    )]
    pub browser: Option<String>,
    /// With `--ephemeral`: open no browser here
    #[arg(long, requires = "ephemeral")]
    pub no_browser: bool,
    /// With `--ephemeral`: use this client instead of the configured one
    #[arg(long, value_name = "ID", requires = "ephemeral")]
    pub client_id: Option<String>,
    /// With `--ephemeral`: register keyfob at the provider without asking, where the provider offers that
    #[arg(long, requires = "ephemeral")]
    pub register: bool,
    /// With `--ephemeral`: wait at most this long for the sign-in
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "ephemeral")]
    pub timeout: Option<Duration>,
    /// The command and its arguments
    #[arg(value_name = "CMD", last = true, required = true)]
    pub command: Vec<OsString>,
}

#[derive(Debug)]
struct Holding {
    /// `PROVIDER/NAME`, or `PROVIDER` where no account holds it.
    whose: String,
    place: Destination,
    token: VariableValue,
}

/// Becomes the command, or runs it after a sign-in for it; returns only where that fails.
pub(crate) fn run(app: &App, args: &Exec) -> Result<()> {
    let wanted = args.env.as_deref();
    let wanted = wanted
        .map(|name| tokens::variable("--env", name))
        .transpose()?;
    if args.ephemeral {
        return ephemeral::run(app, args, wanted.as_ref());
    }
    let places = |owners: &[Owner]| environment::places(app, wanted.as_ref(), owners);
    let (supplies, places) = supply(
        app,
        &args.accounts,
        args.min_ttl,
        &args.without_account,
        places,
    )?;
    let holdings = supplies.into_iter().zip(places);
    let holdings: Result<Vec<Holding>> = holdings
        .map(|(supply, place)| {
            let whose = supply.whose();
            let token = tokens::value(&supply.tokens.access_token, &whose)?;
            Ok(Holding {
                whose,
                place,
                token,
            })
        })
        .collect();
    let holdings = holdings?;
    let command = environment::command(args, &holdings);
    mask(&holdings);
    let failure = become_command(command);
    // The log has these tokens as handed out, and nobody got them.
    for holding in &holdings {
        app.audit
            .note(Action::HandOut, &holding.whose, Some(&failure));
    }
    Err(failure)
}

/// Inside GitHub Actions the runner hides what it was told of, so it is told before the command can
/// show anything.
fn mask(holdings: &[Holding]) {
    if is_stderr_read() {
        let _ = mask_on_stderr(holdings.iter().map(|holding| &holding.token)); // nobody may be listening
    }
}

/// Becomes the command; returns only why that was impossible.
#[cfg(unix)]
fn become_command(mut command: Command) -> Error {
    use std::os::unix::process::CommandExt;

    use crate::interrupts;

    memory::restore_core_limit();
    let failure = command.exec();
    memory::conceal();
    interrupts::outlive_pipes();
    spawn_error(command.get_program(), &failure)
}

/// Runs the command and ends with its exit code; returns only why it could not be started.
#[cfg(not(unix))]
fn become_command(mut command: Command) -> Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(failure) => spawn_error(command.get_program(), &failure),
    }
}
