//! The real binary on a pseudo-terminal: what a person sees of it, and the keys they press.

use crate::process::GENEROUS;
use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};
use url::Url;

/// The longest that anything on the screen is waited for.
const LIMIT: Duration = GENEROUS;

/// Wide enough for an authorization URL in one line.
const SIZE: PtySize = PtySize {
    rows: 30,
    cols: 600,
    pixel_width: 0,
    pixel_height: 0,
};

/// A program on a terminal of its own.
pub struct Screen {
    pty: PtyPair,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// All settings of the terminal before the command began, to compare.
    pub before: String,
    /// How often Enter was pressed where a login asks whether somebody new is the person there; none where the
    /// test answers.
    confirmed: Option<usize>,
}

/// How that question ends.
const IS_THAT_YOU: &str = "is that you? [Y/n]";

impl Screen {
    /// Starts a command with its own arguments and environment, on a terminal.
    pub fn start(command: &Command) -> Self {
        let mut on_terminal = CommandBuilder::new(command.get_program());
        on_terminal.args(command.get_args());
        on_terminal.env_clear();
        on_terminal.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                on_terminal.env(name, value);
            }
        }
        let pty = native_pty_system().openpty(SIZE).expect("a terminal");
        let before = settings(&pty);
        let child = pty.slave.spawn_command(on_terminal).expect("it starts");
        let mut reader = pty.master.try_clone_reader().expect("a terminal");
        let keyboard = pty.master.take_writer().expect("a terminal");
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            pty,
            child,
            keyboard,
            output,
            parser: vt100::Parser::new(
                SIZE.rows.try_into().expect("rows"),
                SIZE.cols.try_into().expect("columns"),
                0,
            ),
            raw: Vec::new(),
            before,
            confirmed: Some(0),
        }
    }

    /// Leaves it to the test to say who is there.
    #[must_use]
    pub fn unconfirmed(mut self) -> Self {
        self.confirmed = None;
        self
    }

    fn confirm(&mut self) {
        let asked = self.raw().matches(IS_THAT_YOU).count();
        if self.confirmed.is_some_and(|confirmed| confirmed < asked) {
            self.confirmed = Some(asked);
            self.press("\r");
        }
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("a terminal");
        self.keyboard.flush().expect("a terminal");
    }

    /// What is on the screen now.
    pub fn shown(&mut self) -> String {
        while let Ok(bytes) = self.output.try_recv() {
            self.parser.process(&bytes);
            self.raw.extend(bytes);
        }
        self.parser.screen().contents()
    }

    /// Everything that was written so far, as it was.
    pub fn raw(&mut self) -> String {
        self.shown();
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.shown().contains(text));
    }

    /// Waits for the address that a login prints.
    #[track_caller]
    pub fn address(&mut self) -> Url {
        let mut found = None;
        self.wait_until("an address", |screen| {
            let shown = screen.shown();
            found = shown.lines().find_map(|line| Url::parse(line.trim()).ok());
            found.is_some()
        });
        found.expect("waited for it")
    }

    /// Waits for the address of the authorization endpoint, among others that are shown; the last one.
    #[track_caller]
    pub fn authorization_url(&mut self) -> Url {
        let mut found = None;
        self.wait_until("an authorization request", |screen| {
            let shown = screen.shown();
            let asks = |url: &Url| {
                let mut names = url.query_pairs().map(|(name, _)| name);
                names.any(|name| name == "code_challenge" || name == "request_uri")
            };
            let urls = shown
                .lines()
                .rev()
                .filter_map(|line| Url::parse(line.trim()).ok());
            found = urls.into_iter().find(asks);
            found.is_some()
        });
        found.expect("waited for it")
    }

    /// Waits until what is typed is echoed, or is not.
    #[track_caller]
    pub fn wait_for_echo(&mut self, echo: bool) {
        self.wait_until("the echo to change", |screen| screen.echoes() == echo);
    }

    /// Whether what is typed is echoed.
    pub fn echoes(&self) -> bool {
        const ECHO: u64 = 0o10; // on Linux and macOS alike
        let settings = self.pty.master.get_termios().expect("a terminal");
        u64::from(settings.local_flags.bits()) & ECHO != 0
    }

    /// All settings of the terminal, to compare.
    pub fn settings(&self) -> String {
        settings(&self.pty)
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits for the end: the exit code, and the last screen.
    #[track_caller]
    pub fn end(&mut self) -> (u32, String) {
        let mut status = None;
        self.wait_until("the end", |screen| {
            status = screen.child.try_wait().expect("a child");
            status.is_some()
        });
        // The last bytes are on their way, and the terminal does not say which are the last.
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.parser.process(&bytes);
            self.raw.extend(bytes);
        }
        (status.expect("waited for it").exit_code(), self.shown())
    }

    /// Waits until something holds of it.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, mut there: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + LIMIT;
        while !there(self) {
            self.confirm();
            let shown = self.shown();
            assert!(Instant::now() < end, "waited for {what}, saw:\n{shown}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn settings(pty: &PtyPair) -> String {
    format!("{:?}", pty.master.get_termios().expect("a terminal"))
}
