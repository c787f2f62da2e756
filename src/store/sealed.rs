//! Text that age has encrypted: to recipients, or behind a passphrase.

use std::io::{ErrorKind, Read as _, Write as _};
use std::iter;

use age::x25519::{Identity, Recipient};
use age::{DecryptError, EncryptError};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use keyfob_base::secret::Secret;
use keyfob_base::testing::setting;

/// The exponent of scrypt's cost: some 0.3 s and 130 MB a read. The crate's own choice targets a whole second and half a gigabyte.
const WORK_FACTOR: u8 = if cfg!(test) { 10 } else { 17 };

/// The most that is worked for a file of others, which is what `age -p` writes. Each step doubles time and
/// memory, so a hostile file could otherwise ask for hours.
const MAX_WORK_FACTOR: u8 = 18;

const HEAD: &[u8] = b"age-encryption.org/";

/// How one begins that is armoured, as text that survives mail.
const ARMOUR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

pub enum Lock {
    Recipients(Vec<Recipient>),
    Passphrase(Secret),
}

pub enum Key {
    Identities(Vec<Identity>),
    Passphrase(Secret),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Passphrase,
    Recipients,
    Armoured,
    /// An age file whose beginning is damaged, or of a kind from after this was written.
    Unknown,
    None,
}

impl Lock {
    pub fn seal(&self, plaintext: &[u8]) -> Result<Vec<u8>, EncryptError> {
        match self {
            Self::Recipients(recipients) => {
                let recipients = recipients.iter().map(|one| one as &dyn age::Recipient);
                seal(recipients, plaintext)
            }
            Self::Passphrase(passphrase) => {
                let mut recipient = age::scrypt::Recipient::new(expose_string(passphrase));
                recipient.set_work_factor(setting("WORK_FACTOR").unwrap_or(WORK_FACTOR));
                seal(iter::once(&recipient as &dyn age::Recipient), plaintext)
            }
        }
    }
}

impl Key {
    /// Decrypts. The plaintext is wiped when dropped, and never moved while it grows.
    pub fn open(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        match self {
            Self::Identities(identities) => {
                let identities = identities.iter().map(|one| one as &dyn age::Identity);
                open(identities, ciphertext)
            }
            Self::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(expose_string(passphrase));
                identity.set_max_work_factor(MAX_WORK_FACTOR);
                open(iter::once(&identity as &dyn age::Identity), ciphertext)
            }
        }
    }
}

impl From<Identity> for Key {
    fn from(identity: Identity) -> Self {
        Self::Identities(vec![identity])
    }
}

/// Looks at the beginning; decrypts nothing.
pub(crate) fn form(octets: &[u8]) -> Form {
    if octets.starts_with(ARMOUR) {
        return Form::Armoured;
    }
    if !octets.starts_with(HEAD) {
        return Form::None;
    }
    match age::Decryptor::new_buffered(octets) {
        Ok(found) if found.is_scrypt() => Form::Passphrase,
        Ok(_) => Form::Recipients,
        Err(_) => Form::Unknown,
    }
}

/// Says why age did not decrypt. Its own words overflow on a hostile work factor.
pub(crate) fn why(error: &DecryptError) -> String {
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

fn seal<'a>(
    recipients: impl Iterator<Item = &'a dyn age::Recipient>,
    plaintext: &[u8],
) -> Result<Vec<u8>, EncryptError> {
    let mut ciphertext = Vec::with_capacity(plaintext.len());
    let mut writer = age::Encryptor::with_recipients(recipients)?.wrap_output(&mut ciphertext)?;
    writer.write_all(plaintext)?;
    writer.finish()?;
    Ok(ciphertext)
}

fn open<'a>(
    identities: impl Iterator<Item = &'a dyn age::Identity>,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let mut plaintext = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    age::Decryptor::new_buffered(ciphertext)?
        .decrypt(identities)?
        .read_to_end(&mut plaintext)?;
    Ok(plaintext)
}

fn expose_string(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_locked_opens_with_its_key_and_no_other() {
        let (ours, other) = (Identity::generate(), Identity::generate());
        let both = vec![ours.to_public(), other.to_public()];
        let sealed = Lock::Recipients(both).seal(b"text").unwrap();
        for key in [ours, other] {
            assert_eq!(*Key::from(key).open(&sealed).unwrap(), b"text");
        }
        let stranger = Key::from(Identity::generate()).open(&sealed);
        assert_eq!(
            why(&stranger.unwrap_err()),
            "it was encrypted to another key"
        );
        let cut = Key::from(Identity::generate()).open(&sealed[..60]);
        assert!(["it is cut short", "it is damaged"].contains(&&*why(&cut.unwrap_err())));
        assert_eq!(form(&sealed), Form::Recipients);
    }

    #[test]
    fn a_form_is_told_by_the_beginning() {
        let secret = Secret::new("correct horse");
        let sealed = Lock::Passphrase(secret.clone()).seal(b"text").unwrap();
        assert_eq!(form(&sealed), Form::Passphrase);
        assert_eq!(*Key::Passphrase(secret).open(&sealed).unwrap(), b"text");
        let wrong = Key::Passphrase(Secret::new("wrong")).open(&sealed);
        assert!(matches!(wrong, Err(DecryptError::DecryptionFailed)));
        for (octets, expected) in [
            (&b""[..], Form::None),
            (b"{}", Form::None),
            (b"age-encryption.org/v9\nwhat", Form::Unknown),
            (&sealed[..40], Form::Unknown),
            (b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl", Form::Armoured),
        ] {
            assert_eq!(form(octets), expected, "{octets:?}");
        }
    }
}
