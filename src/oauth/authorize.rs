//! The authorization request (RFC 6749 §4.1.1): the URL that the browser opens, and what must come back.

use url::Url;

use super::pkce::CodeVerifier;
use crate::provider::Provider;
use crate::secret::Secret;

/// What a login wants to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The provider's definition, endpoints resolved.
    pub provider: &'a Provider,
    /// Our client id.
    pub client_id: &'a str,
    /// The redirect URI, exactly as the token endpoint will see it again.
    pub redirect_uri: &'a str,
    /// The scopes to ask for.
    pub scopes: &'a [String],
    /// The person who is expected to sign in.
    pub login_hint: Option<&'a str>,
    /// Asks for somebody else than the browser would sign in.
    pub switch: bool,
}

/// One authorization request: what was sent, and what the answer is judged by.
#[derive(Debug)]
pub struct AuthorizationRequest {
    /// What the browser opens; holds no secret but `state`, which the server sends back.
    pub url: Url,
    /// Compared with the answer's `state`.
    pub state: Secret,
    /// Compared with the id token's `nonce`; sent when `openid` is asked for.
    pub nonce: Option<Secret>,
    /// Shown to the token endpoint.
    pub verifier: CodeVerifier,
}

/// Builds the request: PKCE S256 and `state` always, `nonce` with `openid`. The provider's own
/// parameters are added and never replace keyfob's.
///
/// # Panics
/// When the provider has no `authorization_endpoint`; a login checks that first.
pub fn request(_wish: &Wish<'_>) -> AuthorizationRequest {
    todo!()
}

/// Parameters that are keyfob's own, which no provider file may set.
pub const RESERVED: [&str; 12] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_type",
    "scope",
    "state",
];
