//! Ctrl-C, Ctrl-\, SIGTERM and SIGHUP: they end a command at once, except while something must not be cut off.
//! Ctrl-\ would otherwise leave a terminal without echo behind, and a core dump with secrets in it.
//!
//! What was ignored when the process began stays so, as `nohup` and the background jobs of a script want it,
//! also in the command that `exec` becomes.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::{Code, Error, Result};

/// Listens for the signals from the start of the runtime to its end.
#[derive(Debug, Default)]
pub struct Interrupts {
    arrived: AtomicBool,
    holds: AtomicUsize,
    changed: Notify,
}

/// While it lives a signal is noted and not obeyed.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Interrupts>);

impl Interrupts {
    /// Starts to listen; called inside the runtime.
    pub fn listen() -> Arc<Self> {
        let interrupts = Arc::new(Self::default());
        let listener = Arc::clone(&interrupts);
        let signals = CaughtSignals::catch();
        LISTENED.store(true, SeqCst);
        tokio::spawn(async move {
            signals.arrived().await;
            listener.arrived.store(true, SeqCst);
            listener.changed.notify_waiters();
        });
        interrupts
    }

    /// Holds signals off. Refused once one has arrived: then nothing new is begun.
    pub(crate) fn hold(self: &Arc<Self>) -> Result<Hold> {
        self.holds.fetch_add(1, SeqCst);
        let hold = Hold(Arc::clone(self));
        self.check().map(|()| hold)
    }

    /// Fails once a signal has arrived, held off or not.
    pub(crate) fn check(&self) -> Result<()> {
        if self.arrived.load(SeqCst) {
            return Err(interrupted());
        }
        Ok(())
    }

    /// Sleeps; a signal ends it at once, held off or not, for nothing is under way.
    pub(crate) async fn sleep(&self, time: Duration) -> Result<()> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.until(|| self.arrived.load(SeqCst)) => Err(interrupted()),
        }
    }

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

pub(crate) fn interrupted() -> Error {
    Error::new(Code::Interrupted, "interrupted").hint("what was said to be done is done, and nothing was left half-done; run it again for the rest")
}

/// The runtime that listened is over. What it caught stays caught, so whoever waits for a person from here
/// on has to [`watch`].
pub(crate) fn listen_no_more() {
    LISTENED.store(false, SeqCst);
}

/// Does what must not be cut off where no runtime listens.
pub(crate) fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    let _working = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Ends the process by `end` at a signal, where no runtime listens: for a question that is asked
/// without one. Returns once signals are caught, and they stay caught.
pub(crate) fn watch(end: impl FnOnce() + Send + 'static) {
    if LISTENED.load(SeqCst) || WATCHED.swap(true, SeqCst) {
        return;
    }
    let (ready, caught) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else {
            return; // the system's own way to end remains
        };
        runtime.block_on(async {
            let signals = CaughtSignals::catch();
            let _ = ready.send(());
            signals.arrived().await;
        });
        let _working = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
        if !LISTENED.load(SeqCst) {
            end();
        }
    });
    let _ = caught.recv();
}

/// Lets what is written to a pipe without a reader fail again, instead of ending the process: an attempt to
/// become another program has given that signal its default.
#[cfg(unix)]
pub(crate) fn outlive_pipes() {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    if let Ok(runtime) = runtime {
        let _inside = runtime.enter();
        let _ = signal(SignalKind::pipe()); // caught from here on, and by nobody
    }
}

/// Whether [`Interrupts`] decides what a signal ends.
static LISTENED: AtomicBool = AtomicBool::new(false);

static WORKING: Mutex<()> = Mutex::new(());

static WATCHED: AtomicBool = AtomicBool::new(false);

#[cfg(unix)]
struct CaughtSignals([Option<tokio::signal::unix::Signal>; 4]);

#[cfg(unix)]
impl CaughtSignals {
    fn catch() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::quit(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let heard = |kind: &SignalKind| !is_ignored(kind.as_raw_value());
        Self(kinds.map(|kind| Some(kind).filter(heard).and_then(|kind| signal(kind).ok())))
    }

    async fn arrived(mut self) {
        let [interrupt, quit, terminate, hangup] = &mut self.0;
        tokio::select! {
            Some(()) = async { interrupt.as_mut()?.recv().await } => {}
            Some(()) = async { quit.as_mut()?.recv().await } => {}
            Some(()) = async { terminate.as_mut()?.recv().await } => {}
            Some(()) = async { hangup.as_mut()?.recv().await } => {}
            else => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
struct CaughtSignals;

#[cfg(not(unix))]
impl CaughtSignals {
    fn catch() -> Self {
        Self
    }

    async fn arrived(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

// Which signals this process ignores.

/// Whether a signal, by its number, is ignored. Only Linux can say without unsafe code; elsewhere none is
/// taken as ignored, and is then caught, and at its default in a command that `exec` becomes.
pub(crate) fn is_ignored(signal: i32) -> bool {
    if !cfg!(any(target_os = "linux", target_os = "android")) {
        return false;
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_in(&status, signal)
}

/// The mask has the lowest bit for signal 1.
fn ignored_in(status: &str, signal: i32) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u128::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal - 1).ok();
    mask.zip(bit)
        .and_then(|(mask, bit)| mask.checked_shr(bit))
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::ignored_in;

    #[test]
    fn the_mask_counts_from_one() {
        let status =
            "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\tffff\n";
        let ignored: Vec<i32> = (-1..=130).filter(|n| ignored_in(status, *n)).collect();
        assert_eq!(ignored, [1, 13]);
        assert!(!ignored_in("", 1) && !ignored_in("SigIgn:\tx", 1));
    }
}
