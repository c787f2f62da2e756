//! Taking tokens back at the server (RFC 7009), and the forms that some servers have instead.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::http::{Answer, Request};
use super::{Client, Http, OauthError};
use crate::provider::{Provider, RevocationRule, RevocationStyle};
use keyfob_base::secret::Secret;

/// Which token is revoked, as `token_type_hint` (RFC 7009 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    AccessToken,
    RefreshToken,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct RevocationEndpoint<'a> {
    pub url: &'a Url,
    pub client: &'a Client,
    pub rule: &'a RevocationRule,
    /// Headers sent along, none of which replaces the authentication.
    pub headers: &'a BTreeMap<String, String>,
}

/// Why nothing is revoked where there is no endpoint.
pub(crate) const NOWHERE: &str = "this provider cannot revoke tokens";

/// Why a provider cannot take tokens of this kind back, where that is known before anything is sent.
pub(crate) fn beyond(provider: &Provider, hint: Hint) -> Option<&'static str> {
    match provider.revocation_endpoint {
        None => Some(NOWHERE),
        Some(_) => unsupported(&provider.revocation, hint),
    }
}

/// Why tokens of this kind cannot be revoked there, where that is so.
pub(crate) fn unsupported(rule: &RevocationRule, hint: Hint) -> Option<&'static str> {
    match (rule.style, hint) {
        (RevocationStyle::DeleteToken | RevocationStyle::Bearer, Hint::RefreshToken) => {
            Some("this provider revokes access tokens only")
        }
        (_, Hint::AccessToken) if rule.refresh_tokens_only => {
            Some("this provider revokes refresh tokens only")
        }
        _ => None,
    }
}

impl RevocationEndpoint<'_> {
    /// Revokes one token. `Ok` also for a token the server no longer knows (RFC 7009 §2.2).
    ///
    /// Where [`unsupported`] has a reason, or [`RevocationStyle::DeleteToken`] lacks the client secret it
    /// needs, it is [`OauthError::Invalid`] and nothing is sent.
    pub(crate) async fn revoke(
        &self,
        http: &Http,
        token: &Secret,
        hint: Hint,
    ) -> Result<(), OauthError> {
        if let Some(why) = unsupported(self.rule, hint) {
            return Err(OauthError::Invalid(why.into()));
        }
        match self.rule.style {
            RevocationStyle::Rfc7009 => {
                self.rfc7009(http, Request::form(self.url), token, hint)
                    .await
            }
            RevocationStyle::TokenOnly => self.token_only(http, token).await,
            RevocationStyle::DeleteToken => self.delete_token(http, token).await,
            RevocationStyle::Bearer => self.bearer(http, token).await,
            RevocationStyle::Json => {
                let request = Request::json(Method::POST, self.url, json!({}));
                self.rfc7009(http, request, token, hint).await
            }
        }
    }

    async fn rfc7009<'r>(
        &'r self,
        http: &Http,
        request: Request<'r>,
        token: &'r Secret,
        hint: Hint,
    ) -> Result<(), OauthError> {
        let request = self
            .with_headers(request)?
            .secret_field("token", token)
            .field("token_type_hint", hint.as_str());
        let answer = http.send(self.client.authenticate(request)?).await?;
        confirm(answer.is_success(), &answer)
    }

    async fn token_only(&self, http: &Http, token: &Secret) -> Result<(), OauthError> {
        let request = self
            .with_headers(Request::form(self.url))?
            .secret_field("token", token);
        let answer = http.send(request).await?;
        let unknown = || {
            let response = answer.error_response();
            answer.status() == 400 && response.is_some_and(|r| r.error == "invalid_token")
        };
        confirm(answer.is_success() || unknown(), &answer)
    }

    /// The token is the authentication, so 401 says that it is gone. A success may hold a refusal, or no object.
    async fn bearer(&self, http: &Http, token: &Secret) -> Result<(), OauthError> {
        let request = self.with_headers(Request::post(self.url))?.bearer(token)?;
        let answer = http.send(request).await?;
        match answer.refusal_in_success() {
            Some(response) if answer.is_success() => Err(OauthError::Refused(response)),
            _ => confirm(answer.is_success() || answer.status() == 401, &answer),
        }
    }

    async fn delete_token(&self, http: &Http, token: &Secret) -> Result<(), OauthError> {
        let Some(secret) = &self.client.secret else {
            return Err(OauthError::Invalid(
                "this provider revokes only with a client secret".into(),
            ));
        };
        let url = of_client(self.url, &self.client.id);
        let members = json!({ "access_token": token.expose() });
        let request = Request::json(Method::DELETE, &url, members).hide(token);
        let request = self.with_headers(request)?.basic(&self.client.id, secret);
        let answer = http.send(request).await?;
        // 404 says that the token is not known.
        confirm(answer.is_success() || answer.status() == 404, &answer)
    }

    /// Before the authentication, which then stands.
    fn with_headers<'r>(&self, mut request: Request<'r>) -> Result<Request<'r>, OauthError> {
        for (name, value) in self.headers {
            request = request.header(name, value)?;
        }
        Ok(request)
    }
}

fn confirm(gone: bool, answer: &Answer) -> Result<(), OauthError> {
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
