//! Proof key for code exchange, method S256 (RFC 7636).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::random;
use keyfob_base::secret::Secret;

/// The code verifier of one authorization request (RFC 7636 §4.1). Not `Clone`: it is for one use.
#[derive(Debug)]
pub(crate) struct CodeVerifier(Secret);

impl CodeVerifier {
    pub(crate) fn random() -> Self {
        Self(random::token())
    }

    /// One that the server made and handed out with its code, as some device flows do.
    pub(super) fn of_server(verifier: Secret) -> Self {
        Self(verifier)
    }

    /// The S256 challenge (RFC 7636 §4.2).
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose()))
    }

    /// What the token endpoint is shown (RFC 7636 §4.5).
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(verifier: &str) -> String {
        CodeVerifier(Secret::new(verifier)).challenge()
    }

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b() {
        let octets = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121_u8,
        ];
        let verifier = URL_SAFE_NO_PAD.encode(octets);
        assert_eq!(verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn the_challenge_of_gitlabs_manual() {
        assert_eq!(
            challenge("ks02i3jdikdo2k0dkfodf3m39rjfjsdk0wk349rj3jrhf"),
            "2i0WFA-0AerkjQm4X4oDEhqA17QIAKNjXpagHBXmO_U"
        );
    }

    #[test]
    fn a_verifier_is_43_unreserved_characters_and_never_the_same() {
        let verifiers: Vec<_> = (0..64).map(|_| CodeVerifier::random()).collect();
        for verifier in &verifiers {
            let text = verifier.secret().expose();
            assert_eq!(text.len(), 43);
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
            );
        }
        let distinct: std::collections::BTreeSet<_> =
            verifiers.iter().map(|v| v.secret().expose()).collect();
        assert_eq!(distinct.len(), verifiers.len());
    }

    #[test]
    fn debug_shows_no_verifier() {
        let verifier = CodeVerifier::random();
        assert!(!format!("{verifier:?}").contains(verifier.secret().expose()));
    }
}
