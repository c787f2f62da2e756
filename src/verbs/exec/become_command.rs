//! Becoming the command. On Unix the process stays and its program changes, so signals and the exit code
//! are the command's own. The standard library gives it SIGPIPE and the signal mask at their defaults; what
//! keyfob catches is at its default again by itself, and what was ignored was never caught
//! ([`interrupts`](crate::interrupts)).

use std::process::Command;

use super::unable::unable;
use crate::error::Error;

/// Becomes the command; returns only why that was impossible.
#[cfg(unix)]
pub fn run(mut command: Command) -> Error {
    use std::os::unix::process::CommandExt;

    use crate::interrupts;

    let failure = command.exec();
    interrupts::outlive_pipes();
    unable(command.get_program(), &failure)
}

/// Runs the command and ends with its exit code; returns only why it could not be started.
#[cfg(not(unix))]
pub fn run(mut command: Command) -> Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(failure) => unable(command.get_program(), &failure),
    }
}
