//! Taking tokens back at the server (RFC 7009), and the forms that some servers have instead.

use url::Url;

use super::{Client, Http, OauthError};
use crate::provider::RevocationStyle;
use crate::secret::Secret;

/// Which token is revoked, as `token_type_hint` (RFC 7009 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// `access_token`.
    AccessToken,
    /// `refresh_token`.
    RefreshToken,
}

/// Revokes one token. `Ok` also for a token the server no longer knows (RFC 7009 §2.2).
pub async fn revoke(
    _http: &Http,
    _endpoint: &Url,
    _style: RevocationStyle,
    _client: &Client,
    _token: &Secret,
    _hint: Hint,
) -> Result<(), OauthError> {
    todo!()
}
