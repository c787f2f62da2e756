//! The terminal in another mode than its own: the one place that knows what to give back.
//!
//! Whatever ends the program while a thread still reads would leave the shell a terminal that shows
//! nothing of what is typed. So the terminal's own mode comes back with the drop of [`Mode`], by
//! [`restore`] on the way out, in a panic, and while the process is stopped (`jobs`).

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use keyfob_base::secret::Secret;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcgetpgrp, tcsetattr,
};

use super::jobs;

/// Locked while the terminal is changed, so that whoever gives its mode back does so last.
static OPEN: Mutex<Option<Open>> = Mutex::new(None);

struct Open {
    tty: OwnedFd,
    own: Termios,
    change: fn(&mut Termios),
    in_effect: bool,
}

#[derive(Debug)]
pub(crate) struct Mode(());

impl Mode {
    /// Changes the terminal's mode. Fails where it is changed already.
    pub(crate) fn enter(tty: OwnedFd, change: fn(&mut Termios)) -> io::Result<Self> {
        restore_in_a_panic();
        jobs::watch(suspend, resume);
        let mut open = lock_open();
        if open.is_some() {
            return Err(io::Error::other("the terminal is being read already"));
        }
        let own = tcgetattr(&tty)?;
        let mut entered = Open {
            tty,
            own,
            change,
            in_effect: false,
        };
        entered.apply()?;
        *open = Some(entered);
        Ok(Self(()))
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        restore();
    }
}

impl Open {
    fn apply(&mut self) -> io::Result<()> {
        let mut changed = self.own.clone();
        (self.change)(&mut changed);
        tcsetattr(&self.tty, OptionalActions::Now, &changed)?;
        self.in_effect = true;
        Ok(())
    }

    /// What was typed and not read is dropped: a secret pasted too late is no command for the shell.
    /// In the background the shell has the terminal in its own mode already.
    fn give_back(&mut self) {
        if self.in_effect && in_foreground(&self.tty).unwrap_or(false) {
            let _ = tcsetattr(&self.tty, OptionalActions::Now, &self.own); // it may be gone
            let _ = tcflush(&self.tty, QueueSelector::IFlush);
        }
        self.in_effect = false;
    }
}

pub(crate) fn restore() {
    if let Some(mut open) = lock_open().take() {
        open.give_back();
    }
}

/// The same until [`resume`].
pub(crate) fn suspend() {
    if let Some(open) = lock_open().as_mut() {
        open.give_back();
    }
}

/// The shell may have taken it away while the process was stopped; in the background it stays suspended.
pub(crate) fn resume() {
    if let Some(open) = lock_open().as_mut()
        && in_foreground(&open.tty).unwrap_or(false)
    {
        if !open.in_effect {
            open.own = tcgetattr(&open.tty).unwrap_or_else(|_| open.own.clone());
        }
        let _ = open.apply(); // the next read says that the terminal is gone
    }
}

/// Whether the terminal is ours and in the mode; enters it again where it can be. Fails when the terminal is gone.
pub(crate) fn in_effect() -> io::Result<bool> {
    let mut open = lock_open();
    let Some(open) = open.as_mut() else {
        return Ok(false);
    };
    if !in_foreground(&open.tty)? {
        return Ok(false);
    }
    if !open.in_effect {
        open.own = tcgetattr(&open.tty)?;
        open.apply()?;
    }
    Ok(true)
}

pub(crate) fn in_foreground(tty: impl AsFd) -> io::Result<bool> {
    Ok(tcgetpgrp(tty)? == getpgrp())
}

fn lock_open() -> MutexGuard<'static, Option<Open>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic ends the program without a drop.
fn restore_in_a_panic() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            others(panic);
        }));
    });
}

/// A hidden question. The echo is off before it is shown, for whoever answers at once would otherwise see the
/// first keys, and on again however the question ends.
pub(crate) struct Hidden(Mode);

impl Hidden {
    pub(crate) fn begin() -> io::Result<Self> {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        Mode::enter(stdin, hide).map(Self)
    }

    /// The end of the input is a failure, not an empty answer.
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
