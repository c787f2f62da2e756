//! Values nobody can guess, and the hashes that are kept in their place.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use keyfob_base::random::fill;
use keyfob_base::secret::Secret;

pub(crate) fn value(prefix: &str) -> io::Result<Secret> {
    Ok(Secret::new(format!("{prefix}{}", octets::<32>()?)))
}

pub(crate) fn id(prefix: &str) -> io::Result<String> {
    Ok(format!("{prefix}{}", octets::<16>()?))
}

/// The letters of a user code: no vowels, so that no word comes out (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// Makes a code for a person to type: eight letters as `WDJB-MJHT`, some 34 bits.
pub(crate) fn user_code() -> io::Result<String> {
    let mut code = String::with_capacity(9);
    while code.len() < 9 {
        let mut octet = [0];
        fill(&mut octet)?;
        // 240 is the last multiple of 20: what lies above would favour some letters.
        if octet[0] < 240 {
            code.push(char::from(LETTERS[usize::from(octet[0] % 20)]));
            if code.len() == 4 {
                code.push('-');
            }
        }
    }
    Ok(code)
}

fn octets<const N: usize>() -> io::Result<String> {
    let mut octets = [0; N];
    fill(&mut octets)?;
    Ok(URL_SAFE_NO_PAD.encode(octets))
}

/// The SHA-256 of a code, token or client secret: what is kept of it. 32 random octets need no salt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hash(String);

impl Hash {
    pub(crate) fn of(value: &str) -> Self {
        Self(s256(value))
    }
}

/// BASE64URL(SHA256(ASCII(value))), the transformation `S256` (RFC 7636 §4.2).
pub(crate) fn s256(value: &str) -> String {
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
    fn a_user_code_is_two_groups_of_four_consonants() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let code = user_code().unwrap();
            let (one, two) = code.split_once('-').unwrap();
            assert_eq!((one.len(), two.len()), (4, 4), "{code}");
            seen.extend(one.bytes().chain(two.bytes()));
        }
        assert!(seen.iter().eq(LETTERS), "{seen:?}");
    }

    #[test]
    fn values_are_long_and_differ() {
        let (one, two) = (value("sandbox_").unwrap(), value("sandbox_").unwrap());
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), "sandbox_".len() + 43);
    }
}
