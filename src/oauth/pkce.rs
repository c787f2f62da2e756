//! Proof key for code exchange, method S256 (RFC 7636).

use crate::secret::Secret;

/// The code verifier of one authorization request (RFC 7636 §4.1). Not `Clone`: it is for one use.
#[derive(Debug)]
pub struct CodeVerifier(Secret);

impl CodeVerifier {
    /// 32 random octets, base64url without padding: 43 characters.
    pub fn random() -> Self {
        todo!()
    }

    /// The S256 challenge (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        todo!()
    }

    /// What the token endpoint is shown (RFC 7636 §4.5).
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}
