//! The file store: an age file for each secret.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use age::x25519::Identity;

use super::disk::failed;
use super::key_pair::KeyPair;
use super::seal::{self, Opened};
use crate::store::passphrase::{Environment, FILE_STORE};
use crate::store::sealed::{Form, Key, form, why};
use crate::store::{
    PROBE, Rehearsal, Setup, Store, StoreError, Unasked, check_key, random_hex, secret_from,
};
use keyfob_base::files;
use keyfob_base::secret::Secret;

/// No secret comes near; a larger file is none of ours.
const LIMIT: u64 = 1024 * 1024;

pub(crate) struct File {
    data: PathBuf,
    keys: KeyPair,
}

impl File {
    pub(crate) fn new(setup: Setup) -> Self {
        Self::with(setup, Environment::process(FILE_STORE))
    }

    fn with(setup: Setup, environment: Environment) -> Self {
        Self {
            data: setup.data.clone(),
            keys: KeyPair::new(setup, environment),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.data.join(format!("{name}.age"))
    }

    fn write(&self, key: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let path = &self.path(key);
        let identity = self.keys.writer()?;
        let plaintext = seal::append(&identity, key, secret);
        let ciphertext =
            age::encrypt(&identity.to_public(), &plaintext).map_err(|error| StoreError {
                cause: format!("age cannot encrypt: {error}"),
                hint: "run it again; if it stays so, report it as a fault of keyfob".into(),
            })?;
        if ciphertext.len() as u64 > LIMIT {
            return Err(StoreError {
                cause: format!(
                    "a secret of {} bytes is more than the file store takes",
                    secret.len()
                ),
                hint: "ask for fewer scopes, or use `--store keyring`".into(),
            });
        }
        files::replace(path, &ciphertext).map_err(|error| failed("write", path, &error))?;
        Ok(ciphertext)
    }

    fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
        files::read(path, LIMIT).map_err(|error| failed("read", path, &error))
    }

    fn remove_file(path: &Path) -> Result<bool, StoreError> {
        files::remove(path).map_err(|error| failed("remove", path, &error))
    }

    fn check_probe(&self, key: &str, written: &str, ciphertext: &[u8]) -> Result<(), StoreError> {
        let path = &self.path(key);
        let read = Self::read(path)?;
        if read.as_deref() != Some(ciphertext) {
            return Err(StoreError {
                cause: format!("`{}` does not read back as it was written", path.display()),
                hint: "check that disk, or set KEYFOB_HOME to a folder on another one".into(),
            });
        }
        match self.decrypt(key, ciphertext, &self.keys.identity()?) {
            Ok(secret) if secret.expose() == written => Ok(()),
            _ => Err(self.keys.mismatch()),
        }
    }

    fn decrypt(&self, key: &str, ciphertext: &[u8], identity: &Identity) -> Result<Secret, Unread> {
        let path = &self.path(key);
        let plaintext = Key::from(identity.clone())
            .open(ciphertext)
            .map_err(|error| damaged(path, &why(&error)))?;
        let secret = match seal::open(identity, key, &plaintext) {
            Opened::Sealed(secret) => secret,
            Opened::Unsealed(secret) if !self.keys.marks.hold(key) => secret,
            Opened::Unsealed(_) | Opened::Forged => return Err(Unread::Forged(forged(path))),
        };
        secret_from(secret).ok_or_else(|| damaged(path, "it holds no text").into())
    }

    fn open(&self, key: &str) -> Result<Option<Secret>, Unread> {
        check_key(key)?;
        let Some(ciphertext) = Self::read(&self.path(key))? else {
            return Ok(None);
        };
        let identity = self.keys.identity()?;
        self.decrypt(key, &ciphertext, &identity).map(Some)
    }
}

enum Unread {
    Forged(StoreError),
    Failed(StoreError),
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<Unread> for StoreError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Forged(error) | Unread::Failed(error) => error,
        }
    }
}

fn forged(path: &Path) -> StoreError {
    StoreError {
        cause: format!("`{}` does not carry keyfob's seal", path.display()),
        hint: "sign in again to replace it, or bring it back from a backup".into(),
    }
}

fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError {
        cause: format!("cannot decrypt `{}`: {why}", path.display()),
        hint: "sign in again to replace it, or bring it back from a backup".into(),
    }
}

impl Store for File {
    fn get(&self, key: &str) -> Result<Option<Secret>, StoreError> {
        Ok(self.open(key)?)
    }

    fn is_forged(&self, key: &str) -> bool {
        // Where the identity could not be unlocked, that is why; nobody is asked once more.
        let unlocked = self.keys.identity_at_hand().is_ok_and(|it| it.is_some());
        unlocked && matches!(self.open(key), Err(Unread::Forged(_)))
    }

    fn get_unasked(&self, key: &str) -> Result<Unasked, StoreError> {
        check_key(key)?;
        let path = self.path(key);
        let Some(ciphertext) = Self::read(&path)? else {
            return Ok(Unasked::Nothing);
        };
        match form(&ciphertext) {
            Form::Recipients => {}
            Form::None if ciphertext.is_empty() => return Err(damaged(&path, "it is empty")),
            Form::None => return Err(damaged(&path, "it is no age file")),
            Form::Passphrase | Form::Armoured | Form::Unknown => {
                return Err(damaged(&path, "its beginning is damaged"));
            }
        }
        match self.keys.identity_unasked()? {
            Some(identity) => {
                let secret = self.decrypt(key, &ciphertext, &identity)?;
                Ok(Unasked::Secret(secret))
            }
            None => Ok(Unasked::WouldPrompt),
        }
    }

    fn put(&self, key: &str, secret: &Secret) -> Result<(), StoreError> {
        check_key(key)?;
        self.write(key, secret.expose().as_bytes())?;
        let held = || self.keys().ok().flatten().unwrap_or_default();
        self.keys.marks.add(key, held); // after: a crash leaves a secret of before as readable as it was
        Ok(())
    }

    fn remove(&self, key: &str) -> Result<bool, StoreError> {
        check_key(key)?;
        Self::remove_file(&self.path(key))
    }

    fn probe(&self) -> Result<(), StoreError> {
        let written = random_hex()?;
        let key = format!("{PROBE}{}", &written[..16]);
        let ciphertext = self.write(&key, written.as_bytes())?;
        let checked = self.check_probe(&key, &written, &ciphertext);
        Self::remove_file(&self.path(&key))?;
        checked
    }

    fn rehearse(&self) -> Result<Rehearsal, StoreError> {
        if self.keys.is_made()? {
            let rehearsal = self.keys.rehearse()?;
            match rehearsal {
                Rehearsal::WantsPassphrase => files::is_writable(&self.data)
                    .map_err(|error| failed("write in", &self.data, &error))?,
                Rehearsal::Works | Rehearsal::Unmade => self.probe()?,
            }
            return Ok(rehearsal);
        }
        for folder in [&self.data, self.keys.folder()] {
            files::is_writable(folder).map_err(|error| failed("write in", folder, &error))?;
        }
        Ok(Rehearsal::Unmade)
    }

    fn keys(&self) -> Result<Option<Vec<String>>, StoreError> {
        let failed = |error| failed("read", &self.data, &error);
        let entries = match fs::read_dir(&self.data) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(Vec::new())),
            Err(error) => return Err(failed(error)),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let key = name.to_str().and_then(|name| name.strip_suffix(".age"));
            keys.extend(key.map(str::to_owned));
        }
        Ok(Some(keys))
    }

    fn protection(&self) -> String {
        self.keys.protection()
    }
}

#[cfg(test)]
mod tests;
