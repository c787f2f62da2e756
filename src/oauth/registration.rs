//! Dynamic client registration (RFC 7591).

use url::Url;

use super::{Http, OauthError};

/// What a server gave us when we registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Our client id from now on.
    pub client_id: String,
}

/// Registers a public native client: `token_endpoint_auth_method` `none`, the grants
/// `authorization_code` and `refresh_token`, `application_type` `native`. A server that answers with
/// another authentication method is [`OauthError::Invalid`].
pub async fn register(
    _http: &Http,
    _endpoint: &Url,
    _redirect_uris: &[String],
    _scopes: &[String],
) -> Result<Registered, OauthError> {
    todo!()
}
