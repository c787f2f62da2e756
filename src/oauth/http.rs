//! HTTPS as an OAuth client needs it: no redirects, bounded bodies and times, errors that name host and cause.

use std::sync::Arc;

use super::OauthError;

/// Is told each step, with every secret redacted.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// What differs from place to place.
#[derive(Clone)]
pub struct HttpOptions {
    /// PEM of further certificate authorities to trust (`ca_file`).
    pub ca_pem: Option<Vec<u8>>,
    /// Where steps go.
    pub trace: Trace,
}

/// The HTTP client, cheap to clone.
#[derive(Clone)]
pub struct Http {}

impl Http {
    /// Prepares the client; a bad `ca_pem` is [`OauthError::Invalid`].
    pub fn new(_options: HttpOptions) -> Result<Self, OauthError> {
        todo!()
    }
}
