//! The token endpoint (RFC 6749 §3.2): codes and refresh tokens become token sets.

use url::Url;

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
}

impl TokenEndpoint<'_> {
    /// Exchanges an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5). Never retried: a code is for
    /// one use.
    pub async fn exchange(
        &self,
        _http: &Http,
        _code: &Secret,
        _verifier: &CodeVerifier,
        _redirect_uri: &str,
        _now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        todo!()
    }

    /// Refreshes (RFC 6749 §6). The answer's refresh token is `None` where the server sent none: the
    /// caller then keeps the old one. `redirect_uri` is sent where the rule wants it again.
    pub async fn refresh(
        &self,
        _http: &Http,
        _refresh_token: &Secret,
        _redirect_uri: Option<&str>,
        _now: Timestamp,
    ) -> Result<TokenSet, OauthError> {
        todo!()
    }
}
