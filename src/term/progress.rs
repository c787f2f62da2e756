//! A line that moves while something is waited for. There is one at a time, and everything else that is
//! written goes above it.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};

use super::margin;
use keyfob_base::escape::escape;

/// The one that is shown. It belongs to the terminal, not to whoever holds the conversation there: an
/// error is written by another [`Console`](super::Console) than the one that showed it.
static SHOWN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// A line that moves while something is waited for, and is erased when dropped.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn hidden() -> Self {
        Self(None)
    }

    pub(crate) fn show(message: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, margin::target());
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.set_message(escape(message).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        *locked() = Some(bar.downgrade());
        Self(Some(bar))
    }

    pub(crate) fn update(&self, message: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(escape(message).into_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A moving line that stands still and out of sight until dropped.
pub(crate) struct Still(Option<ProgressBar>);

impl Drop for Still {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.set_draw_target(margin::target());
        }
    }
}

/// Takes the moving line out of sight, for a question in its place or while the process is stopped.
pub(crate) fn still() -> Still {
    let bar = shown().filter(|bar| !bar.is_hidden());
    if let Some(bar) = &bar {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        let _ = write!(std::io::stderr(), "\r\x1b[2K"); // what was drawn last
    }
    Still(bar)
}

/// Erases the moving line for good: the conversation is over, whoever still holds it.
pub(crate) fn erase() {
    if let Some(bar) = shown() {
        bar.finish_and_clear();
    }
}

/// Writes by `write`, above the moving line where there is one.
pub(crate) fn above(write: impl FnOnce()) {
    match shown() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn shown() -> Option<ProgressBar> {
    locked().as_ref()?.upgrade()
}

fn locked() -> MutexGuard<'static, Option<WeakProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
