//! Ctrl-Z while the terminal is in another mode: its own comes back before the process stops, and the
//! other after `fg`.

use std::sync::{Once, mpsc};

use rustix::process::{Signal, getpgrp, getpid, getsid, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::progress;
use crate::interrupts::is_ignored;

/// Catches SIGTSTP and SIGCONT from here to the end of the process: `suspend` gives the terminal back before
/// it stops, `resume` takes it again. Once caught the first signal stops nothing by itself, so a thread does
/// that, whether a mode is open or not.
pub(crate) fn watch(suspend: fn(), resume: fn()) {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let (ready, caught) = mpsc::channel();
        let watcher = std::thread::Builder::new()
            .name("jobs".into())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                if let Ok(runtime) = runtime {
                    runtime.block_on(obey(ready, suspend, resume));
                }
            });
        if watcher.is_ok() {
            let _ = caught.recv(); // the system's own way to stop remains
        }
    });
}

async fn obey(ready: mpsc::Sender<()>, suspend: fn(), resume: fn()) {
    if is_ignored(Signal::TSTP.as_raw()) {
        return; // nothing stops this process, nor a command that it becomes
    }
    let kind = |of: Signal| SignalKind::from_raw(of.as_raw());
    let Ok(mut goes_on) = signal(kind(Signal::CONT)) else {
        return;
    };
    let Ok(mut stops) = signal(kind(Signal::TSTP)) else {
        return;
    };
    drop(ready);
    let mut still = None;
    loop {
        tokio::select! {
            biased;
            Some(()) = stops.recv() => if could_go_on() {
                still = still.or_else(|| Some(progress::still()));
                suspend();
                let _ = kill_process(getpid(), Signal::STOP); // nothing forbids it to a process itself
            },
            Some(()) = goes_on.recv() => {
                resume();
                still = None;
            }
            else => return,
        }
    }
}

/// Whether a shell could continue this process. Else the system ignores the signal, and so does this: a
/// process group that began with its session has no parent in it.
fn could_go_on() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}
