//! The command as a child, with keyfob as its parent: signals that were meant for it are forwarded, and its
//! end is waited for.

use std::process::Command;
use std::sync::Arc;

use super::spawn_error::spawn_error;
use crate::error::{Error, Result};
use crate::interrupts::Interrupts;
#[cfg(unix)]
use keyfob_base::memory;

/// Runs the command to its end: its exit code, or 128 and the signal that ended it. `started` is called once it
/// runs. Where a signal came before that, nothing is started.
#[cfg(unix)]
pub(crate) async fn run(
    mut command: Command,
    interrupts: &Arc<Interrupts>,
    started: impl FnOnce(),
) -> Result<i32> {
    use super::signals::{ForwardedSignals, GroupProbe};

    let mut signals = ForwardedSignals::catch();
    let _hold = interrupts.hold()?; // what comes from here on is the command's
    let mut probe = GroupProbe::start();
    memory::restore_core_limit();
    let spawned = command.spawn();
    memory::conceal();
    let mut child = spawned.map_err(|failure| spawn_error(command.get_program(), &failure))?;
    started();
    loop {
        // Asked in one thread, so that no signal is sent to a process that is gone.
        let status = child.try_wait().map_err(|failure| wait_error(&failure))?;
        if let Some(status) = status {
            return Ok(code(status));
        }
        match signals.next().await {
            Some(signal) if probe.reached_group(signal).await => {} // the command has it already
            Some(signal) => {
                let child = rustix::process::Pid::from_child(&child);
                let _ = rustix::process::kill_process(child, signal); // it may have just ended
            }
            None => probe.check(),
        }
    }
}

#[cfg(unix)]
fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    let signal = || 128 + status.signal().unwrap_or_default();
    status.code().unwrap_or_else(signal)
}

/// Runs the command to its end, and gives its exit code. Ctrl-C reaches it by itself.
#[cfg(not(unix))]
pub(crate) async fn run(
    mut command: Command,
    interrupts: &Arc<Interrupts>,
    started: impl FnOnce(),
) -> Result<i32> {
    let _hold = interrupts.hold()?;
    let mut child = command
        .spawn()
        .map_err(|failure| spawn_error(command.get_program(), &failure))?;
    started();
    let wait = move || child.wait().map_err(|failure| wait_error(&failure));
    let status = crate::context::off_thread(wait).await?;
    Ok(status.code().unwrap_or(1))
}

fn wait_error(failure: &std::io::Error) -> Error {
    Error::io("cannot wait for the command", failure)
        .hint("it may still run, without a valid token")
}
