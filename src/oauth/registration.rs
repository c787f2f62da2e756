//! Dynamic client registration (RFC 7591), and taking a registration back (RFC 7592).
//!
//! A registration is asked for once and never again by itself: servers keep what they made, and some
//! let nobody delete it. So what is odd in an answer and can be done without is done without.

#[cfg(test)]
mod tests;

use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::endpoint::{check_url, is_loopback};
use super::http::{Answer, Request};
use super::{Http, OauthError};
use crate::provider::ClientAuth;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The longest client id that is taken, in bytes: the longest that a provider's file may hold.
const CLIENT_ID_LIMIT: usize = 1024;

/// The longest secret that is taken, in bytes; a registration access token may be a signed statement.
const SECRET_LIMIT: usize = 4096;

/// The grant of the device flow (RFC 8628 §3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[derive(Debug, Clone, Copy)]
pub(crate) struct RegistrationWish<'a> {
    pub redirect_uris: &'a [String],
    /// The scopes that a login may ask for; none leaves them to the server.
    pub scopes: &'a [String],
    pub device: bool,
    /// How we would authenticate; the server may decide otherwise.
    pub auth: ClientAuth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registered {
    pub client_id: String,
    pub auth: ClientAuth,
    pub client_secret: Option<Secret>,
    /// When the client secret ends; `None` where it never does or the server does not say.
    pub secret_expires_at: Option<Timestamp>,
    /// Manages this registration (RFC 7592 §3).
    pub registration_access_token: Option<Secret>,
    pub configuration_endpoint: Option<Url>,
}

/// RFC 7591 §3.1. What the server answers counts: `client_secret_basic` or `client_secret_post` with a secret.
/// Any other way, or no usable id, is [`OauthError::Invalid`].
pub(crate) async fn register(
    http: &Http,
    endpoint: &Url,
    wish: &RegistrationWish<'_>,
) -> Result<Registered, OauthError> {
    let request = Request::json(Method::POST, endpoint, metadata(wish));
    let answer = http.send(request).await?;
    if !matches!(answer.status(), 200 | 201) {
        return Err(answer.failure());
    }
    let given = Given {
        members: answer.object()?,
        answer: &answer,
        http,
    };
    let (auth, client_secret) = given.authentication()?;
    Ok(Registered {
        client_id: given.client_id()?,
        auth,
        secret_expires_at: given.expiry().filter(|_| client_secret.is_some()),
        client_secret,
        registration_access_token: given.registration_access_token(),
        configuration_endpoint: given.configuration_endpoint(is_loopback(endpoint)),
    })
}

/// Deletes a registration (RFC 7592 §2.3). `Ok` also where the server has it no longer.
pub(crate) async fn delete(
    http: &Http,
    configuration_endpoint: &Url,
    registration_access_token: &Secret,
) -> Result<(), OauthError> {
    let request = Request::delete(configuration_endpoint).bearer(registration_access_token)?;
    let answer = http.send(request).await?;
    let gone = answer.is_success() || matches!(answer.status(), 404 | 410);
    gone.then_some(()).ok_or_else(|| answer.failure())
}

/// Client metadata (RFC 7591 §2; `application_type` of OpenID Connect Registration §2).
fn metadata(wish: &RegistrationWish<'_>) -> Value {
    let mut grants = vec!["authorization_code", "refresh_token"];
    if wish.device {
        grants.push(DEVICE_CODE);
    }
    let mut metadata = json!({
        "client_name": "keyfob",
        "redirect_uris": wish.redirect_uris,
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": wish.auth.as_str(),
        "application_type": "native",
    });
    if !wish.scopes.is_empty() {
        metadata["scope"] = wish.scopes.join(" ").into();
    }
    metadata
}

/// Client information (RFC 7591 §3.2.1). Has no `Debug`: it holds secrets in the open.
struct Given<'a> {
    members: Map<String, Value>,
    answer: &'a Answer,
    http: &'a Http,
}

impl Given<'_> {
    fn client_id(&self) -> Result<String, OauthError> {
        let id = self.text("client_id");
        if id.is_empty() {
            return Err(self.answer.invalid("answered with no `client_id`"));
        }
        if id.len() > CLIENT_ID_LIMIT || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self
                .answer
                .invalid("answered with a `client_id` that is too long or not printable ASCII"));
        }
        Ok(id.to_owned())
    }

    /// A secret without a method is for Basic, the default (RFC 7591 §2); one with `none` is for nothing.
    fn authentication(&self) -> Result<(ClientAuth, Option<Secret>), OauthError> {
        let secret = !self.text("client_secret").is_empty();
        let auth = match self.member("token_endpoint_auth_method") {
            None if secret => ClientAuth::ClientSecretBasic,
            None => ClientAuth::None,
            Some(Value::String(method)) => self.method(method)?,
            Some(_) => return Err(self.unusable("an authentication method that is no text")),
        };
        match auth {
            ClientAuth::None => Ok((auth, None)),
            _ => Ok((auth, Some(self.client_secret()?))),
        }
    }

    fn method(&self, method: &str) -> Result<ClientAuth, OauthError> {
        match method {
            "none" => Ok(ClientAuth::None),
            "client_secret_basic" => Ok(ClientAuth::ClientSecretBasic),
            "client_secret_post" => Ok(ClientAuth::ClientSecretPost),
            other => Err(self.unusable(&format!("the authentication method `{other}`"))),
        }
    }

    fn unusable(&self, with: &str) -> OauthError {
        self.answer.invalid(&format!(
            "registered a client with {with}, and keyfob has `none`, `client_secret_basic` and `client_secret_post`"
        ))
    }

    fn client_secret(&self) -> Result<Secret, OauthError> {
        let secret = self.text("client_secret");
        if secret.is_empty() {
            return Err(self
                .answer
                .invalid("registered a client that needs a secret, and gave none"));
        }
        if secret.len() > SECRET_LIMIT || secret.chars().any(char::is_control) {
            return Err(self.answer.invalid(
                "answered with a `client_secret` that is too long or holds control characters",
            ));
        }
        Ok(Secret::new(secret))
    }

    /// `client_secret_expires_at`: 0 is never (RFC 7591 §3.2.1).
    fn expiry(&self) -> Option<Timestamp> {
        let given = self.member("client_secret_expires_at")?;
        let seconds = given
            .as_u64()
            .or_else(|| given.as_str()?.trim().parse().ok());
        if seconds.is_none() {
            self.overlook("client_secret_expires_at", "is no time");
        }
        seconds.filter(|at| *at != 0).map(Timestamp::from_unix)
    }

    fn registration_access_token(&self) -> Option<Secret> {
        let token = self.text("registration_access_token");
        if token.is_empty() {
            return None;
        }
        // It will be a header's value (RFC 6750 §2.1).
        let fits = token.len() <= SECRET_LIMIT && token.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            self.overlook("registration_access_token", "is too long or not printable");
        }
        fits.then(|| Secret::new(token))
    }

    /// `registration_client_uri`: https, or http on loopback where the registration endpoint is there too.
    fn configuration_endpoint(&self, on_loopback: bool) -> Option<Url> {
        let text = self.text("registration_client_uri");
        if text.is_empty() {
            return None;
        }
        let url = Url::parse(text).ok().filter(|url| {
            let strays = url.scheme() == "http" && !on_loopback;
            text.len() <= SECRET_LIMIT && check_url(url).is_ok() && !strays
        });
        if url.is_none() {
            self.overlook("registration_client_uri", "is no endpoint to call");
        }
        url
    }

    fn overlook(&self, member: &str, why: &str) {
        self.http
            .trace(&format!("taken as absent: `{member}` {why}"));
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> &str {
        self.member(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}
