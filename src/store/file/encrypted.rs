//! The file store: an age file for each secret.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use age::x25519::Identity;

use super::disk::failed;
use super::key_pair::KeyPair;
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

    fn write(&self, path: &Path, plaintext: &[u8]) -> Result<Vec<u8>, StoreError> {
        let recipient = self.keys.recipient()?;
        let ciphertext = age::encrypt(&recipient, plaintext).map_err(|error| StoreError {
            cause: format!("age cannot encrypt: {error}"),
            hint: "run it again; if it stays so, report it as a fault of keyfob".into(),
        })?;
        if ciphertext.len() as u64 > LIMIT {
            return Err(StoreError {
                cause: format!(
                    "a secret of {} bytes is more than the file store takes",
                    plaintext.len()
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

    /// Reads the probe back, decrypted where that asks nobody for a passphrase.
    fn check_probe(&self, path: &Path, written: &str, ciphertext: &[u8]) -> Result<(), StoreError> {
        let read = Self::read(path)?;
        if read.as_deref() != Some(ciphertext) {
            return Err(StoreError {
                cause: format!("`{}` does not read back as it was written", path.display()),
                hint: "check that disk, or set KEYFOB_HOME to a folder on another one".into(),
            });
        }
        let Some(identity) = self.keys.identity_at_hand()? else {
            return Ok(());
        };
        match Key::from(identity).open(ciphertext) {
            Ok(plaintext) if *plaintext == written.as_bytes() => Ok(()),
            _ => Err(self.keys.mismatch()),
        }
    }
}

fn decrypt(path: &Path, ciphertext: &[u8], identity: Identity) -> Result<Secret, StoreError> {
    let plaintext = Key::from(identity)
        .open(ciphertext)
        .map_err(|error| damaged(path, &why(&error)))?;
    secret_from(&plaintext).ok_or_else(|| damaged(path, "it holds no text"))
}

fn damaged(path: &Path, why: &str) -> StoreError {
    StoreError {
        cause: format!("cannot decrypt `{}`: {why}", path.display()),
        hint: "sign in again to replace it, or bring it back from a backup".into(),
    }
}

impl Store for File {
    fn get(&self, key: &str) -> Result<Option<Secret>, StoreError> {
        check_key(key)?;
        let path = self.path(key);
        let Some(ciphertext) = Self::read(&path)? else {
            return Ok(None);
        };
        let identity = self.keys.identity()?;
        decrypt(&path, &ciphertext, identity).map(Some)
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
            Some(identity) => decrypt(&path, &ciphertext, identity).map(Unasked::Secret),
            None => Ok(Unasked::WouldPrompt),
        }
    }

    fn put(&self, key: &str, secret: &Secret) -> Result<(), StoreError> {
        check_key(key)?;
        self.write(&self.path(key), secret.expose().as_bytes())?;
        Ok(())
    }

    fn remove(&self, key: &str) -> Result<bool, StoreError> {
        check_key(key)?;
        Self::remove_file(&self.path(key))
    }

    fn probe(&self) -> Result<(), StoreError> {
        let written = random_hex()?;
        let path = self.path(&format!("{PROBE}{}", &written[..16]));
        let ciphertext = self.write(&path, written.as_bytes())?;
        let checked = self.check_probe(&path, &written, &ciphertext);
        Self::remove_file(&path)?;
        checked
    }

    fn rehearse(&self) -> Result<Rehearsal, StoreError> {
        if self.keys.is_made()? {
            self.probe()?;
            return self.keys.rehearse();
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
