//! The requests to a token endpoint, a grant each.

#[cfg(test)]
mod tests;

use reqwest::Method;
use serde_json::json;
use url::Url;

use super::answer;
use crate::oauth::http::{Answer, Request};
use crate::oauth::pkce::CodeVerifier;
use crate::oauth::{Client, Http, OauthError};
use crate::provider::{ClientAuth, ExchangeRule, TokenBody, TokenRule};
use crate::token_set::TokenSet;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// The grant type of a device's polls (RFC 8628 §3.4).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The grant type (RFC 8693 §2.1).
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// What an identity token is (RFC 8693 §3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenEndpoint<'a> {
    pub url: &'a Url,
    pub client: &'a Client,
    pub rule: &'a TokenRule,
    /// The scopes asked for, or held: what is granted where the answer does not say.
    pub scopes: &'a [String],
    pub scope_separator: &'a str,
    /// The resources that the tokens are for, sent with every grant (RFC 8707 §2.2).
    pub resource: &'a [String],
}

impl TokenEndpoint<'_> {
    /// RFC 6749 §4.1.3, RFC 7636 §4.5. Never retried: a code is for one use. `state` is sent where the rule wants it.
    ///
    /// A negative `expires_in` means expired at once, one of more than ten years is cut, and an absent one leaves
    /// the expiry unknown; a missing `token_type` is taken for `Bearer`.
    pub(crate) async fn exchange(
        &self,
        http: &Http,
        code: &Secret,
        verifier: &CodeVerifier,
        redirect_uri: &str,
        state: Option<&Secret>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let mut request = self
            .grant("authorization_code")
            .secret_field("code", code)
            .field("redirect_uri", redirect_uri)
            .secret_field("code_verifier", verifier.secret());
        if let Some(state) = state.filter(|_| self.rule.exchange_sends_state) {
            request = request.secret_field("state", state);
        }
        self.read(&self.send(http, request).await?, now)
    }

    /// RFC 6749 §6. No refresh token in the answer: the caller keeps the old one. An `expires_in`, `scope` or
    /// `id_token` that cannot be used is taken as absent: the old refresh token may be spent, so the new one counts.
    pub(crate) async fn refresh(
        &self,
        http: &Http,
        refresh_token: &Secret,
        redirect_uri: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let scope = self.scope();
        let mut request = self
            .grant("refresh_token")
            .secret_field("refresh_token", refresh_token);
        if let Some(redirect_uri) = redirect_uri.filter(|_| self.rule.refresh_resends_redirect_uri)
        {
            request = request.field("redirect_uri", redirect_uri);
        }
        if self.rule.refresh_sends_scope && !scope.is_empty() {
            request = request.field("scope", &scope);
        }
        let answer = self.send(http, request).await?;
        let overlook = |wrong| {
            http.trace(&format!("taken as absent: {wrong}"));
            Ok(())
        };
        answer::read(&answer, self.rule, self.scopes, now, &overlook)
    }

    /// RFC 6749 §4.4. There is no refresh token, for the credentials get the next one; for a public client nothing
    /// is sent.
    pub(crate) async fn client_credentials(
        &self,
        http: &Http,
        audience: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        if matches!(
            self.client.auth,
            ClientAuth::None | ClientAuth::BasicWithoutSecret
        ) {
            return Err(OauthError::Invalid(
                "a client gets tokens for itself only with a client secret, and this one has none"
                    .into(),
            ));
        }
        let scope = self.scope();
        let mut request = self.grant("client_credentials");
        if !scope.is_empty() {
            request = request.field("scope", &scope);
        }
        if let Some(audience) = audience {
            request = request.field("audience", audience);
        }
        let tokens = self.read(&self.send(http, request).await?, now)?;
        Ok(TokenSet {
            refresh_token: None,
            ..tokens
        })
    }

    /// RFC 8693 §2.1; `issued_token_type` has to be in the answer too (§2.2.1). There is no refresh token, for a
    /// new identity token gets the next one. Where `rule` leaves the client out, nothing tells of one.
    pub(crate) async fn token_exchange(
        &self,
        http: &Http,
        rule: &ExchangeRule,
        subject_token: &Secret,
        audience: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let scope = self.scope();
        let subject_token_type = rule.subject_token_type.as_deref().unwrap_or(ID_TOKEN);
        let mut request = self
            .grant_in(rule.body.unwrap_or(self.rule.body), TOKEN_EXCHANGE)
            .secret_field("subject_token", subject_token)
            .field("subject_token_type", subject_token_type);
        let optional = [
            ("requested_token_type", rule.requested_token_type.as_deref()),
            ("audience", audience),
            ("scope", Some(scope.as_str())),
        ];
        for (name, value) in optional {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                request = request.field(name, value);
            }
        }
        request = self.complete(request)?;
        if !rule.without_client {
            request = self.client.authenticate(request)?;
        }
        let answer = http.send(request).await?;
        let tokens = self.read(&answer, now)?;
        answer::needs(&answer, self.rule, "issued_token_type")?;
        Ok(TokenSet {
            refresh_token: None,
            ..tokens
        })
    }

    /// Once (RFC 8628 §3.4). What the answer means is the device flow's to say.
    pub(in crate::oauth) async fn poll(
        &self,
        http: &Http,
        device_code: &Secret,
        scope_parameter: Option<&str>,
    ) -> Result<Answer, OauthError> {
        let scope = self.scope();
        let mut request = self
            .grant(DEVICE_CODE)
            .secret_field("device_code", device_code);
        if let Some(name) = scope_parameter.filter(|_| !scope.is_empty()) {
            request = request.field(name, &scope);
        }
        self.send(http, request).await
    }

    /// Reads an answer, and refuses it whole where anything in it cannot be used.
    pub(in crate::oauth) fn read(
        &self,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        answer::read(answer, self.rule, self.scopes, now, &answer::refuse)
    }

    fn scope(&self) -> String {
        self.scopes.join(self.scope_separator)
    }

    fn grant<'r>(&'r self, grant_type: &'r str) -> Request<'r> {
        self.grant_in(self.rule.body, grant_type)
    }

    fn grant_in<'r>(&'r self, body: TokenBody, grant_type: &'r str) -> Request<'r> {
        let request = match body {
            TokenBody::Form => Request::form(self.url),
            TokenBody::Json => Request::json(Method::POST, self.url, json!({})),
        };
        request.field("grant_type", grant_type)
    }

    async fn send<'r>(&'r self, http: &Http, request: Request<'r>) -> Result<Answer, OauthError> {
        let request = self.complete(request)?;
        http.send(self.client.authenticate(request)?).await
    }

    /// Adds what every request has, whoever sends it.
    fn complete<'r>(&'r self, mut request: Request<'r>) -> Result<Request<'r>, OauthError> {
        for resource in self.resource {
            request = request.field("resource", resource);
        }
        for (name, value) in &self.rule.headers {
            request = request.header(name, value)?;
        }
        Ok(request)
    }
}
