//! What a server or the way to it can do wrong.

use std::fmt;

/// The standard's error object (RFC 6749 §4.1.2.1, §5.2). Its texts are a server's: shown escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorResponse {
    pub error: String,
    /// The server's explanation, secrets of the request already redacted.
    pub description: Option<String>,
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(description) => write!(f, "{}: {description}", self.error),
            None => f.write_str(&self.error),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OauthError {
    /// No answer: names the host and the cause, TLS failures included.
    Network(String),
    Unavailable {
        host: String,
        status: u16,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    Unauthorized,
    Refused(ErrorResponse),
    /// Something else than the standard allows; a sentence naming what.
    Invalid(String),
}

impl fmt::Display for OauthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(cause) | Self::Invalid(cause) => f.write_str(cause),
            Self::Unavailable {
                host,
                status,
                retry_after: Some(seconds),
            } => {
                write!(f, "{host} answered {status} and asks to wait {seconds} s")
            }
            Self::Unavailable { host, status, .. } => write!(f, "{host} answered {status}"),
            Self::Unauthorized => f.write_str("the server does not accept the access token"),
            Self::Refused(response) => write!(f, "the server refused: {response}"),
        }
    }
}

impl std::error::Error for OauthError {}
