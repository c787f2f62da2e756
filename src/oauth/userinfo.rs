//! The userinfo endpoint (OpenID Connect Core §5.3), or an API that answers the same question.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use url::Url;

use super::http::Request;
use super::{Http, OauthError};
use crate::secret::Secret;

/// Asks whose token this is; gives a JSON object. A 401 is [`OauthError::Unauthorized`], a 403 that
/// says why [`OauthError::Refused`]. None of `headers` replaces the token's own.
pub async fn userinfo(
    http: &Http,
    endpoint: &Url,
    access_token: &Secret,
    headers: &BTreeMap<String, String>,
) -> Result<serde_json::Value, OauthError> {
    let mut request = Request::get(endpoint);
    for (name, value) in headers {
        request = request.header(name, value)?;
    }
    let answer = http.send(request.bearer(access_token)?).await?;
    match answer.status() {
        200..=299 => answer.object().map(serde_json::Value::Object),
        401 => Err(OauthError::Unauthorized),
        403 => Err(answer
            .challenge()
            .map_or_else(|| answer.failure(), OauthError::Refused)),
        _ => Err(answer.failure()),
    }
}
