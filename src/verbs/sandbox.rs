//! `sandbox serve`: the practice provider in the foreground, for people's own tests.

use super::print;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::interrupts::Interrupts;
use crate::term::Terminal;
use keyfob_sandbox::Options;

/// Serves until a signal ends it. The first line on stdout is the issuer.
pub fn run(args: &cli::Sandbox, term: &dyn Terminal) -> Result<()> {
    let cli::Sandbox::Serve(args) = args;
    let running = keyfob_sandbox::start(options(args)).map_err(|error| unable(args, &error))?;
    print(running.issuer())?;
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

fn options(args: &cli::SandboxServe) -> Options {
    Options {
        port: args.port,
        approve: args.approve.clone(),
        access_lifetime: args.access_lifetime.as_secs(),
        refresh_lifetime: args.refresh_lifetime.as_secs(),
        device_interval: args.device_interval.as_secs(),
        ..Options::default()
    }
}

fn unable(args: &cli::SandboxServe, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::InvalidInput => {
            Error::new(Code::Usage, error.to_string()).hint("give one of them to `--approve`")
        }
        _ => Error::new(
            Code::InternalError,
            format!("cannot listen on port {}: {error}", args.port),
        )
        .hint("give another port to `--port`; 0 lets the system pick"),
    }
}
