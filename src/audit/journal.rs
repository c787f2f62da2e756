//! Writes the log of one command.

use std::sync::{Arc, Once, OnceLock};

use super::log::{Action, AuditLog};
use crate::error::{Code, Error};
use crate::paths::Paths;
use crate::term::Terminal;
use keyfob_base::timestamp::Timestamp;

use super::caller::{self, Caller};
use super::event::Event;
use super::file::LogFile;

/// The log of one command.
pub struct Journal {
    file: LogFile,
    verb: &'static str,
    caller_pid: Option<u32>,
    caller: OnceLock<Caller>,
    term: Arc<dyn Terminal>,
    said: Once,
}

impl Journal {
    /// Opens nothing yet. `verb` is the command's own word, such as `token`.
    pub fn new(paths: &Paths, verb: &'static str, term: Arc<dyn Terminal>) -> Self {
        Self {
            file: LogFile::new(paths),
            verb,
            caller_pid: caller::pid(),
            caller: OnceLock::new(),
            term,
            said: Once::new(),
        }
    }
}

/// Whether a line could be written. Makes nothing.
pub fn is_writable(paths: &Paths) -> std::io::Result<()> {
    LogFile::new(paths).is_writable()
}

impl AuditLog for Journal {
    /// What a person broke off did not fail, and is not noted.
    fn note(&self, action: Action, whose: &str, failure: Option<&Error>) {
        let code = failure.map(|error| error.code);
        if code == Some(Code::Interrupted) {
            return;
        }
        let caller = self.caller.get_or_init(|| Caller::of(self.caller_pid));
        let event = Event {
            time: Timestamp::now(),
            event: action.as_str().into(),
            account: (!whose.is_empty()).then(|| whose.into()),
            verb: self.verb.into(),
            caller: caller.program.as_deref().map(Into::into),
            caller_pid: caller.pid,
            pid: std::process::id(),
            error: code.map(|code| code.as_str().into()),
        };
        if let Err(cause) = self.file.append(&event.line()) {
            self.said.call_once(|| {
                let step = format!("not in the audit log: {}: {cause}", self.file.display());
                self.term.step(&step);
            });
        }
    }
}
