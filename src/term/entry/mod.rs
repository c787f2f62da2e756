//! Lines that are pasted while something else goes on: read from the controlling terminal without
//! showing them, of any length up to a bound.

#[cfg(not(unix))]
#[path = "elsewhere.rs"]
mod keys;
#[cfg(unix)]
#[path = "unix.rs"]
mod keys;
#[cfg_attr(not(unix), allow(dead_code))]
mod line;

use std::io;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use keyfob_base::secret::Secret;

pub const LONGEST: usize = 16 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// Empty where Enter alone was pressed. What came at one stroke is one line, with `\n` where it was broken.
    Line(Secret),
    /// A line of more than [`LONGEST`] bytes, which is dropped.
    TooLong,
    /// The terminal is gone, or Ctrl-D was pressed; nothing more will come.
    Closed,
}

/// Each key comes at once and none is shown. Nothing is asked meanwhile: the answer would be read here.
#[derive(Debug)]
pub struct Entry {
    events: UnboundedReceiver<Typed>,
    _keys: keys::Keys,
}

impl Entry {
    /// Begins to read. Fails where the process has no controlling terminal or is not in its foreground.
    pub fn begin() -> io::Result<Self> {
        let (sender, events) = unbounded_channel();
        Ok(Self {
            events,
            _keys: keys::Keys::read(sender)?,
        })
    }

    /// The next event. Dropping the future loses none.
    pub async fn next(&mut self) -> Typed {
        self.events.recv().await.unwrap_or(Typed::Closed)
    }
}
