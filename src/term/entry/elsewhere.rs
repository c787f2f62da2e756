//! Lines of stdin, where there is no `/dev/tty`: no longer than the console takes, shown as they are typed,
//! and the line that is being read when nobody listens any more is lost.

use std::io;

use tokio::sync::mpsc::UnboundedSender;

use super::{LONGEST, Typed};
use keyfob_base::secret::Secret;

/// The reading thread, which ends with the next line after the drop.
#[derive(Debug)]
pub(crate) struct Keys(());

impl Keys {
    pub(crate) fn read(events: UnboundedSender<Typed>) -> io::Result<Self> {
        let read = move || while next().is_some_and(|typed| events.send(typed).is_ok()) {};
        std::thread::Builder::new()
            .name("entry".into())
            .spawn(read)?;
        Ok(Self(()))
    }
}

fn next() -> Option<Typed> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(read) if read > LONGEST => Some(Typed::TooLong),
        Ok(_) => Some(Typed::Line(Secret::new(
            line.trim_end_matches(['\r', '\n']),
        ))),
    }
}
