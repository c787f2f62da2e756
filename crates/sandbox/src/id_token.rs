//! Id tokens and the key they are signed with: ES256 (RFC 7518 §3.4), published as a JWK.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::random::s256;

/// A P-256 key, kept with the state so that what it signed can be verified tomorrow.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct SigningKey {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    pub(crate) fn generate() -> io::Result<Self> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| io::Error::other("the system gives no random numbers"))?;
        Self::from_pkcs8(pkcs8.as_ref().to_vec())
            .ok_or_else(|| io::Error::other("a key just made cannot be read"))
    }

    fn from_pkcs8(pkcs8: Vec<u8>) -> Option<Self> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8, &random).ok()?;
        Some(Self { pkcs8, pair })
    }

    /// The public key, as it is published (RFC 7517). Its `kid` is the thumbprint of RFC 7638.
    pub(crate) fn jwk(&self) -> Value {
        // An uncompressed point (SEC 1 §2.3.3): 4, x, y.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let kid = s256(&format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#
        ));
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid})
    }

    /// Signs claims as a compact JWS (RFC 7515 §3.1).
    pub(crate) fn sign(&self, claims: &Value) -> io::Result<String> {
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": self.jwk()["kid"]});
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| io::Error::other("the id token cannot be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a compact JWS that this key has signed (RFC 7515 §5.2).
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key());
        public.verify(signed.as_bytes(), &signature).ok()?;
        let (_, claims) = signed.split_once('.')?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

impl TryFrom<String> for SigningKey {
    type Error = &'static str;

    fn try_from(encoded: String) -> Result<Self, Self::Error> {
        URL_SAFE_NO_PAD
            .decode(encoded)
            .ok()
            .and_then(Self::from_pkcs8)
            .ok_or("no signing key")
    }
}

impl Serialize for SigningKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.pkcs8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_verifies_and_survives_being_kept() {
        let key = SigningKey::generate().unwrap();
        let kept: SigningKey = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();
        assert_eq!(kept.jwk(), key.jwk());

        let token = kept.sign(&json!({"sub": "1001"})).unwrap();
        assert_eq!(key.verify(&token).unwrap(), json!({"sub": "1001"}));
        let other = kept.sign(&json!({"sub": "1002"})).unwrap();
        let (signed, _) = token.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        assert!(key.verify(&format!("{signed}.{signature}")).is_none());
        assert!(SigningKey::generate().unwrap().verify(&token).is_none());
        for none in ["", ".", "a.b.c", signed] {
            assert!(key.verify(none).is_none(), "{none}");
        }
    }
}
