//! Lines that are pasted while something else goes on: read from the controlling terminal without
//! showing them, of any length up to a bound.

use std::io;

use crate::secret::Secret;

/// The longest line that is taken, in bytes.
pub const LONGEST: usize = 16 * 1024;

/// One event at the terminal.
#[derive(Debug)]
pub enum Typed {
    /// A line, without its end; empty where Enter alone was pressed.
    Line(Secret),
    /// A line of more than [`LONGEST`] bytes, which is dropped.
    TooLong,
    /// The terminal is gone; nothing more will come.
    Closed,
}

/// While it lives the terminal gives each key at once and shows none; afterwards it is as it was.
#[derive(Debug)]
pub struct Entry(());

impl Entry {
    /// Begins to read. Fails where the process has no controlling terminal or is not in its foreground.
    pub fn begin() -> io::Result<Self> {
        todo!()
    }

    /// The next event. Dropping the future loses none.
    pub async fn next(&mut self) -> Typed {
        todo!()
    }
}
