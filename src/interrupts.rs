//! Ctrl-C, Ctrl-\, SIGTERM and SIGHUP: they end a command at once, except while something must not be cut off.
//! Ctrl-\ would otherwise leave a terminal without echo behind, and a core dump with secrets in it.
//!
//! What was ignored when the process began stays so, as `nohup` and the background jobs of a script want it,
//! also in the command that `exec` becomes.

mod ignored;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::{Code, Error, Result};

pub use ignored::is_ignored;

/// Listens for the signals from the start of the runtime to its end.
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
        let signals = Signals::catch();
        LISTENED.store(true, SeqCst);
        tokio::spawn(async move {
            signals.arrived().await;
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
    Error::new(Code::Interrupted, "interrupted").hint("what was said to be done is done, and nothing was left half-done; run it again for the rest")
}

/// The runtime that listened is over. What it caught stays caught, so whoever waits for a person from here
/// on has to [`watch`].
pub fn listen_no_more() {
    LISTENED.store(false, SeqCst);
}

/// Does what must not be cut off where no runtime listens.
pub fn uninterrupted<T>(work: impl FnOnce() -> T) -> T {
    let _working = WORKING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Ends the process by `end` at a signal, where no runtime listens: for a question that is asked
/// without one. Returns once signals are caught, and they stay caught.
pub fn watch(end: impl FnOnce() + Send + 'static) {
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
            let signals = Signals::catch();
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
pub fn outlive_pipes() {
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

/// Locked by [`uninterrupted`].
static WORKING: Mutex<()> = Mutex::new(());

/// Whether [`watch`] was called.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// Ctrl-C, Ctrl-\, SIGTERM and SIGHUP, caught from here on.
#[cfg(unix)]
struct Signals([Option<tokio::signal::unix::Signal>; 4]);

#[cfg(unix)]
impl Signals {
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

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn catch() -> Self {
        Self
    }

    async fn arrived(self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
