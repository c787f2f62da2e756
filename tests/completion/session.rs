//! A shell on a pseudo-terminal, and its screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// The longest that anything on the screen is waited for.
const LIMIT: Duration = Duration::from_secs(30);

const SIZE: PtySize = PtySize {
    rows: 30,
    cols: 120,
    pixel_width: 0,
    pixel_height: 0,
};

/// A running shell.
pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Session {
    /// Starts a shell that knows `home` and nothing of the person who runs the tests.
    pub fn start(home: &Path, shell: &str, args: &[&str]) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(shell);
        command.args(args);
        command.cwd(home);
        command.env_clear();
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}/bin:{path}", home.display()));
        command.env("HOME", home);
        command.env("KEYFOB_HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let _master = pair.master; // closing it would end the shell
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            output,
            screen: vt100::Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0),
        }
    }

    /// Runs a command, clears the screen of it, and waits until that is done.
    pub fn set_up(&mut self, command: &str) {
        // the quotes keep what is typed from being taken for what is printed
        self.press(&format!("{command}; clear; echo set'-'up\r"));
        self.wait_for("set-up");
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Takes back what was typed, with Ctrl-U.
    pub fn clear_line(&mut self) {
        self.press("\x15");
        self.wait_until("an empty line", |screen| !screen.contains("keyfob "));
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits for the program to end; gives its exit code and what it has shown.
    #[allow(dead_code, reason = "a shell is not waited for")]
    pub fn end(mut self) -> (u32, String) {
        while let Ok(bytes) = self.output.recv_timeout(LIMIT) {
            self.take(&bytes);
        }
        let status = self.child.wait().unwrap();
        (status.exit_code(), self.screen.screen().contents())
    }

    fn wait_until(&mut self, what: &str, there: impl Fn(&str) -> bool) {
        let end = Instant::now() + LIMIT;
        loop {
            let shown = self.screen.screen().contents();
            if there(&shown) {
                return;
            }
            match self
                .output
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("waited for {what:?}, saw:\n{shown}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the shell ended, saw:\n{shown}"),
            }
        }
    }

    /// Draws, and answers where the shell asks what terminal this is; some wait for it.
    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        if bytes.windows(3).any(|sequence| sequence == b"\x1b[c") {
            self.press("\x1b[?62c");
        }
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
