//! A hidden question's answer. The terminal's echo is off before the question is shown, for whoever
//! answers at once would otherwise see the first keys, and on again however the question ends.

use std::io;
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, Termios};

use super::mode::Mode;
use keyfob_base::secret::Secret;

pub(crate) struct Hidden(Mode);

impl Hidden {
    pub(crate) fn begin() -> io::Result<Self> {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        Mode::enter(stdin, hide).map(Self)
    }

    /// Reads one line, then lets the echo be on again. The end of the input is a failure, not an
    /// empty answer.
    pub(crate) fn read(self) -> io::Result<Secret> {
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        drop(self.0);
        Ok(Secret::new(line))
    }
}

fn hide(mode: &mut Termios) {
    mode.local_modes.remove(LocalModes::ECHO);
    mode.local_modes.insert(LocalModes::ECHONL);
}
