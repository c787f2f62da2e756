//! The userinfo endpoint (OpenID Connect Core §5.3), or an API that answers the same question.

#[cfg(test)]
mod tests;

use reqwest::Method;
use url::Url;

use super::http::Request;
use super::{Http, OauthError};
use crate::provider::{IdentityMethod, IdentityRule};
use keyfob_base::secret::Secret;

/// A 401 is [`OauthError::Unauthorized`]; a 403 that says why, and a success that holds an error, is
/// [`OauthError::Refused`]. No header of the rule replaces the token's own.
pub(crate) async fn userinfo(
    http: &Http,
    endpoint: &Url,
    access_token: &Secret,
    rule: &IdentityRule,
    client_id: &str,
) -> Result<serde_json::Value, OauthError> {
    let mut request = question(endpoint, rule)?;
    for (name, value) in &rule.headers {
        request = request.header(name, &value.replace("{client_id}", client_id))?;
    }
    let scheme = rule.scheme.as_deref().unwrap_or("Bearer");
    let answer = http.send(request.token(scheme, access_token)?).await?;
    match answer.status() {
        200..=299 => match answer.refusal_in_success() {
            Some(response) => Err(OauthError::Refused(response)),
            None => answer.object().map(serde_json::Value::Object),
        },
        401 => Err(OauthError::Unauthorized),
        403 => Err(answer
            .challenge()
            .map_or_else(|| answer.failure(), OauthError::Refused)),
        _ => Err(answer.failure()),
    }
}

fn question<'a>(endpoint: &'a Url, rule: &IdentityRule) -> Result<Request<'a>, OauthError> {
    match (rule.method, &rule.body) {
        (IdentityMethod::Get, _) => Ok(Request::get(endpoint)),
        (IdentityMethod::Post, None) => Ok(Request::post(endpoint)),
        (IdentityMethod::Post, Some(body)) => {
            let body = serde_json::from_str(body)
                .map_err(|_| OauthError::Invalid("the key `identity.body` is not JSON".into()))?;
            Ok(Request::json(Method::POST, endpoint, body))
        }
    }
}
