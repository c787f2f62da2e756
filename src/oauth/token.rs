//! The token endpoint (RFC 6749 §3.2): codes and refresh tokens become token sets.

mod answer;
#[cfg(test)]
mod tests;

use url::Url;

use super::http::Request;
use super::pkce::CodeVerifier;
use super::{Client, Http, OauthError};
use crate::provider::TokenRule;
use crate::secret::Secret;
use crate::timestamp::Timestamp;
use crate::token_set::TokenSet;

/// A token endpoint and how to speak to it.
#[derive(Debug, Clone, Copy)]
pub struct TokenEndpoint<'a> {
    /// Its URL.
    pub url: &'a Url,
    /// Our client there.
    pub client: &'a Client,
    /// Its peculiarities.
    pub rule: &'a TokenRule,
    /// The scopes asked for, or held: what is granted where the answer does not say.
    pub scopes: &'a [String],
    /// The resources that the tokens are for, sent with every grant (RFC 8707 §2.2).
    pub resource: &'a [String],
}

impl TokenEndpoint<'_> {
    /// Exchanges an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5). Never retried: a code is for
    /// one use. `state` is sent where the rule wants it.
    ///
    /// The expiry counts from `now`. A negative `expires_in` means expired at once, one of more than
    /// ten years is cut to ten years, and an absent one leaves the expiry unknown; a missing
    /// `token_type` is taken for `Bearer`, and any other type is [`OauthError::Invalid`].
    pub async fn exchange(
        &self,
        http: &Http,
        code: &Secret,
        verifier: &CodeVerifier,
        redirect_uri: &str,
        state: Option<&Secret>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let _ = state;
        let request = Request::form(self.url)
            .field("grant_type", "authorization_code")
            .secret_field("code", code)
            .field("redirect_uri", redirect_uri)
            .secret_field("code_verifier", verifier.secret());
        self.request(http, request, now, &answer::refuse).await
    }

    /// Refreshes (RFC 6749 §6). The answer's refresh token is `None` where the server sent none: the
    /// caller then keeps the old one. `redirect_uri` is sent where the rule wants it again. The answer
    /// is read as that of [`TokenEndpoint::exchange`], except that an `expires_in`, `scope` or `id_token`
    /// that cannot be used is taken as absent: the old refresh token may be spent, so the new one counts.
    pub async fn refresh(
        &self,
        http: &Http,
        refresh_token: &Secret,
        redirect_uri: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        let mut request = Request::form(self.url)
            .field("grant_type", "refresh_token")
            .secret_field("refresh_token", refresh_token);
        if let Some(redirect_uri) = redirect_uri.filter(|_| self.rule.refresh_resends_redirect_uri)
        {
            request = request.field("redirect_uri", redirect_uri);
        }
        let overlook = |wrong| {
            http.trace(&format!("taken as absent: {wrong}"));
            Ok(())
        };
        self.request(http, request, now, &overlook).await
    }

    /// Gets a token for the client itself (RFC 6749 §4.4). It has no refresh token.
    pub async fn client_credentials(
        &self,
        _http: &Http,
        _audience: Option<&str>,
        _now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        todo!()
    }

    async fn request<'r>(
        &'r self,
        http: &Http,
        request: Request<'r>,
        now: Timestamp,
        odd: answer::Odd<'_>,
    ) -> Result<TokenSet, OauthError> {
        let answer = http.send(self.client.authenticate(request)?).await?;
        answer::read(&answer, self.rule, self.scopes, now, odd)
    }
}
