//! The requests of a device, and what the answers mean.

#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use url::Url;

use super::codes::{self, UserCode};
use crate::oauth::endpoint::is_loopback;
use crate::oauth::http::{Answer, Request};
use crate::oauth::members::needed_secret;
use crate::oauth::pkce::CodeVerifier;
use crate::oauth::token::TokenEndpoint;
use crate::oauth::{Client, ErrorResponse, Http, OauthError};
use crate::provider::{DeviceStyle, Provider};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// Parameters that no definition may set, beside the one that carries the scopes.
const OWN_PARAMETERS: [&str; 5] = [
    "audience",
    "client_id",
    "client_secret",
    "resource",
    "scope",
];

#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceRequest<'a> {
    pub provider: &'a Provider,
    pub client: &'a Client,
    pub scopes: &'a [String],
    /// The resources that the tokens are for (RFC 8707).
    pub resource: &'a [String],
    /// The API that they are for, where the server wants `audience`.
    pub audience: Option<&'a str>,
}

/// The server's answer (RFC 8628 §3.2), within bounds.
#[derive(Debug, Clone)]
pub(crate) struct DeviceAuthorization {
    /// Polled with; never shown.
    pub device_code: Secret,
    pub user_code: UserCode,
    /// Where the person types it; https, or http to loopback where the endpoint is there too.
    pub verification_uri: Url,
    /// The same with the code in it, where the answer has one that is fit to open.
    pub verification_uri_complete: Option<Url>,
    /// How long both codes live: at most an hour, and 15 minutes where the answer does not say.
    pub expires_in: Duration,
    /// From a second to a minute or half the life of the codes; five seconds where the answer has none.
    pub interval: Duration,
}

#[derive(Debug)]
pub(crate) enum Poll {
    Pending,
    /// The same, and polls must be slower: by five seconds, or to this interval where the answer has a
    /// larger one (RFC 8628 §3.5). Status 429 means this too, with its `Retry-After`.
    SlowDown(Option<Duration>),
    Granted(Box<TokenSet>),
    /// `access_denied`: the person said no.
    Denied(ErrorResponse),
    /// `expired_token`: the codes are over.
    Expired,
    /// No answer, or one that may be another the next time; why, as a sentence.
    Trouble(String),
    Failed(OauthError),
}

impl DeviceRequest<'_> {
    /// RFC 8628 §3.1. A server without a device flow for this client is [`OauthError::Refused`], and codes that nobody
    /// should be shown are [`OauthError::Invalid`].
    pub(crate) async fn send(&self, http: &Http) -> Result<DeviceAuthorization, OauthError> {
        self.redeemable()?;
        let rule = &self.provider.device;
        let url = self.endpoint();
        let scope = self.scopes.join(&self.provider.scope_separator);
        let request = match rule.style {
            DeviceStyle::Rfc8628 => self.standard_request(&url, &scope),
            DeviceStyle::AuthorizationCode => self.own_request(&url, &scope),
        };
        let answer = http.send(self.client.authenticate(request)?).await?;
        match self.error(&answer) {
            Some(response) => Err(self.refused(&answer, response)),
            None if answer.is_success() => codes::read(&answer, rule, is_loopback(&url)),
            None => Err(answer.failure()),
        }
    }

    /// Asks once whether the person has decided (RFC 8628 §3.4). The expiry of tokens counts from `now`.
    pub(crate) async fn poll(
        &self,
        http: &Http,
        authorization: &DeviceAuthorization,
        now: Timestamp,
    ) -> Poll {
        let style = self.provider.device.style;
        let asked = match style {
            DeviceStyle::Rfc8628 => self.ask_for_tokens(http, authorization).await,
            DeviceStyle::AuthorizationCode => self.ask_for_code(http, authorization).await,
        };
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) => return self.unanswered(error),
        };
        if let Some(poll) = self.undecided(&answer) {
            return poll;
        }
        let tokens = match style {
            DeviceStyle::Rfc8628 => self.tokens().and_then(|tokens| tokens.read(&answer, now)),
            DeviceStyle::AuthorizationCode => self.redeem(http, &answer, now).await,
        };
        match tokens {
            Ok(tokens) => Poll::Granted(Box::new(tokens)),
            Err(error) => Poll::Failed(error),
        }
    }

    /// Nobody is asked to type a code that could not become tokens.
    fn redeemable(&self) -> Result<(), OauthError> {
        self.tokens()?;
        match self.provider.device.style {
            DeviceStyle::Rfc8628 => Ok(()),
            DeviceStyle::AuthorizationCode => self.redirect_uri().map(drop),
        }
    }

    fn tokens(&self) -> Result<TokenEndpoint<'_>, OauthError> {
        let provider = self.provider;
        let url = provider.token_endpoint.as_ref();
        Ok(TokenEndpoint {
            url: url.ok_or_else(|| missing_key("token_endpoint"))?,
            client: self.client,
            rule: &provider.token,
            scopes: self.scopes,
            scope_separator: &provider.scope_separator,
            resource: self.resource,
        })
    }

    fn redirect_uri(&self) -> Result<&str, OauthError> {
        let redirect_uri = self.provider.device.redirect_uri.as_deref();
        redirect_uri.ok_or_else(|| missing_key("device.redirect_uri"))
    }

    fn endpoint(&self) -> Url {
        let rule = &self.provider.device;
        let mut url = match rule.style {
            DeviceStyle::Rfc8628 => self.base().clone(),
            DeviceStyle::AuthorizationCode => self.below("usercode"),
        };
        if rule.client_id_in_query {
            url.query_pairs_mut()
                .append_pair("client_id", &self.client.id);
        }
        url
    }

    fn base(&self) -> &Url {
        let endpoint = self.provider.device_authorization_endpoint.as_ref();
        endpoint.expect("a login checks for the device authorization endpoint first")
    }

    fn below(&self, name: &str) -> Url {
        let mut url = self.base().clone();
        let path = format!("{}/{name}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    fn standard_request<'r>(&'r self, url: &'r Url, scope: &'r str) -> Request<'r> {
        let mut request = self.with_parameters(Request::form(url));
        if !scope.is_empty() {
            request = request.field(self.scope_parameter().unwrap_or("scope"), scope);
        }
        if let Some(audience) = self.audience {
            request = request.field("audience", audience);
        }
        for resource in self.resource {
            request = request.field("resource", resource);
        }
        request
    }

    /// That protocol knows the client alone, so all else is what the definition names.
    fn own_request<'r>(&'r self, url: &'r Url, scope: &'r str) -> Request<'r> {
        let request = self.with_parameters(Request::json(Method::POST, url, json!({})));
        match self.scope_parameter() {
            Some(name) if !scope.is_empty() => request.field(name, scope),
            _ => request,
        }
    }

    fn with_parameters<'r>(&'r self, request: Request<'r>) -> Request<'r> {
        let own = |name: &str| {
            OWN_PARAMETERS.contains(&name) || self.scope_parameter().is_some_and(|own| own == name)
        };
        let parameters = self.provider.device.parameters.iter();
        parameters
            .filter(|(name, _)| !own(name))
            .fold(request, |request, (name, value)| request.field(name, value))
    }

    fn scope_parameter(&self) -> Option<&str> {
        self.provider.device.scope_parameter.as_deref()
    }

    async fn ask_for_tokens(
        &self,
        http: &Http,
        authorization: &DeviceAuthorization,
    ) -> Result<Answer, OauthError> {
        let code = &authorization.device_code;
        self.tokens()?
            .poll(http, code, self.scope_parameter())
            .await
    }

    async fn ask_for_code(
        &self,
        http: &Http,
        authorization: &DeviceAuthorization,
    ) -> Result<Answer, OauthError> {
        let url = self.below("token");
        let request = Request::json(Method::POST, &url, json!({}))
            .secret_field("device_auth_id", &authorization.device_code)
            .field("user_code", authorization.user_code.as_str());
        http.send(request).await
    }

    /// With the verifier that the server made. Whatever goes wrong is final: a code is for one use.
    async fn redeem(
        &self,
        http: &Http,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let members = answer.object()?;
        let needed = |name| {
            needed_secret(&members, name).map_err(|wrong| {
                answer.invalid(&format!(
                    "sent a device answer that cannot be used: {wrong}"
                ))
            })
        };
        let code = needed("authorization_code")?;
        let verifier = CodeVerifier::of_server(needed("code_verifier")?);
        self.tokens()?
            .exchange(http, &code, &verifier, self.redirect_uri()?, None, now)
            .await
    }

    // What the answer to a poll means (RFC 8628 §3.5), in the words and statuses that a definition names.

    fn is_pending(&self, status: u16) -> bool {
        self.provider.device.pending_statuses.contains(&status)
    }

    fn unanswered(&self, error: OauthError) -> Poll {
        match error {
            OauthError::Unavailable { status, .. } if self.is_pending(status) => Poll::Pending,
            OauthError::Unavailable {
                status: 429,
                retry_after,
                ..
            } => Poll::SlowDown(retry_after.map(codes::bounded_interval)),
            OauthError::Network(_) | OauthError::Unavailable { .. } => {
                Poll::Trouble(error.to_string())
            }
            error => Poll::Failed(error),
        }
    }

    /// What an answer means that brings nothing to sign in with.
    fn undecided(&self, answer: &Answer) -> Option<Poll> {
        if self.is_pending(answer.status()) {
            return Some(Poll::Pending);
        }
        if let Some(response) = self.error(answer) {
            return Some(self.judge_error(answer, response));
        }
        // No object is a proxy's page or half an answer.
        match (answer.object(), answer.is_success()) {
            (Ok(_), true) => None,
            (Ok(_), false) => Some(Poll::Failed(answer.failure())),
            (Err(error), true) => Some(Poll::Trouble(error.to_string())),
            (Err(_), false) => Some(Poll::Trouble(answer.failure().to_string())),
        }
    }

    /// The errors of RFC 8628 §3.5, whatever the status.
    fn judge_error(&self, answer: &Answer, response: ErrorResponse) -> Poll {
        match response.error.as_str() {
            "authorization_pending" => Poll::Pending,
            "slow_down" => {
                let members = answer.object().ok();
                Poll::SlowDown(members.and_then(|members| codes::interval(&members).ok()?))
            }
            "access_denied" => Poll::Denied(response),
            "expired_token" => Poll::Expired,
            _ => Poll::Failed(self.refused(answer, response)),
        }
    }

    /// The error in an answer, in the standard's word where the definition knows it.
    fn error(&self, answer: &Answer) -> Option<ErrorResponse> {
        let rule = &self.provider.device;
        // Another member may well be there in a good answer.
        let looks_good = answer.is_success() && !self.provider.token.errors_under_200;
        let member = rule.error_member.as_deref().filter(|_| !looks_good);
        let mut response = member
            .and_then(|member| answer.error_response_at(member))
            .or_else(|| answer.error_response())?;
        if let Some(standard) = rule.error_aliases.get(&response.error) {
            response.error.clone_from(standard);
        }
        Some(response)
    }

    fn refused(&self, answer: &Answer, response: ErrorResponse) -> OauthError {
        answer.refused(response, self.provider.token.errors_under_200)
    }
}

fn missing_key(key: &str) -> OauthError {
    OauthError::Invalid(format!(
        "the device flow needs `{key}`, and the provider's definition has none"
    ))
}
