//! The device authorization grant (RFC 8628), and the dialects of it that a provider's file names.

use std::time::Duration;

use url::Url;

use super::{Client, ErrorResponse, Http, OauthError};
use crate::provider::Provider;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::token_set::TokenSet;

/// What is asked of the device authorization endpoint.
#[derive(Debug, Clone, Copy)]
pub struct DeviceRequest<'a> {
    /// The provider's definition, endpoints resolved.
    pub provider: &'a Provider,
    /// Our client, with the authentication of this flow.
    pub client: &'a Client,
    /// The scopes to ask for.
    pub scopes: &'a [String],
    /// The resources that the tokens are for (RFC 8707).
    pub resource: &'a [String],
}

/// The server's answer (RFC 8628 §3.2), within bounds.
#[derive(Debug, Clone)]
pub struct DeviceAuthorization {
    /// Polled with; never shown.
    pub device_code: Secret,
    /// What the person types; printable, at most 64 characters.
    pub user_code: String,
    /// Where the person types it; https.
    pub verification_uri: Url,
    /// The same with the code in it; https.
    pub verification_uri_complete: Option<Url>,
    /// How long both codes live.
    pub expires_in: Duration,
    /// The least time between polls; five seconds where the answer has none.
    pub interval: Duration,
}

/// What one poll said.
#[derive(Debug)]
pub enum Poll {
    /// The person has not decided yet.
    Pending,
    /// The same, and polls must be slower: by five seconds, or to this interval where the answer has a
    /// larger one (RFC 8628 §3.5).
    SlowDown(Option<Duration>),
    /// Signed in.
    Granted(Box<TokenSet>),
    /// `access_denied`: the person said no.
    Denied(ErrorResponse),
    /// `expired_token`: the codes are over.
    Expired,
    /// No answer, or one that may be another the next time; why, as a sentence.
    Trouble(String),
    /// Nothing will come of it.
    Failed(OauthError),
}

impl DeviceRequest<'_> {
    /// Asks for a pair of codes (RFC 8628 §3.1).
    ///
    /// # Panics
    /// When the provider has no `device_authorization_endpoint`; a login checks that first.
    pub async fn send(&self, _http: &Http) -> Result<DeviceAuthorization, OauthError> {
        todo!()
    }

    /// Asks once whether the person has decided (RFC 8628 §3.4). The expiry of tokens counts from `now`.
    pub async fn poll(
        &self,
        _http: &Http,
        _authorization: &DeviceAuthorization,
        _now: Timestamp,
    ) -> Poll {
        todo!()
    }
}
