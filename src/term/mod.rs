//! The conversation with the person at the terminal. It is held on stderr, always; stdout is the answer.
//!
//! The rules, for every message in the program:
//! - no capital initial, no full stop, names in backticks, one line a thought;
//! - what came from a server or a file is escaped before it is shown;
//! - a question is asked only where somebody can answer it, and each has a flag that replaces it;
//! - colour and motion only on a terminal, and never with `NO_COLOR` or on a dumb one;
//! - `-q` silences everything but errors and what nobody can go on without; `-v` adds each protocol step, with no secret in it.

mod canvas;
mod console;
pub mod entry;
#[cfg(unix)]
mod jobs;
#[cfg(unix)]
mod mode;
mod progress;

pub(crate) use canvas::Canvas;
pub use console::{Console, Manner, Terminal};
pub(crate) use progress::Progress;
