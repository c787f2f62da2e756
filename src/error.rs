//! What can go wrong, said once: the codes, their exit codes, and the shape of a failure.
//!
//! Whoever raises an [`Error`] gives the hint, because only there is the next step known.

use std::fmt;
use std::path::Path;

use clap::ValueEnum;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use keyfob_base::escape::escape;
use keyfob_base::files::NotLocked;

/// Why a command failed, as a stable word. Scripts match on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Code {
    /// The person or the server said no at the authorization endpoint (RFC 6749 §4.1.2.1).
    AccessDenied,
    /// A name is taken by another identity, or the wrong person signed in.
    AccountConflict,
    /// `PROVIDER` or nothing was given and several accounts fit.
    AmbiguousAccount,
    BackupInvalid,
    CommandNotExecutable,
    CommandNotFound,
    /// A provider definition or `config.toml` is wrong.
    ConfigInvalid,
    /// A provider's endpoints moved to an origin the account's tokens were not issued under.
    EndpointChanged,
    /// A code or sign-in was used after its time.
    ExpiredToken,
    /// A fault of keyfob itself, or of the file system under it.
    InternalError,
    InvalidResponse,
    /// A redirect that does not belong to this login, or comes from another issuer.
    InvalidState,
    Locked,
    /// Only a new sign-in helps.
    LoginRequired,
    NetworkError,
    /// A secret would go to a server that nothing vouches for and nobody accepted.
    OriginRefused,
    /// The server answered 429 or 5xx.
    ProviderUnavailable,
    /// An account's entry and what is sealed with its secret differ, or the secret is an old or a strange one.
    RecordMismatch,
    /// The token endpoint refused a refresh for a reason that a new sign-in may not mend.
    RefreshFailed,
    /// `check` found a token that has ended, and that the next use renews.
    RefreshRequired,
    /// No client id (or client secret) is known for the provider.
    RegistrationRequired,
    RevocationFailed,
    StoreUnavailable,
    TestFailed,
    Timeout,
    TokenExchangeFailed,
    /// The provider refuses a token that was just renewed.
    Unauthorized,
    UnknownAccount,
    UnknownProvider,
    Usage,
    /// Ctrl-C, SIGTERM or SIGHUP.
    Interrupted,
}

impl Code {
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Code::AccessDenied => "access_denied",
            Code::AccountConflict => "account_conflict",
            Code::AmbiguousAccount => "ambiguous_account",
            Code::BackupInvalid => "backup_invalid",
            Code::CommandNotExecutable => "command_not_executable",
            Code::CommandNotFound => "command_not_found",
            Code::ConfigInvalid => "config_invalid",
            Code::EndpointChanged => "endpoint_changed",
            Code::ExpiredToken => "expired_token",
            Code::InternalError => "internal_error",
            Code::InvalidResponse => "invalid_response",
            Code::InvalidState => "invalid_state",
            Code::Locked => "locked",
            Code::LoginRequired => "login_required",
            Code::NetworkError => "network_error",
            Code::OriginRefused => "origin_refused",
            Code::ProviderUnavailable => "provider_unavailable",
            Code::RefreshFailed => "refresh_failed",
            Code::RecordMismatch => "record_mismatch",
            Code::RefreshRequired => "refresh_required",
            Code::RegistrationRequired => "registration_required",
            Code::RevocationFailed => "revocation_failed",
            Code::StoreUnavailable => "store_unavailable",
            Code::TestFailed => "test_failed",
            Code::Timeout => "timeout",
            Code::TokenExchangeFailed => "token_exchange_failed",
            Code::Unauthorized => "unauthorized",
            Code::UnknownAccount => "unknown_account",
            Code::UnknownProvider => "unknown_provider",
            Code::Usage => "usage",
            Code::Interrupted => "interrupted",
        }
    }

    pub fn exit(self) -> u8 {
        match self {
            Code::Usage | Code::UnknownProvider | Code::UnknownAccount | Code::AmbiguousAccount => {
                2
            }
            Code::NetworkError
            | Code::ProviderUnavailable
            | Code::Locked
            | Code::RefreshRequired => 3,
            Code::LoginRequired | Code::Unauthorized => 4,
            Code::StoreUnavailable => 5,
            Code::CommandNotExecutable => 126,
            Code::CommandNotFound => 127,
            Code::Interrupted => 130,
            _ => 1,
        }
    }
}

/// A failure as its reader meets it: what happened, to which account, and the next step.
#[derive(Debug, Clone)]
pub struct Error {
    pub code: Code,
    /// One line, lower case, no full stop. May hold words of a server; shown escaped.
    pub message: String,
    /// What to do next, in the imperative; may have several lines.
    pub hint: Option<String>,
    /// `PROVIDER/NAME`, where one account is concerned.
    pub account: Option<String>,
}

/// The result of everything above `oauth` and `store`, which have small errors of their own.
pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            account: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the account, unless a more precise place named one already.
    #[must_use]
    pub(crate) fn account(mut self, account: impl fmt::Display) -> Self {
        self.account.get_or_insert_with(|| account.to_string());
        self
    }

    /// The same failure with words before its message.
    #[must_use]
    pub(crate) fn prefix(self, words: impl fmt::Display) -> Self {
        Self {
            message: format!("{words}: {}", self.message),
            ..self
        }
    }

    /// A failure of the file system, with what was being done to which file.
    pub(crate) fn io(doing: impl fmt::Display, source: &std::io::Error) -> Self {
        Self::new(Code::InternalError, format!("{doing}: {source}"))
            .hint("check the free space and the permissions of that folder, then run it again")
    }

    /// A lock on files that a person edits with `verb`.
    pub(crate) fn lock(path: &Path, why: &NotLocked, verb: &str) -> Self {
        let path = path.display();
        match why {
            NotLocked::Unopened(error) | NotLocked::Refused(error) => {
                Self::io(format!("cannot lock {path}"), error)
            }
            NotLocked::Held => Self::new(Code::Locked, format!("another process holds {path}"))
                .hint(format!(
                    "wait for the other `keyfob {verb}` to end, then run it again"
                )),
        }
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).expect("strings serialise")
    }
}

impl Serialize for Error {
    /// `{"error", "error_description", "hint", "account"}`, every text escaped.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut shape = serializer.serialize_struct("Error", 4)?;
        shape.serialize_field("error", self.code.as_str())?;
        shape.serialize_field("error_description", &escape(&self.message))?;
        shape.serialize_field("hint", &self.hint.as_deref().map(escape_lines))?;
        shape.serialize_field("account", &self.account.as_deref().map(escape))?;
        shape.end()
    }
}

fn escape_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape).collect();
    lines.join("\n")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(account) = &self.account
            && !self.message.contains(account.as_str())
        {
            write!(f, "{}: ", escape(account))?;
        }
        f.write_str(&escape(&self.message))
    }
}

impl std::error::Error for Error {}

/// The one exit code of a command that worked on several accounts: the first of 5, 1, 4, 3 that
/// occurred; an interruption or wrong usage before all of them.
pub(crate) fn worst<'a>(errors: impl IntoIterator<Item = &'a Error>) -> Option<&'a Error> {
    let rank = |error: &Error| match error.code.exit() {
        130 => 0,
        2 => 1,
        5 => 2,
        1 => 3,
        4 => 4,
        _ => 5,
    };
    errors.into_iter().min_by_key(|error| rank(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_words() {
        let words: std::collections::BTreeSet<_> = Code::all().iter().map(|c| c.as_str()).collect();
        assert_eq!(words.len(), Code::all().len());
    }

    #[test]
    fn the_worst_of_several_is_the_first_of_5_1_4_3() {
        let errors =
            |codes: &[Code]| -> Vec<Error> { codes.iter().map(|c| Error::new(*c, "x")).collect() };
        let all = errors(&[
            Code::NetworkError,
            Code::LoginRequired,
            Code::RefreshFailed,
            Code::StoreUnavailable,
        ]);
        assert_eq!(worst(&all).unwrap().code, Code::StoreUnavailable);
        assert_eq!(worst(&all[..3]).unwrap().code, Code::RefreshFailed);
        assert_eq!(worst(&all[..2]).unwrap().code, Code::LoginRequired);
        assert!(worst(&[]).is_none());
    }

    #[test]
    fn a_hostile_message_is_escaped_in_text_and_json() {
        let error = Error::new(Code::AccessDenied, "no\u{1b}[31m\u{202e}\nway").account("a/b");
        assert!(!error.to_string().contains(['\u{1b}', '\u{202e}', '\n']));
        let json: serde_json::Value = serde_json::from_str(&error.json()).unwrap();
        assert!(
            !json["error_description"]
                .as_str()
                .unwrap()
                .contains(['\u{1b}', '\u{202e}', '\n'])
        );
        assert_eq!(json["account"], "a/b");
    }
}
