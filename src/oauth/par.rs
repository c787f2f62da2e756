//! Pushed authorization requests (RFC 9126): what is asked goes from here to the server, and the browser
//! carries only a reference to it.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::authorize::AuthorizationRequest;
use super::http::Request;
use super::{Client, Http, OauthError};
use crate::provider::ClientAuth;

/// The longest reference that is kept, in bytes; the browser's URL has to carry it.
const REQUEST_URI_LIMIT: usize = 2048;

/// The longest life that is believed, in seconds: a century, which every clock can add to now.
const LIFE_LIMIT: u64 = 100 * 365 * 24 * 60 * 60;

/// A request that lies at the server.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// What the browser opens: `client_id` and `request_uri` alone (RFC 9126 §4).
    pub url: Url,
    /// How long it may take to open it, where the server says so (RFC 9126 §2.2).
    pub expires_in: Option<Duration>,
}

/// RFC 9126 §2. What it gives is for one use; the same request can be pushed again.
pub(crate) async fn push(
    http: &Http,
    endpoint: &Url,
    client: &Client,
    request: &AuthorizationRequest,
) -> Result<Pushed, OauthError> {
    let answer = http.send(build_request(endpoint, client, request)?).await?;
    if !matches!(answer.status(), 200 | 201) {
        return Err(answer.failure());
    }
    let members = answer.object()?;
    if let Some(response) = answer.error_response() {
        return Err(OauthError::Refused(response));
    }
    let request_uri = request_uri(&members).map_err(|wrong| answer.invalid(wrong))?;
    Ok(Pushed {
        url: request.by_reference(request_uri),
        expires_in: expires_in(&members),
    })
}

fn build_request<'a>(
    endpoint: &'a Url,
    client: &'a Client,
    request: &'a AuthorizationRequest,
) -> Result<Request<'a>, OauthError> {
    // Authentication in the body names the client itself, and nothing is sent twice.
    let names_client = matches!(client.auth, ClientAuth::None | ClientAuth::ClientSecretPost);
    let mut form = Request::form(endpoint).hide(&request.state);
    for (name, value) in request.parameters() {
        if name != "client_id" || !names_client {
            form = form.field(name, value);
        }
    }
    if let Some(nonce) = &request.nonce {
        form = form.hide(nonce);
    }
    client.authenticate(form)
}

/// The error goes on after the host's name.
fn request_uri(members: &Map<String, Value>) -> Result<&str, &'static str> {
    let uri = members
        .get("request_uri")
        .and_then(Value::as_str)
        .filter(|uri| !uri.is_empty())
        .ok_or("took the pushed request and answered with no `request_uri`")?;
    let usable = uri.len() <= REQUEST_URI_LIMIT
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
        && Url::parse(uri).is_ok();
    usable
        .then_some(uri)
        .ok_or("answered with a `request_uri` that is too long or not a URI")
}

/// Seconds; a server that does not say, or not in a way to be understood, is not held to it.
fn expires_in(members: &Map<String, Value>) -> Option<Duration> {
    members
        .get("expires_in")
        .and_then(Value::as_u64)
        .map(|seconds| Duration::from_secs(seconds.min(LIFE_LIMIT)))
}
