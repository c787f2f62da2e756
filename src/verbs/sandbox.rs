//! `sandbox serve`: the practice provider in the foreground, for people's own tests.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::arguments::duration;
use super::print;
use crate::error::{Code, Error, Result};
use crate::interrupts::Interrupts;
use crate::term::Terminal;
use crate::words::Text;
use keyfob_sandbox::Options;

/// Verbs of `sandbox`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  keyfob sandbox serve --port 9400 --approve ada

`keyfob login sandbox` needs none of this: there it runs inside each command.")]
pub enum Sandbox {
    /// Serve the practice provider in the foreground, for tests of your own
    Serve(SandboxServe),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob sandbox serve --port 9400
  keyfob sandbox serve --port 9400 --approve ada --access-lifetime 5s
  curl -d client_id=keyfob http://127.0.0.1:9400/device_authorization

Its state is in memory and ends with it. The first line on stdout is its issuer URL; stderr lists \
the endpoints: /authorize, /token, /device_authorization (type the code at /device), /par, \
/userinfo, /revoke, /introspect, /register and /jwks. The client `keyfob` is built in, public, with \
any loopback redirect URI below /callback/; /callback/code shows the code for pasting. A job gets an \
identity token at /identity_token, as one of GitHub Actions does, and exchanges it at /token.")]
pub struct SandboxServe {
    /// Listen on this loopback port; 0 lets the system pick
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Approve every request as this person, without a page
    #[arg(long, value_name = "PERSON")]
    pub approve: Option<String>,
    /// Lifetime of access tokens
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub access_lifetime: Duration,
    /// Lifetime of refresh tokens
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = duration)]
    pub refresh_lifetime: Duration,
    /// Time that a device waits between polls
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pub device_interval: Duration,
}

/// Serves until a signal ends it. The first line on stdout is the issuer.
pub(crate) fn run(args: &Sandbox, term: &dyn Terminal) -> Result<()> {
    let Sandbox::Serve(args) = args;
    let running =
        keyfob_sandbox::start(options(args)).map_err(|error| explain_failure(args, &error))?;
    print(&Text::new(running.issuer()))?;
    for (name, address) in running.endpoints() {
        term.say(&format!("{name:<37} {address}"));
    }
    term.say("the practice provider serves until Ctrl-C; its state is in memory");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::io("cannot start the runtime", &error))?;
    runtime.block_on(async { Interrupts::listen().obeyed().await });
    Ok(())
}

fn options(args: &SandboxServe) -> Options {
    Options {
        port: args.port,
        approve: args.approve.clone(),
        access_lifetime: args.access_lifetime.as_secs(),
        refresh_lifetime: args.refresh_lifetime.as_secs(),
        device_interval: args.device_interval.as_secs(),
        ..Options::default()
    }
}

fn explain_failure(args: &SandboxServe, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::InvalidInput => {
            Error::usage(error.to_string()).hint("give one of them to `--approve`")
        }
        _ => Error::new(
            Code::InternalError,
            format!("cannot listen on port {}: {error}", args.port),
        )
        .hint("give another port to `--port`; 0 lets the system pick"),
    }
}
