//! A shell on a pseudo-terminal, and its screen.

use crate::process::GENEROUS;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// The longest that anything on the screen is waited for.
const LIMIT: Duration = GENEROUS;

/// What a shell is told to prompt with.
pub const PROMPT: &str = "ready> ";

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
    screen: vt100::Parser<Asked>,
}

/// What answers the shell's questions: what terminal this is, and where the cursor stands. They may reach us in
/// pieces.
#[derive(Default)]
struct Asked(String);

impl vt100::Callbacks for Asked {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        private: Option<u8>,
        _: Option<u8>,
        numbers: &[&[u16]],
        letter: char,
    ) {
        match (private, letter, numbers) {
            (None, 'c', _) => self.0 += "\x1b[?62c",
            (None, 'n', [[6]]) => {
                let (row, column) = screen.cursor_position();
                let answer = format!("\x1b[{};{}R", row + 1, column + 1);
                self.0.push_str(&answer);
            }
            _ => {}
        }
    }
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
        let (rows, cols) = (cells(SIZE.rows), cells(SIZE.cols));
        Self {
            child,
            keyboard,
            output,
            screen: vt100::Parser::new_with_callbacks(rows, cols, 0, Asked::default()),
        }
    }

    /// Runs a command that sets `PROMPT`, clears the screen of it, and waits for that prompt.
    #[must_use]
    pub fn set_up(mut self, command: &str) -> Self {
        self.press(&format!("{command}; clear\r"));
        self.wait_for_prompt();
        self
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Types a text, and presses TAB once the shell has drawn it.
    pub fn complete(&mut self, typed: &str) {
        self.press(typed);
        self.wait_for(typed);
        self.press("\t");
    }

    /// Takes back what was typed, with Ctrl-U.
    pub fn clear_line(&mut self) {
        self.press("\x15");
        self.wait_for_prompt();
    }

    /// Waits for nothing but the prompt and the cursor behind it: every shell first takes the
    /// terminal out of the kernel's line editing, then draws its prompt.
    fn wait_for_prompt(&mut self) {
        let behind = (0, u16::try_from(PROMPT.len()).unwrap());
        self.wait_until("the prompt alone", |screen| {
            screen.contents().trim_end() == PROMPT.trim_end() && screen.cursor_position() == behind
        });
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// What is on the screen.
    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits for the program to end; gives its exit code and what it has shown.
    pub fn end(mut self) -> (u32, String) {
        while let Ok(bytes) = self.output.recv_timeout(LIMIT) {
            self.take(&bytes);
        }
        let status = self.child.wait().unwrap();
        (status.exit_code(), self.screen.screen().contents())
    }

    fn wait_until(&mut self, what: &str, there: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + LIMIT;
        loop {
            let screen = self.screen.screen();
            if there(screen) {
                return;
            }
            let shown = screen.contents();
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

    /// Draws, and answers what the shell asks; some wait for it.
    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        let answer = std::mem::take(&mut self.screen.callbacks_mut().0);
        self.press(&answer);
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
