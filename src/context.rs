//! What a command has in hand once it may go to the network.

use std::sync::Arc;

use crate::audit::AuditLog;
use crate::error::{Code, Error, Result};
use crate::interrupts::Interrupts;
use crate::oauth::{Http, OauthError};
use crate::provider::Registry;
use crate::term::Terminal;
use crate::vault::Vault;

pub(crate) struct Context {
    pub vault: Arc<Vault>,
    /// Today's definitions.
    pub registry: Registry,
    pub http: Http,
    pub term: Arc<dyn Terminal>,
    pub audit: Arc<AuditLog>,
    /// Held off while a secret is between server and store.
    pub interrupts: Arc<Interrupts>,
}

/// Runs what blocks (store, lock, question) off the runtime's thread.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}

/// A failed request as its reader meets it: `state` says what became of what is stored.
pub(crate) fn failed(error: &OauthError, refused: Code, state: &str) -> Error {
    let (code, next) = match error {
        OauthError::Network(cause) if cause.contains(": TLS: ") => (
            Code::NetworkError,
            "where a certificate authority of your own is in use, name its file as `ca_file` in config.toml"
                .to_owned(),
        ),
        OauthError::Network(_) => (
            Code::NetworkError,
            "check the connection, then run it again".to_owned(),
        ),
        OauthError::Unavailable {
            retry_after: Some(seconds),
            ..
        } => (
            Code::ProviderUnavailable,
            format!("run it again in {seconds} s"),
        ),
        OauthError::Unavailable { .. } => (Code::ProviderUnavailable, "run it again later".into()),
        OauthError::Unauthorized => (
            Code::Unauthorized,
            "run it again with `-v` to see the requests".into(),
        ),
        OauthError::Refused(_) => (refused, "run it again with `-v` to see the requests".into()),
        OauthError::Invalid(_) => (
            Code::InvalidResponse,
            "run it again with `-v` to see the requests".into(),
        ),
    };
    Error::new(code, error.to_string()).hint(format!("{state}; {next}"))
}
