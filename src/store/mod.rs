//! Where secrets are kept: one small trait, and the stores behind it.
//!
//! A store knows opaque secrets under keys and nothing about tokens or accounts. It is synchronous.

mod file;
mod keyring;
pub(crate) mod passphrase;
pub mod sealed;

#[cfg(test)]
mod contract;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use keyfob_base::secret::Secret;

/// A place for secrets. Keys are account ids: lower-case hexadecimal.
pub trait Store: Send + Sync {
    /// Reads a secret; `None` where the store holds none under this key.
    fn get(&self, key: &str) -> Result<Option<Secret>, StoreError>;

    /// Whether what is there, which could not be read, was put there by somebody else than keyfob.
    fn is_forged(&self, key: &str) -> bool {
        let _ = key;
        false
    }

    /// Reads a secret where nobody has to be asked and nothing unlocked for it.
    fn get_unasked(&self, key: &str) -> Result<Unasked, StoreError> {
        check_key(key).map(|()| Unasked::WouldPrompt)
    }

    /// Writes a secret, replacing what was there. Whole or not at all.
    fn put(&self, key: &str, secret: &Secret) -> Result<(), StoreError>;

    /// `false` where there was none.
    fn remove(&self, key: &str) -> Result<bool, StoreError>;

    /// Proves by writing that the store will take a secret. A read proves nothing: a Secret Service
    /// without a collection answers every read with "no entry".
    fn probe(&self) -> Result<(), StoreError>;

    /// With nobody asked and nothing made that stays. A store not made yet is told from one that works.
    fn rehearse(&self) -> Result<Rehearsal, StoreError> {
        self.probe().map(|()| Rehearsal::Works)
    }

    /// `None` where they cannot all be had with nobody asked and nothing unlocked.
    fn keys(&self) -> Result<Option<Vec<String>>, StoreError>;

    /// One plain sentence, lower case, on what protects the secrets in it.
    fn protection(&self) -> String;
}

#[derive(Debug)]
pub enum Unasked {
    Secret(Secret),
    Nothing,
    /// Somebody would have to be asked, or something unlocked.
    WouldPrompt,
}

/// How a rehearsal ended that met no failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rehearsal {
    /// A secret was written, read back and removed.
    Works,
    /// The same, but what is kept is only read with a passphrase, and none is given.
    WantsPassphrase,
    /// The store is made with its first secret, and its folders can be written.
    Unmade,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The system's keyring: macOS Keychain, Windows Credential Manager, Secret Service.
    Keyring,
    /// Files encrypted with age.
    File,
}

impl Kind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Kind::Keyring => "the keyring",
            Kind::File => "the file store",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Keyring => "keyring",
            Kind::File => "file",
        })
    }
}

/// Why a store did not answer: the true cause, and what its user can do.
#[derive(Debug, Clone)]
pub struct StoreError {
    /// One line, lower case, no full stop.
    pub cause: String,
    /// The next step, in the imperative.
    pub hint: String,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for StoreError {}

/// Whom a store may turn to while it works. The terminal stands behind it; stores do not know it.
pub trait Prompter: Send + Sync {
    /// Whether somebody can see a desktop's unlock prompt: a terminal and a display.
    fn attended(&self) -> bool;

    /// Says that the keyring has not answered yet and may be waiting for its unlock prompt.
    fn unlock_pending(&self);

    /// `new` asks for a fresh one, twice. `None` where nobody can be asked.
    fn passphrase(&self, new: bool) -> Option<Secret>;
}

#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Prompter for Nobody {
    fn attended(&self) -> bool {
        false
    }

    fn unlock_pending(&self) {}

    fn passphrase(&self, _new: bool) -> Option<Secret> {
        None
    }
}

#[derive(Clone)]
pub struct Setup {
    /// Folder of the file store's encrypted files.
    pub data: PathBuf,
    /// Folder of the file store's identity, another one than `data`.
    pub identity: PathBuf,
    pub locks: PathBuf,
    /// Makes a new file store ask for a passphrase (`--passphrase`).
    pub ask_passphrase: bool,
    pub prompter: Arc<dyn Prompter>,
}

/// How the keys of probes begin, which hold nothing.
pub(crate) const PROBE: &str = "probe-";

/// Refuses a key that is not lower-case hexadecimal with `-`: keys become names of files and entries,
/// and they are read from the index, which anybody with an editor can change.
fn check_key(key: &str) -> Result<(), StoreError> {
    let fits = (1..=64).contains(&key.len())
        && key
            .chars()
            .all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'));
    if fits {
        return Ok(());
    }
    Err(StoreError {
        cause: format!("`{key}` cannot be the key of a secret"),
        hint: "the account's index entry is damaged: sign in again".into(),
    })
}

/// A random string to write and read back, 64 hexadecimal digits.
fn random_hex() -> Result<String, StoreError> {
    let mut octets = [0; 32];
    keyfob_base::random::fill(&mut octets).map_err(|error| StoreError {
        cause: format!("the operating system gives no random octets: {error}"),
        hint: "check that this process may read the system's random source".into(),
    })?;
    Ok(hex(&octets))
}

fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Takes a secret out of octets without leaving an unwiped copy; `None` where they are no text.
fn secret_from(octets: &[u8]) -> Option<Secret> {
    // An exact allocation: a larger one would be moved, and its old place not wiped.
    std::str::from_utf8(octets)
        .ok()
        .map(|text| Secret::new(text.to_owned()))
}

/// Opens a store. Opening touches neither disk nor bus; the first call does.
pub fn open(kind: Kind, setup: &Setup) -> Arc<dyn Store> {
    match kind {
        Kind::Keyring => Arc::new(keyring::Keyring::new(Arc::clone(&setup.prompter))),
        Kind::File => Arc::new(file::File::new(setup.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::check_key;

    #[test]
    fn keys_cannot_leave_their_folder() {
        assert!(check_key("0123456789abcdef-0").is_ok());
        for bad in [
            "",
            "..",
            "../a",
            "a/b",
            "A",
            "g",
            "a.age",
            "a\\b",
            "a\0",
            &"a".repeat(65),
        ] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }
}
