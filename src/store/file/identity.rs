//! age's side of the key pair: the identity as text, in the open or behind a passphrase.

use std::fmt::Write as _;
use std::path::Path;

use age::DecryptError;
use age::x25519::Identity;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;

use crate::store::StoreError;
use crate::store::passphrase::Passphrase;
use crate::store::sealed::{Key, Lock, why};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// Puts the text behind a passphrase, as `age -p` does.
pub(crate) fn wrap(text: &str, passphrase: &Secret) -> Result<Vec<u8>, StoreError> {
    let lock = Lock::Passphrase(passphrase.clone());
    lock.seal(text.as_bytes()).map_err(|error| StoreError {
        cause: format!("age cannot encrypt the identity: {error}"),
        hint: "check the free memory, then run it again".into(),
    })
}

pub(crate) fn unwrap(
    ciphertext: &[u8],
    passphrase: &Passphrase,
    path: &Path,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let key = Key::Passphrase(passphrase.secret.clone());
    key.open(ciphertext).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => StoreError {
            cause: format!("wrong passphrase for the file store: {}", passphrase.origin),
            hint: "give the passphrase that the file store was made with".into(),
        },
        DecryptError::NoMatchingKeys => damaged(path, "it is not behind a passphrase"),
        other => damaged(path, &why(&other)),
    })
}

pub(crate) fn identity_text(identity: &Identity) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(512)); // never grows, so is wiped whole
    let _ = writeln!(text, "# created: {}", Timestamp::now()); // a String takes everything
    let _ = writeln!(text, "# public key: {}", identity.to_public());
    text.push_str(identity.to_string().expose_secret());
    text.push('\n');
    text
}

pub(crate) fn parse(text: &[u8]) -> Option<Identity> {
    std::str::from_utf8(text).ok().and_then(entry)?.parse().ok()
}

pub(crate) fn entry(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
}

pub(crate) fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError {
        cause: format!("cannot use `{}`: {why}", path.display()),
        hint: "bring it back from a backup, or remove its folder and sign in again".into(),
    }
}
