//! What is worth a line in the audit log, and the log of one command, which writes the line.

use std::borrow::Cow;
use std::sync::{Arc, Once, OnceLock};

use serde::{Deserialize, Serialize};

use super::caller::{self, Caller};
use super::file::LogFile;
use crate::error::{Code, Error};
use crate::paths::Paths;
use crate::term::Terminal;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    SignIn,
    /// A refresh token, or a grant that needs no person, got a new token.
    Refresh,
    /// An identity token was exchanged, and nothing was kept.
    Exchange,
    /// A token was handed out: printed, exported, or put into a command's environment.
    HandOut,
    Revoke,
    SignOut,
    Move,
    Backup,
    Restore,
    /// A secret that nothing led to was removed.
    Mend,
}

impl Action {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Refresh => "refresh",
            Self::Exchange => "exchange",
            Self::HandOut => "hand_out",
            Self::Revoke => "revoke",
            Self::SignOut => "sign_out",
            Self::Move => "move",
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Mend => "mend",
        }
    }
}

/// What was done, to whose token, for whom. Words that this version does not know are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditEvent<'a> {
    pub time: Timestamp,
    pub event: Cow<'a, str>,
    /// `PROVIDER/NAME`, or `PROVIDER`; `None` where a failure left that open.
    pub account: Option<Cow<'a, str>>,
    pub verb: Cow<'a, str>,
    /// The name of the program that ran keyfob, escaped; `None` where the system does not tell.
    pub caller: Option<Cow<'a, str>>,
    pub caller_pid: Option<u32>,
    pub pid: u32,
    pub error: Option<Cow<'a, str>>,
}

/// How every line begins. No text inside a line can hold it, for a quotation mark is escaped there.
pub(crate) const BEGINNING: &[u8] = b"{\"time\":\"";

impl AuditEvent<'_> {
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(256); // most fit
        serde_json::to_writer(&mut line, self).expect("string keys, and a Vec takes everything");
        line.push(b'\n');
        line
    }

    /// Whether it concerns this account, or an account of this provider.
    pub(crate) fn concerns(&self, account: &str) -> bool {
        self.account.as_deref().is_some_and(|whose| {
            let rest = whose.strip_prefix(account);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

pub(crate) struct AuditLog {
    /// `None` where the user wants no log.
    file: Option<LogFile>,
    verb: &'static str,
    caller_pid: Option<u32>,
    caller: OnceLock<Caller>,
    term: Arc<dyn Terminal>,
    said: Once,
}

impl AuditLog {
    /// Opens nothing yet. `verb` is the command's own word, such as `token`.
    pub(crate) fn new(paths: Option<&Paths>, verb: &'static str, term: Arc<dyn Terminal>) -> Self {
        Self {
            file: paths.map(LogFile::new),
            verb,
            caller_pid: caller::pid(),
            caller: OnceLock::new(),
            term,
            said: Once::new(),
        }
    }

    /// Notes an action on `whose` token (`PROVIDER/NAME`, `PROVIDER` where no account is concerned, nothing
    /// where neither is known), or why it failed; what a person broke off did not fail, and is not noted. Never
    /// fails and never blocks for long: the log is not worth a command.
    pub(crate) fn note(&self, action: Action, whose: &str, failure: Option<&Error>) {
        let code = failure.map(|error| error.code);
        let Some(file) = self
            .file
            .as_ref()
            .filter(|_| code != Some(Code::Interrupted))
        else {
            return;
        };
        let caller = self.caller.get_or_init(|| Caller::of(self.caller_pid));
        let event = AuditEvent {
            time: Timestamp::now(),
            event: action.as_str().into(),
            account: (!whose.is_empty()).then(|| whose.into()),
            verb: self.verb.into(),
            caller: caller.program.as_deref().map(Into::into),
            caller_pid: caller.pid,
            pid: std::process::id(),
            error: code.map(|code| code.as_str().into()),
        };
        if let Err(cause) = file.append(&event.line()) {
            self.said.call_once(|| {
                let step = format!("not in the audit log: {}: {cause}", file.display());
                self.term.step(&step);
            });
        }
    }
}

/// Whether a line could be written. Makes nothing.
pub(crate) fn is_writable(paths: &Paths) -> std::io::Result<()> {
    LogFile::new(paths).is_writable()
}
