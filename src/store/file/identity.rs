//! age's side of the key pair: the identity as text, in the open or behind a passphrase, and what it
//! decrypts.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _};
use std::iter;
use std::path::Path;

use age::DecryptError;
use age::x25519::Identity;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::passphrase::Passphrase;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// scrypt's cost is 2^17: some 0.3 s and 130 MB a read. The crate's own choice targets a whole second
/// and half a gigabyte.
const WORK_FACTOR: u8 = 17;

/// The most that is worked for an `identity.age` of others; `age -p` writes 18. Each step doubles
/// time and memory, so a hostile file could otherwise ask for hours.
const MAX_WORK_FACTOR: u8 = 20;

/// Decrypts with an identity. The plaintext is wiped when dropped, and never moved while it grows.
pub fn open(
    identity: &dyn age::Identity,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let mut plaintext = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    age::Decryptor::new_buffered(ciphertext)?
        .decrypt(iter::once(identity))?
        .read_to_end(&mut plaintext)?;
    Ok(plaintext)
}

/// Says why age did not decrypt. Its own words overflow on a hostile work factor.
pub fn why(error: &DecryptError) -> String {
    match error {
        DecryptError::NoMatchingKeys => "it was encrypted to another key".into(),
        DecryptError::ExcessiveWork { required, .. } => {
            format!("its work factor {required} is above {MAX_WORK_FACTOR}")
        }
        DecryptError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "it is cut short".into()
        }
        _ => "it is damaged".into(),
    }
}

/// Puts the text behind a passphrase, as `age -p` does.
pub fn wrap(text: &str, passphrase: &Secret) -> Result<Vec<u8>, StoreError> {
    let mut recipient = age::scrypt::Recipient::new(exposed(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    age::encrypt(&recipient, text.as_bytes()).map_err(|error| StoreError {
        cause: format!("age cannot encrypt the identity: {error}"),
        hint: "check the free memory, then run it again".into(),
    })
}

/// Takes the text of the file at `path` from behind its passphrase.
pub fn unwrap(
    ciphertext: &[u8],
    passphrase: &Passphrase,
    path: &Path,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut identity = age::scrypt::Identity::new(exposed(&passphrase.secret));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    open(&identity, ciphertext).map_err(|error| match error {
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => StoreError {
            cause: format!("wrong passphrase for the file store: {}", passphrase.origin),
            hint: "give the passphrase that the file store was made with".into(),
        },
        DecryptError::NoMatchingKeys => damaged(path, "it is not behind a passphrase"),
        other => damaged(path, &why(&other)),
    })
}

fn exposed(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

/// What `age-keygen` writes.
pub fn identity_text(identity: &Identity) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(512)); // never grows, so is wiped whole
    let _ = writeln!(text, "# created: {}", Timestamp::now()); // a String takes everything
    let _ = writeln!(text, "# public key: {}", identity.to_public());
    text.push_str(identity.to_string().expose_secret());
    text.push('\n');
    text
}

/// Reads an identity's text.
pub fn parse(text: &[u8]) -> Option<Identity> {
    std::str::from_utf8(text).ok().and_then(entry)?.parse().ok()
}

/// The first line that is no comment.
pub fn entry(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Says that an identity file cannot be used.
pub fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError {
        cause: format!("cannot use `{}`: {why}", path.display()),
        hint: "bring it back from a backup, or remove its folder and sign in again".into(),
    }
}
