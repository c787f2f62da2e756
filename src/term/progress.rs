//! A line that moves while something is waited for. There is one at a time, and everything else that is
//! written goes above it.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike, WeakProgressBar};

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
        let bar = ProgressBar::with_draw_target(None, target());
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.set_message(escape(message).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        *lock_shown() = Some(bar.downgrade());
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

pub(crate) struct Still(Option<ProgressBar>);

impl Drop for Still {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.set_draw_target(target());
        }
    }
}

/// Takes the moving line out of sight, for a question in its place or while the process is stopped.
pub(crate) fn still() -> Still {
    let bar = current().filter(|bar| !bar.is_hidden());
    if let Some(bar) = &bar {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        let _ = write!(std::io::stderr(), "\r\x1b[2K"); // what was drawn last
    }
    Still(bar)
}

/// Erases the moving line for good: the conversation is over, whoever still holds it.
pub(crate) fn erase() {
    if let Some(bar) = current() {
        bar.finish_and_clear();
    }
}

pub(crate) fn above(write: impl FnOnce()) {
    match current() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn current() -> Option<ProgressBar> {
    lock_shown().as_ref()?.upgrade()
}

fn lock_shown() -> MutexGuard<'static, Option<WeakProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

// The moving line leaves the last columns of stderr alone: indicatif fills its line to the end, and what a key
// echoes then, the `^C` of an interruption first of all, would go to the next line, which would be erased instead.

/// Room for the echo of a few keys.
const COLUMNS: u16 = 8;

/// How often a second it is drawn at most; indicatif's own number for a terminal.
const HERTZ: u8 = 20;

#[derive(Debug)]
struct Margin(Term);

fn target() -> ProgressDrawTarget {
    let stderr = Margin(Term::buffered_stderr());
    ProgressDrawTarget::term_like_with_hz(Box::new(stderr), HERTZ)
}

impl TermLike for Margin {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(COLUMNS).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
