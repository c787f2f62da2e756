//! The seal of a secret in the file store: whoever knows the recipient can encrypt to it, so what was decrypted proves
//! no author. Its key comes from the store's identity, which lies in the configuration folder, readable by its owner
//! alone, or behind the passphrase: a key file of its own would be protected just the same.

use age::x25519::Identity;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use crate::store::hex;

const LABEL: &[u8] = b"keyfob file store, seal of secrets, 1";

/// Begins the last line, so that `age -d` shows the secret above it.
const HEAD: &[u8] = b"\nkeyfob-seal ";

/// How long the seal is, in hexadecimal digits.
const DIGITS: usize = 64;

/// How a secret begins that an older keyfob has put there.
const BEFORE_SEALS: &[u8] = b"{\"version\":1,";

pub(super) enum Opened<'a> {
    Sealed(&'a [u8]),
    Unsealed(&'a [u8]),
    Forged,
}

pub(super) fn append(identity: &Identity, key: &str, secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(secret.len() + HEAD.len() + DIGITS + 1));
    text.extend_from_slice(secret);
    text.extend_from_slice(HEAD);
    text.extend_from_slice(hex(&mac(identity, key, secret).finalize().into_bytes()).as_bytes());
    text.push(b'\n');
    text
}

pub(super) fn open<'a>(identity: &Identity, key: &str, text: &'a [u8]) -> Opened<'a> {
    let at = text.len().checked_sub(HEAD.len() + DIGITS + 1);
    let Some((secret, seal)) = at.map(|at| text.split_at(at)) else {
        return unsealed(text);
    };
    let digits = seal
        .strip_prefix(HEAD)
        .and_then(|it| it.strip_suffix(b"\n"));
    match digits.map(octets) {
        None => unsealed(text),
        Some(Some(octets)) if mac(identity, key, secret).verify_slice(&octets).is_ok() => {
            Opened::Sealed(secret)
        }
        Some(_) => Opened::Forged,
    }
}

fn unsealed(text: &[u8]) -> Opened<'_> {
    if text.starts_with(BEFORE_SEALS) {
        Opened::Unsealed(text)
    } else {
        Opened::Forged
    }
}

/// Over the key as well: a file that was copied over another does not pass for it.
fn mac(identity: &Identity, key: &str, secret: &[u8]) -> Hmac<Sha256> {
    let new = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    let text = identity.to_string();
    let derived = new(text.expose_secret().as_bytes())
        .chain_update(LABEL)
        .finalize();
    new(&derived.into_bytes())
        .chain_update(key.as_bytes())
        .chain_update([0])
        .chain_update(secret)
}

fn octets(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let pairs = digits.chunks_exact(2);
    let octets = pairs.map(|pair| u8::try_from(value(pair[0])? << 4 | value(pair[1])?).ok());
    octets.collect()
}
