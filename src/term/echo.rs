//! A hidden question's answer. The terminal's echo is off before the question is shown, for whoever
//! answers at once would otherwise see the first keys, and on again however the question ends.
//!
//! A signal ends the program while a thread still reads. The shell would be left with a terminal that
//! shows nothing of what is typed, so [`restore`] is called on the way out too.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::secret::Secret;

/// The settings from before the question that is open now. Locked while they are changed, so that
/// whoever gives the echo back does so last.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The echo is off while it lives.
pub struct Hidden(());

impl Hidden {
    /// Turns the echo off, all but the line's end.
    pub fn begin() -> io::Result<Self> {
        let mut open = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Now, &hidden)?;
        *open = Some(before);
        Ok(Self(()))
    }

    /// Reads one line, then lets the echo be on again. The end of the input is a failure, not an
    /// empty answer.
    pub fn read(self) -> io::Result<Secret> {
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        drop(self);
        Ok(Secret::new(line))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

/// Turns the echo on again if a hidden question is open.
pub fn restore() {
    let mut open = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = open.take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before); // the terminal may be gone
    }
}
