//! Pushed authorization requests (RFC 9126).

use url::Url;

use super::authorize::AuthorizationRequest;
use super::{Client, Http, OauthError};

/// Sends the parameters of `request` to `endpoint` with the client's authentication, and gives the
/// request as the browser then opens it: `client_id` and `request_uri` alone.
pub async fn push(
    _http: &Http,
    _endpoint: &Url,
    _client: &Client,
    _request: AuthorizationRequest,
) -> Result<AuthorizationRequest, OauthError> {
    todo!()
}
