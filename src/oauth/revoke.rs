//! Taking tokens back at the server (RFC 7009), and the forms that some servers have instead.

#[cfg(test)]
mod tests;

use reqwest::Method;
use serde_json::json;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::http::Request;
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
///
/// [`RevocationStyle::DeleteToken`] takes back access tokens only, and needs a client secret; without
/// either it is [`OauthError::Invalid`] and nothing is sent.
pub async fn revoke(
    http: &Http,
    endpoint: &Url,
    style: RevocationStyle,
    client: &Client,
    token: &Secret,
    hint: Hint,
) -> Result<(), OauthError> {
    match style {
        RevocationStyle::Rfc7009 => rfc7009(http, endpoint, client, token, hint).await,
        RevocationStyle::TokenOnly => token_only(http, endpoint, token).await,
        RevocationStyle::DeleteToken => delete_token(http, endpoint, client, token, hint).await,
        RevocationStyle::Bearer => bearer(http, endpoint, token).await,
        RevocationStyle::Json => json_body(http, endpoint, client, token, hint).await,
    }
}

async fn rfc7009(
    http: &Http,
    endpoint: &Url,
    client: &Client,
    token: &Secret,
    hint: Hint,
) -> Result<(), OauthError> {
    let request = Request::form(endpoint)
        .secret_field("token", token)
        .field("token_type_hint", hint.as_str());
    let answer = http.send(client.authenticate(request)?).await?;
    answer
        .is_success()
        .then_some(())
        .ok_or_else(|| answer.failure())
}

async fn bearer(http: &Http, endpoint: &Url, token: &Secret) -> Result<(), OauthError> {
    let answer = http.send(Request::form(endpoint).bearer(token)?).await?;
    answer
        .is_success()
        .then_some(())
        .ok_or_else(|| answer.failure())
}

async fn json_body(
    http: &Http,
    endpoint: &Url,
    client: &Client,
    token: &Secret,
    hint: Hint,
) -> Result<(), OauthError> {
    let members = json!({ "token": token.expose(), "token_type_hint": hint.as_str() });
    let request = Request::json(Method::POST, endpoint, members).hide(token);
    let answer = http.send(client.authenticate(request)?).await?;
    answer
        .is_success()
        .then_some(())
        .ok_or_else(|| answer.failure())
}

async fn token_only(http: &Http, endpoint: &Url, token: &Secret) -> Result<(), OauthError> {
    let answer = http
        .send(Request::form(endpoint).secret_field("token", token))
        .await?;
    let unknown = || {
        answer.status() == 400
            && answer
                .error_response()
                .is_some_and(|r| r.error == "invalid_token")
    };
    (answer.is_success() || unknown())
        .then_some(())
        .ok_or_else(|| answer.failure())
}

async fn delete_token(
    http: &Http,
    endpoint: &Url,
    client: &Client,
    token: &Secret,
    hint: Hint,
) -> Result<(), OauthError> {
    if hint == Hint::RefreshToken {
        return Err(OauthError::Invalid(
            "this provider revokes access tokens only".into(),
        ));
    }
    let Some(secret) = &client.secret else {
        return Err(OauthError::Invalid(
            "this provider revokes only with a client secret".into(),
        ));
    };
    let endpoint = of_client(endpoint, &client.id);
    let request = Request::json(
        Method::DELETE,
        &endpoint,
        json!({ "access_token": token.expose() }),
    )
    .hide(token)
    .basic(&client.id, secret);
    let answer = http.send(request).await?;
    // 404 says that the token is not known.
    let gone = answer.is_success() || answer.status() == 404;
    gone.then_some(()).ok_or_else(|| answer.failure())
}

/// Puts the client id where the endpoint's path has `{client_id}`, which a parsed URL may hold encoded.
fn of_client(endpoint: &Url, client_id: &str) -> Url {
    // A form writes a blank as `+`, a path as `%20`.
    let encoded = byte_serialize(client_id.as_bytes())
        .collect::<String>()
        .replace('+', "%20");
    let mut path = endpoint.path().to_owned();
    for place in ["{client_id}", "%7Bclient_id%7D", "%7bclient_id%7d"] {
        path = path.replace(place, &encoded);
    }
    let mut endpoint = endpoint.clone();
    endpoint.set_path(&path);
    endpoint
}

impl Hint {
    fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}
