//! The userinfo endpoint (OpenID Connect Core §5.3), or an API that answers the same question.

use std::collections::BTreeMap;

use url::Url;

use super::{Http, OauthError};
use crate::secret::Secret;

/// Asks whose token this is. A 401 is [`OauthError::Unauthorized`].
pub async fn userinfo(
    _http: &Http,
    _endpoint: &Url,
    _access_token: &Secret,
    _headers: &BTreeMap<String, String>,
) -> Result<serde_json::Value, OauthError> {
    todo!()
}
