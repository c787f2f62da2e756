//! The terminal's echo, given back where a hidden question is cut off.
//!
//! rpassword gives it back once it has an answer. A signal ends the program while its thread still
//! reads, and the shell would be left with a terminal that shows nothing of what is typed.

use std::sync::{Mutex, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The settings from before the question that is open now.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Notes the settings until the guard is dropped.
pub struct Kept;

/// Called before a hidden question.
pub fn keep() -> Kept {
    set(tcgetattr(std::io::stdin()).ok());
    Kept
}

/// Gives the echo back if a hidden question is still open.
pub fn restore() {
    if let Some(before) = set(None) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before); // the terminal may be gone
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        set(None);
    }
}

fn set(settings: Option<Termios>) -> Option<Termios> {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut before, settings)
}
