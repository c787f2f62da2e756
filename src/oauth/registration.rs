//! Dynamic client registration (RFC 7591).

#[cfg(test)]
mod tests;

use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::http::Request;
use super::{Http, OauthError};

/// The longest client id that is kept, in bytes; one may be a URL.
const CLIENT_ID_LIMIT: usize = 2048;

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
    http: &Http,
    endpoint: &Url,
    redirect_uris: &[String],
    scopes: &[String],
) -> Result<Registered, OauthError> {
    let wanted = metadata(redirect_uris, scopes);
    let answer = http
        .send(Request::json(Method::POST, endpoint, wanted))
        .await?;
    if !matches!(answer.status(), 200 | 201) {
        return Err(answer.failure());
    }
    let given = answer.object()?;
    let client_id = client_id(&given).map_err(|wrong| answer.invalid(wrong))?;
    if !is_public(&given) {
        return Err(
            answer.invalid("registered a client with a secret, and keyfob asked for a public one")
        );
    }
    Ok(Registered { client_id })
}

/// Client metadata (RFC 7591 §2).
fn metadata(redirect_uris: &[String], scopes: &[String]) -> Value {
    let mut metadata = json!({
        "client_name": "keyfob",
        "redirect_uris": redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    if !scopes.is_empty() {
        metadata["scope"] = scopes.join(" ").into();
    }
    metadata
}

/// The error goes on after the host's name.
fn client_id(given: &Map<String, Value>) -> Result<String, &'static str> {
    let id = given
        .get("client_id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if id.is_empty() {
        return Err("answered with no `client_id`");
    }
    if id.len() > CLIENT_ID_LIMIT || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("answered with a `client_id` that is too long or not printable ASCII");
    }
    Ok(id.to_owned())
}

fn is_public(given: &Map<String, Value>) -> bool {
    let present = |name| given.get(name).filter(|value| !value.is_null());
    present("client_secret").is_none()
        && present("token_endpoint_auth_method").is_none_or(|method| method == "none")
}
