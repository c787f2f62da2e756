//! Values nobody can guess, and the hashes that are kept in their place.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// Makes a value of 32 random octets behind a prefix that says what it is.
pub fn value(prefix: &str) -> io::Result<Secret> {
    Ok(Secret::new(format!("{prefix}{}", octets::<32>()?)))
}

/// Makes a public identifier of 16 random octets.
pub fn id(prefix: &str) -> io::Result<String> {
    Ok(format!("{prefix}{}", octets::<16>()?))
}

fn octets<const N: usize>() -> io::Result<String> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(octets))
}

/// The SHA-256 of a code, token or client secret: what is kept of it. 32 random octets need no salt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl Hash {
    pub fn of(value: &str) -> Self {
        Self(s256(value))
    }
}

/// BASE64URL(SHA256(ASCII(value))), the transformation `S256` (RFC 7636 §4.2).
pub fn s256(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s256_is_that_of_rfc_7636_appendix_b() {
        assert_eq!(
            s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn values_are_long_and_differ() {
        let (one, two) = (value("sandbox_").unwrap(), value("sandbox_").unwrap());
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), "sandbox_".len() + 43);
    }
}
