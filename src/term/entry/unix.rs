//! The keys of `/dev/tty`, read by a thread.
//!
//! The terminal's own line editing is off, because it cuts a line at 4,096 bytes. A read gives up after a
//! tenth of a second: that ends the thread soon once nobody listens, and tells the end of a paste from a line
//! break within. `poll` would do without waking up, but macOS has none for terminals.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::termios::{InputModes, LocalModes, SpecialCodeIndex, Termios};
use secrecy::zeroize::Zeroizing;
use tokio::sync::mpsc::UnboundedSender;

use super::Typed;
use super::line::Line;
use crate::term::mode::{self, Mode};

/// How long a process in the background waits before it looks again whether the terminal is its own.
const PAUSE: Duration = Duration::from_millis(100);

/// The drop waits for the thread, a tenth of a second at most, and then gives the terminal back.
#[derive(Debug)]
pub(crate) struct Keys {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    mode: Option<Mode>,
}

impl Keys {
    pub(crate) fn read(events: UnboundedSender<Typed>) -> io::Result<Self> {
        let tty = File::open("/dev/tty")?;
        let held = OwnedFd::from(tty.try_clone()?);
        if !mode::in_foreground(&held)? {
            return Err(io::Error::other("another job has the terminal"));
        }
        let mut keys = Self {
            over: Arc::default(),
            thread: None,
            mode: Some(Mode::enter(held, key_by_key)?),
        };
        let over = Arc::clone(&keys.over);
        let read = move || {
            // Whoever listens learns of the end by the dropped sender.
            let _ = read_lines(tty, &over, |typed| events.send(typed).is_ok());
        };
        let thread = std::thread::Builder::new().name("entry".into());
        keys.thread = Some(thread.spawn(read)?);
        Ok(keys)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.over.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in it was shown
        }
        drop(self.mode.take());
    }
}

/// Ctrl-C and Ctrl-Z are signals still. Enter stays `\r`, so that a pasted `\r\n` is one line break.
fn key_by_key(mode: &mut Termios) {
    mode.local_modes
        .remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHONL | LocalModes::IEXTEN);
    mode.local_modes.insert(LocalModes::ISIG);
    mode.input_modes
        .remove(InputModes::ICRNL | InputModes::INLCR | InputModes::IGNCR | InputModes::ISTRIP);
    mode.special_codes[SpecialCodeIndex::VMIN] = 0;
    mode.special_codes[SpecialCodeIndex::VTIME] = 1;
}

/// Reads until the terminal is gone, `over` is set or `tell` says that nobody listens.
fn read_lines(mut tty: File, over: &AtomicBool, tell: impl Fn(Typed) -> bool) -> io::Result<()> {
    let mut line = Line::default();
    let mut chunk = Zeroizing::new([0; 1024]);
    while !over.load(SeqCst) {
        if !mode::in_effect()? {
            std::thread::sleep(PAUSE);
            continue;
        }
        let read = match tty.read(chunk.as_mut_slice()) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        let rest = if read == 0 { line.rest() } else { None };
        let keys = chunk[..read].iter().filter_map(|byte| line.take(*byte));
        for typed in rest.into_iter().chain(keys) {
            let closed = typed == Typed::Closed;
            if !tell(typed) || closed {
                return Ok(());
            }
        }
    }
    Ok(())
}
