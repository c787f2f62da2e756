//! Authorization server metadata (RFC 8414, OpenID Connect Discovery).

use serde::Deserialize;
use url::Url;

use super::{Http, OauthError};

/// What keyfob reads from an issuer's metadata.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The issuer identifier, equal to the one asked (RFC 8414 §3.3).
    pub issuer: String,
    /// Where the browser goes.
    pub authorization_endpoint: Option<Url>,
    /// Where codes become tokens.
    pub token_endpoint: Option<Url>,
    /// Where a token says whose it is.
    pub userinfo_endpoint: Option<Url>,
    /// Where tokens are revoked.
    pub revocation_endpoint: Option<Url>,
    /// Where clients register themselves.
    pub registration_endpoint: Option<Url>,
    /// PKCE methods; absent says nothing (RFC 8414 §2).
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// Scopes the server knows.
    pub scopes_supported: Option<Vec<String>>,
    /// Client authentication methods.
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// The answer carries `iss` (RFC 9207 §3).
    pub authorization_response_iss_parameter_supported: bool,
}

/// Reads the metadata of `issuer`: OpenID's place first, then RFC 8414's. The document's `issuer` must
/// equal `issuer` byte for byte, and every endpoint in it must be https (http on loopback).
pub async fn discover(_http: &Http, _issuer: &str) -> Result<Metadata, OauthError> {
    todo!()
}
