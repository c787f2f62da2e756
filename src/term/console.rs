//! The terminal as the program sees it, and the real one.

use std::io::{ErrorKind, IsTerminal, Write};

use console::Style;

use super::entry::Entry;
#[cfg(unix)]
use super::mode;
use super::progress::{self, Still};
use super::{Canvas, Progress, canvas};
use crate::error::{Error, Result};
use crate::interrupts;
use crate::words::Text;
use keyfob_base::escape::escape;
use keyfob_base::secret::Secret;

/// What the program says and asks. [`Console`] is the one that people meet.
pub trait Terminal: Send + Sync {
    fn say(&self, line: &str);

    /// Tells what nobody can go on without, under `-q` too.
    fn insist(&self, line: &str);

    fn warn(&self, line: &str);

    /// Tells a step of the protocol, under `-v`.
    fn step(&self, line: &str);

    /// Under `-q` too: lines as they are, colours in them.
    fn show(&self, drawing: &Text);

    fn canvas(&self) -> Canvas;

    fn is_quiet(&self) -> bool;

    /// Why a question would reach nobody, in a few words; none where it would.
    fn silence(&self) -> Option<&'static str>;

    fn can_ask(&self) -> bool {
        self.silence().is_none()
    }

    /// Pasted while something else goes on; none where nobody can be asked. Nothing else is asked meanwhile.
    fn entry(&self) -> Option<Entry>;

    /// From here on a signal ends the process, but not while something is under way that must not be cut off.
    fn obey_signals(&self);

    /// Asks yes or no; Enter is no. Where nobody can be asked it fails, naming `flag`.
    fn confirm(&self, question: &str, flag: &str) -> Result<bool>;

    /// Whether somebody can be asked who is looking: not where another job has the terminal.
    fn is_attended(&self) -> bool;

    /// Asks yes or no where somebody can be asked; Enter is yes, and the end of the input no.
    fn affirm(&self, question: &str) -> Result<bool>;

    /// Asks for one visible line. Where nobody can be asked it fails, naming `flag`.
    fn ask(&self, question: &str, flag: &str) -> Result<String>;

    /// Asks for a secret without showing it. Where nobody can be asked it fails, naming `instead`.
    fn ask_secret(&self, question: &str, instead: &str) -> Result<Secret>;

    fn progress(&self, message: &str) -> Progress;
}

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

pub struct Console {
    manner: Manner,
    colour: bool,
    moving: bool,
    silence: Option<&'static str>,
}

impl Console {
    pub fn new(manner: Manner) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let plain = canvas::is_plain() || canvas::is_dumb();
        Self {
            manner,
            colour: terminal && !plain,
            moving: terminal && !plain && !manner.quiet && !manner.json,
            silence: if manner.no_input {
                Some("nothing may be asked (`--no-input`, or CI is set)")
            } else if !std::io::stdin().is_terminal() {
                Some("standard input is no terminal")
            } else if !terminal {
                Some("standard error is no terminal")
            } else {
                None
            },
        }
    }

    pub fn fail(&self, error: &Error) {
        #[cfg(unix)]
        mode::restore();
        progress::erase();
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

    pub(crate) fn interrupt(&self) -> ! {
        let interrupted = interrupts::interrupted();
        self.fail(&interrupted);
        std::process::exit(interrupted.code.exit().into())
    }

    /// With its end, which the end of the input has not.
    fn read_line(&self, question: &str, flag: &str) -> Result<String> {
        self.must_ask(question, flag)?;
        self.obey_signals();
        let _still = Self::put(question);
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|error| Error::io("cannot read the answer", &error))?;
        Ok(line)
    }

    /// Writes a question; no line moves until its answer is there.
    fn put(question: &str) -> Still {
        let still = progress::still();
        write_whole(&format!("{} ", escape(question)));
        still
    }

    #[cfg(unix)]
    fn read_hidden(&self, question: &str) -> std::io::Result<Secret> {
        self.obey_signals();
        let hidden = mode::Hidden::begin()?;
        let _still = Self::put(question);
        hidden.read()
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self)] // on Unix the way out depends on the manner
    fn read_hidden(&self, question: &str) -> std::io::Result<Secret> {
        let _still = Self::put(question);
        rpassword::read_password().map(Secret::new)
    }

    fn label(&self, text: &str, style: &Style) -> String {
        style
            .clone()
            .force_styling(self.colour)
            .apply_to(text)
            .to_string()
    }

    fn must_ask(&self, question: &str, flag: &str) -> Result<()> {
        if self.can_ask() {
            return Ok(());
        }
        let asked = question.trim_end_matches(':');
        Err(Error::usage(format!("nobody can be asked here: {asked}")).hint(flag))
    }
}

impl Terminal for Console {
    fn say(&self, line: &str) {
        if !self.manner.quiet {
            write_above(&escape(line));
        }
    }

    fn insist(&self, line: &str) {
        write_above(&escape(line));
    }

    fn warn(&self, line: &str) {
        if !self.manner.quiet {
            let label = self.label("warning:", &Style::new().yellow().bold());
            write_above(&format!("{label} {}", escape(line)));
        }
    }

    fn step(&self, line: &str) {
        if self.manner.verbose && !self.manner.quiet {
            write_above(&self.label(&format!("· {}", escape(line)), &Style::new().dim()));
        }
    }

    fn show(&self, drawing: &Text) {
        write_above(drawing.as_str().trim_end_matches('\n'));
    }

    fn canvas(&self) -> Canvas {
        Canvas::look()
    }

    fn is_quiet(&self) -> bool {
        self.manner.quiet
    }

    fn silence(&self) -> Option<&'static str> {
        self.silence
    }

    fn entry(&self) -> Option<Entry> {
        if !self.can_ask() {
            return None;
        }
        let entry = Entry::begin();
        entry
            .inspect_err(|cause| self.step(&format!("nothing can be pasted here: {cause}")))
            .ok()
    }

    /// A question may be asked before any runtime listens for signals, which leaves a terminal without
    /// echo behind, or after it, when they are caught for nobody.
    fn obey_signals(&self) {
        let manner = self.manner;
        interrupts::watch(move || Self::new(manner).interrupt());
    }

    fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        let answer = self.ask(&format!("{question} [y/N]"), flag)?;
        Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    fn is_attended(&self) -> bool {
        self.can_ask() && !in_background()
    }

    fn affirm(&self, question: &str) -> Result<bool> {
        let line = self.read_line(&format!("{question} [Y/n]"), "a terminal")?;
        let answer = line.trim().to_ascii_lowercase();
        Ok(line.ends_with('\n') && matches!(answer.as_str(), "" | "y" | "yes"))
    }

    fn ask(&self, question: &str, flag: &str) -> Result<String> {
        Ok(self.read_line(question, flag)?.trim().to_owned())
    }

    fn ask_secret(&self, question: &str, instead: &str) -> Result<Secret> {
        self.must_ask(question, instead)?;
        self.read_hidden(question)
            .map_err(|error| match error.kind() {
                ErrorKind::Interrupted => interrupts::interrupted(),
                ErrorKind::UnexpectedEof => {
                    let asked = question.trim_end_matches(':');
                    Error::usage(format!("no answer was given: {asked}")).hint(instead)
                }
                _ => Error::io("cannot read the answer", &error),
            })
    }

    fn progress(&self, message: &str) -> Progress {
        if self.moving && !in_background() {
            Progress::show(message)
        } else {
            Progress::hidden()
        }
    }
}

/// Whether somebody types at another job's prompt, which nothing that moves should be drawn over.
#[cfg(unix)]
fn in_background() -> bool {
    mode::in_foreground(std::io::stderr()).is_ok_and(|in_front| !in_front)
}

#[cfg(not(unix))]
fn in_background() -> bool {
    false
}

fn write_above(line: &str) {
    progress::above(|| write_line(line));
}

/// Writes a line to stderr; a closed stderr is nobody listening, and no failure.
fn write_line(line: &str) {
    write_whole(&format!("{line}\n"));
}

/// In one piece: stderr has no buffer, and what is typed would be echoed in between.
fn write_whole(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
