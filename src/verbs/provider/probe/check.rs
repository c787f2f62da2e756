//! One question to a definition or its server, and the answer.

use console::Style;
use serde::Serialize;

use crate::oauth::OauthError;

#[derive(Debug, Serialize)]
pub(crate) struct ServerCheck {
    pub check: &'static str,
    pub result: CheckResult,
    pub reason: String,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckResult {
    Pass,
    /// A login would fail, or not be safe.
    Fail,
    /// Nobody can tell from here.
    Unknown,
}

impl CheckResult {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn style(self) -> Style {
        match self {
            Self::Pass => Style::new().green(),
            Self::Fail => Style::new().red(),
            Self::Unknown => Style::new().yellow(),
        }
    }
}

pub(super) fn pass(check: &'static str, reason: impl Into<String>) -> ServerCheck {
    ServerCheck {
        check,
        result: CheckResult::Pass,
        reason: reason.into(),
        hint: None,
    }
}

pub(super) fn unknown(check: &'static str, reason: impl Into<String>) -> ServerCheck {
    ServerCheck {
        result: CheckResult::Unknown,
        ..pass(check, reason)
    }
}

pub(super) fn fail(
    check: &'static str,
    reason: impl Into<String>,
    hint: impl Into<String>,
) -> ServerCheck {
    ServerCheck {
        result: CheckResult::Fail,
        hint: Some(hint.into()),
        ..pass(check, reason)
    }
}

/// A request that was not answered as it should be. A server that is busy says nothing of itself.
pub(super) fn judge_error(check: &'static str, error: &OauthError, hint: &str) -> ServerCheck {
    let next = match error {
        OauthError::Unavailable { .. } => {
            return unknown(check, format!("{error}; try again later"));
        }
        OauthError::Network(cause) if is_tls(cause) => {
            "where a certificate authority of your own is in use, name its file as `ca_file` in config.toml"
        }
        OauthError::Network(_) => "check the connection and the address",
        _ => hint,
    };
    fail(check, error.to_string(), next)
}

pub(super) fn is_tls(cause: &str) -> bool {
    cause.contains(": TLS: ")
}
