//! What is worth a line in the audit log, and the one trait through which whoever did it says so.

use crate::error::Error;

/// Something that was done with an account's tokens, or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Somebody or something signed in.
    SignIn,
    /// A refresh token, or a grant that needs no person, got a new token.
    Refresh,
    /// An identity token was exchanged, and nothing was kept.
    Exchange,
    /// A token was handed out: printed, exported, or put into a command's environment.
    HandOut,
    /// The provider took tokens back.
    Revoke,
    /// An account was forgotten here.
    SignOut,
    /// An account's secret went to another store.
    Move,
    /// An account was written to a backup.
    Backup,
    /// An account was taken from a backup.
    Restore,
    /// A secret that nothing led to was removed.
    Mend,
}

impl Action {
    /// The word that the log has for it.
    pub fn as_str(self) -> &'static str {
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

/// Who keeps the audit log.
pub trait AuditLog: Send + Sync {
    /// Notes a action on `whose` token (`PROVIDER/NAME`, `PROVIDER` where no account is concerned, nothing
    /// where neither is known), or why it failed. Never fails and never blocks for long: the log is not
    /// worth a command.
    fn note(&self, action: Action, whose: &str, failure: Option<&Error>);
}

/// Keeps nothing.
#[derive(Debug)]
pub struct NoAuditLog;

impl AuditLog for NoAuditLog {
    fn note(&self, _: Action, _: &str, _: Option<&Error>) {}
}
