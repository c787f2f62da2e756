//! The terminal's echo: off before a hidden question is shown, for whoever answers at once would
//! otherwise see the first keys, and back however the question ends.
//!
//! A signal ends the program while a thread still reads. The shell would be left with a terminal that
//! shows nothing of what is typed, so [`restore`] is called on the way out too.

use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The settings from before the question that is open now.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The echo is off while it lives.
pub struct Hidden;

/// Turns the echo off, where stdin is a terminal.
pub fn hide() -> Hidden {
    if let Ok(before) = tcgetattr(std::io::stdin()) {
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        set(Some(before));
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden); // rpassword tries again
    }
    Hidden
}

/// Turns the echo on again if a hidden question is open.
pub fn restore() {
    if let Some(before) = set(None) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before); // the terminal may be gone
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

fn set(settings: Option<Termios>) -> Option<Termios> {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut before, settings)
}
