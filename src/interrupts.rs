//! Ctrl-C, SIGTERM and SIGHUP: they end a command at once, except while something must not be cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::{Code, Error, Result};

/// Listens for the signals from the start of the runtime to the end of the process.
#[derive(Debug, Default)]
pub struct Interrupts {
    arrived: AtomicBool,
    holds: AtomicUsize,
    changed: Notify,
}

/// While it lives a signal is noted and not obeyed.
#[derive(Debug)]
pub struct Hold(Arc<Interrupts>);

impl Interrupts {
    /// Starts to listen; called inside the runtime.
    pub fn listen() -> Arc<Self> {
        let interrupts = Arc::new(Self::default());
        let listener = Arc::clone(&interrupts);
        tokio::spawn(async move {
            signal().await;
            listener.arrived.store(true, SeqCst);
            listener.changed.notify_waiters();
        });
        interrupts
    }

    /// Holds signals off. Refused once one has arrived: then nothing new is begun.
    pub fn hold(self: &Arc<Self>) -> Result<Hold> {
        self.holds.fetch_add(1, SeqCst);
        let hold = Hold(Arc::clone(self));
        self.check().map(|()| hold)
    }

    /// Fails once a signal has arrived, held off or not.
    pub fn check(&self) -> Result<()> {
        if self.arrived.load(SeqCst) {
            return Err(interrupted());
        }
        Ok(())
    }

    /// Sleeps; a signal ends it at once, held off or not, for nothing is under way.
    pub async fn sleep(&self, time: Duration) -> Result<()> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.until(|| self.arrived.load(SeqCst)) => Err(interrupted()),
        }
    }

    /// Waits until a signal has arrived and nothing holds it off.
    pub async fn obeyed(&self) -> Error {
        self.until(|| self.arrived.load(SeqCst) && self.holds.load(SeqCst) == 0)
            .await;
        interrupted()
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        loop {
            let changed = self.changed.notified();
            if holds() {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, SeqCst);
        self.0.changed.notify_waiters();
    }
}

/// A command that a signal ended.
pub fn interrupted() -> Error {
    Error::new(Code::Interrupted, "interrupted").hint("nothing was left half-done; run it again")
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).ok();
    let mut signals = (
        listen(SignalKind::interrupt()),
        listen(SignalKind::terminate()),
        listen(SignalKind::hangup()),
    );
    tokio::select! {
        Some(()) = async { signals.0.as_mut()?.recv().await } => {}
        Some(()) = async { signals.1.as_mut()?.recv().await } => {}
        Some(()) = async { signals.2.as_mut()?.recv().await } => {}
        else => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
