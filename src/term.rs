//! The conversation with the person at the terminal. It is held on stderr, always; stdout is the answer.
//!
//! The rules, for every message in the program:
//! - no capital initial, no full stop, names in backticks, one line a thought;
//! - what came from a server or a file is escaped before it is shown;
//! - a question is asked only where somebody can answer it, and each has a flag that replaces it;
//! - colour and motion only on a terminal, and never with `NO_COLOR`;
//! - `-q` silences everything but errors and what nobody can go on without; `-v` adds each protocol step, with no secret in it.

#[cfg(unix)]
mod echo;
pub mod entry;

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};

use crate::error::{Code, Error, Result};
use crate::escape::escape;
use crate::interrupts;
use crate::secret::Secret;

/// What the program says and asks. [`Console`] is the one that people meet.
pub trait Terminal: Send + Sync {
    /// Tells how things go.
    fn say(&self, line: &str);

    /// Tells what nobody can go on without, under `-q` too.
    fn insist(&self, line: &str);

    /// Tells what is not as it should be, and is no failure.
    fn warn(&self, line: &str);

    /// Tells a step of the protocol, under `-v`.
    fn step(&self, line: &str);

    /// Whether a question would reach anybody.
    fn can_ask(&self) -> bool;

    /// Asks yes or no; Enter is no. Where nobody can be asked it fails, naming `flag`.
    fn confirm(&self, question: &str, flag: &str) -> Result<bool>;

    /// Asks for one visible line. Where nobody can be asked it fails, naming `flag`.
    fn ask(&self, question: &str, flag: &str) -> Result<String>;

    /// Asks for a secret without showing it. Where nobody can be asked it fails, naming `instead`.
    fn ask_secret(&self, question: &str, instead: &str) -> Result<Secret>;

    /// Shows that something goes on, until the guard is dropped.
    fn progress(&self, message: &str) -> Progress;
}

/// A line that moves while something is waited for, and is erased when dropped.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// Replaces the text.
    pub fn update(&self, message: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(escape(message).into_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A moving line that stands still and out of sight until dropped.
struct Still(Option<ProgressBar>);

impl Drop for Still {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

/// How the conversation is held, from the global options.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// `-q`: errors only.
    pub quiet: bool,
    /// `-v`: protocol steps too.
    pub verbose: bool,
    /// `--json`: a failure is one JSON object.
    pub json: bool,
    /// `--no-input` or `CI`: nothing is asked.
    pub no_input: bool,
}

/// The real terminal.
pub struct Console {
    manner: Manner,
    colour: bool,
    moving: bool,
    asking: bool,
    progress: Mutex<WeakProgressBar>,
}

impl Console {
    /// Looks at stdin and stderr, once.
    pub fn new(manner: Manner) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            manner,
            colour: terminal && !plain,
            moving: terminal && !plain && !manner.quiet && !manner.json,
            asking: terminal && std::io::stdin().is_terminal() && !manner.no_input,
            progress: Mutex::default(),
        }
    }

    /// Ends the program's part of the conversation with a failure.
    pub fn fail(&self, error: &Error) {
        #[cfg(unix)]
        echo::restore();
        if self.manner.json {
            write_line(&error.json());
            return;
        }
        write_line(&format!(
            "{} {error}",
            self.label("error:", &Style::new().red().bold())
        ));
        if let Some(hint) = &error.hint {
            let mut label = self.label("hint:", &Style::new().cyan());
            for line in hint.lines() {
                write_line(&format!("{label}  {}", escape(line)));
                label = "     ".into();
            }
        }
    }

    /// Writes a line, above the moving one where there is one.
    fn write(&self, line: &str) {
        match self.shown().upgrade() {
            Some(bar) => bar.suspend(|| write_line(line)),
            None => write_line(line),
        }
    }

    /// Writes a question; no line moves until its answer is there.
    fn put(&self, question: &str) -> Still {
        let bar = self.shown().upgrade();
        let mut stderr = std::io::stderr();
        if let Some(bar) = &bar {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            let _ = write!(stderr, "\r\x1b[2K"); // what was drawn last
        }
        let _ = write!(stderr, "{} ", escape(question)).and_then(|()| stderr.flush());
        Still(bar)
    }

    fn shown(&self) -> MutexGuard<'_, WeakProgressBar> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(unix)]
    fn read_hidden(&self, question: &str) -> std::io::Result<Secret> {
        self.give_the_echo_back_at_a_signal();
        let hidden = echo::Hidden::begin()?;
        let _still = self.put(question);
        hidden.read()
    }

    #[cfg(not(unix))]
    fn read_hidden(&self, question: &str) -> std::io::Result<Secret> {
        let _still = self.put(question);
        rpassword::read_password().map(Secret::new)
    }

    /// A hidden question may be asked before any runtime listens for signals.
    #[cfg(unix)]
    fn give_the_echo_back_at_a_signal(&self) {
        let manner = self.manner;
        interrupts::watch(move || {
            let interrupted = interrupts::interrupted();
            Self::new(manner).fail(&interrupted);
            std::process::exit(interrupted.code.exit().into())
        });
    }

    fn label(&self, text: &str, style: &Style) -> String {
        style
            .clone()
            .force_styling(self.colour)
            .apply_to(text)
            .to_string()
    }

    fn must_ask(&self, question: &str, flag: &str) -> Result<()> {
        if self.asking {
            return Ok(());
        }
        Err(Error::new(Code::Usage, format!("nobody can be asked here: {question}")).hint(flag))
    }
}

impl Terminal for Console {
    fn say(&self, line: &str) {
        if !self.manner.quiet {
            self.write(&escape(line));
        }
    }

    fn insist(&self, line: &str) {
        self.write(&escape(line));
    }

    fn warn(&self, line: &str) {
        if !self.manner.quiet {
            let label = self.label("warning:", &Style::new().yellow().bold());
            self.write(&format!("{label} {}", escape(line)));
        }
    }

    fn step(&self, line: &str) {
        if self.manner.verbose && !self.manner.quiet {
            self.write(&self.label(&format!("· {}", escape(line)), &Style::new().dim()));
        }
    }

    fn can_ask(&self) -> bool {
        self.asking
    }

    fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        let answer = self.ask(&format!("{question} [y/N]"), flag)?;
        Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    fn ask(&self, question: &str, flag: &str) -> Result<String> {
        self.must_ask(question, flag)?;
        let _still = self.put(question);
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|error| Error::io("cannot read the answer", &error))?;
        Ok(line.trim().to_owned())
    }

    fn ask_secret(&self, question: &str, instead: &str) -> Result<Secret> {
        self.must_ask(question, instead)?;
        self.read_hidden(question)
            .map_err(|error| match error.kind() {
                ErrorKind::Interrupted => interrupts::interrupted(),
                _ => Error::io("cannot read the answer", &error),
            })
    }

    fn progress(&self, message: &str) -> Progress {
        if !self.moving {
            return Progress(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.set_message(escape(message).into_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        *self.shown() = bar.downgrade();
        Progress(Some(bar))
    }
}

/// Writes a line to stderr; a closed stderr is nobody listening, and no failure.
fn write_line(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
