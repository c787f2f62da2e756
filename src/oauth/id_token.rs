//! The id token (OpenID Connect Core §2, §3.1.3.7). It came from the token endpoint over TLS, so its
//! signature is not checked; its claims are.

use crate::secret::Secret;
use crate::timestamp::Timestamp;

/// What an id token's claims must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The issuer; `{claim}` in it stands for that claim of the token.
    pub issuer: Option<&'a str>,
    /// Our client id, which `aud` must hold.
    pub client_id: &'a str,
    /// The `nonce` that was sent; `None` for tokens of a refresh.
    pub nonce: Option<&'a Secret>,
    /// Now.
    pub now: Timestamp,
}

/// Decodes the claims and checks `iss`, `aud`, `azp`, `exp` and `nonce`. The error names the claim.
pub fn claims(_id_token: &Secret, _expected: &Expected<'_>) -> Result<serde_json::Value, String> {
    todo!()
}
