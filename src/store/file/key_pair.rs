//! The file store's one age key pair: how it is made, where it lies, and how it is unlocked.
//!
//! `identity.txt` is the identity as `age-keygen` writes it; `identity.age` is the same text behind a
//! passphrase, as `age -p` writes it. What is written is sealed with the identity, so writing unlocks it as reading
//! does. `recipient.txt` lies beside it, for `age`; what is encrypted here is encrypted to the identity's own, and
//! another one that was put there is refused. Recipient and marks are written before the identity, and the store counts
//! as made with the identity: killed in between, the next process makes all anew, and nothing was encrypted yet.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use age::x25519::{Identity, Recipient};
use secrecy::zeroize::Zeroizing;

use super::disk::{failed, lock};
use super::identity::{damaged, entry, identity_text, parse, unwrap, wrap};
use super::marks::Marks;
use crate::store::passphrase::{Environment, Passphrase};
use crate::store::{PROBE, Rehearsal, Setup, StoreError};
use keyfob_base::files;

const LIMIT: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    KeyFile,
    Passphrase,
}

/// The key pair in its folder; unlocked once a process.
pub(crate) struct KeyPair {
    setup: Setup,
    environment: Environment,
    unlocked: Mutex<Option<Identity>>,
    pub(super) marks: Marks,
}

impl KeyPair {
    pub(crate) fn new(setup: Setup, environment: Environment) -> Self {
        Self {
            marks: Marks::new(&setup),
            setup,
            environment,
            unlocked: Mutex::new(None),
        }
    }

    /// The identity to write with. Makes the key pair where there is none.
    pub(crate) fn writer(&self) -> Result<Identity, StoreError> {
        match self.form()? {
            None if self.holds_secrets() => Err(self.missing_key()),
            None => self.make(),
            Some(Form::KeyFile) if self.setup.ask_passphrase => Err(StoreError {
                cause: "the file store has no passphrase: its form was chosen when it was made"
                    .into(),
                hint: format!(
                    "sign in without `--passphrase`, or log out its accounts and remove `{}` first",
                    self.setup.identity.display()
                ),
            }),
            Some(_) => {
                let identity = self.identity()?;
                self.check_recipient(&identity)?;
                Ok(identity)
            }
        }
    }

    pub(crate) fn identity(&self) -> Result<Identity, StoreError> {
        // Held while unlocking, so that two threads do not ask twice.
        let mut unlocked = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = &*unlocked {
            return Ok(identity.clone());
        }
        let identity = match self.form()? {
            Some(Form::KeyFile) => read_key_file(&self.key_file())?,
            Some(Form::Passphrase) => self.unlock()?,
            None => return Err(self.missing_key()),
        };
        *unlocked = Some(identity.clone());
        Ok(identity)
    }

    /// The identity, where nobody has to be asked and no passphrase tried.
    pub(crate) fn identity_at_hand(&self) -> Result<Option<Identity>, StoreError> {
        let unlocked = self
            .unlocked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if unlocked.is_some() || self.form()? != Some(Form::KeyFile) {
            return Ok(unlocked);
        }
        self.identity().map(Some)
    }

    /// The identity, where nobody has to be asked: a passphrase that is given is tried.
    pub(crate) fn identity_unasked(&self) -> Result<Option<Identity>, StoreError> {
        match self.rehearse()? {
            Rehearsal::WantsPassphrase => self.identity_at_hand(),
            Rehearsal::Works | Rehearsal::Unmade => self.identity().map(Some),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.setup.identity
    }

    /// Whether there is one; where it has gone and secrets are left, that is an error.
    pub(crate) fn is_made(&self) -> Result<bool, StoreError> {
        match self.form()? {
            None if self.holds_secrets() => Err(self.missing_key()),
            form => Ok(form.is_some()),
        }
    }

    pub(crate) fn rehearse(&self) -> Result<Rehearsal, StoreError> {
        let behind = self.form()? == Some(Form::Passphrase);
        if behind && !self.environment.gives_passphrase() {
            return Ok(Rehearsal::WantsPassphrase);
        }
        self.identity().map(|_| Rehearsal::Works)
    }

    /// What protects the secrets, or will when the key pair is made.
    pub(crate) fn protection(&self) -> String {
        let asking = self.setup.ask_passphrase || self.environment.gives_passphrase();
        let form = self.form().ok().flatten();
        if form == Some(Form::Passphrase) || form.is_none() && asking {
            return "encrypted with age behind your passphrase".into();
        }
        format!(
            "encrypted with age; the key lies unprotected in `{}`, so file permissions protect it",
            self.key_file().display()
        )
    }

    pub(crate) fn mismatch(&self) -> StoreError {
        let recipient = self.recipient_file();
        StoreError {
            cause: format!(
                "`{}` does not belong to the identity beside it",
                recipient.display()
            ),
            hint: "remove that file; it is written again from the identity".into(),
        }
    }

    fn key_file(&self) -> PathBuf {
        self.setup.identity.join("identity.txt")
    }

    fn passphrase_file(&self) -> PathBuf {
        self.setup.identity.join("identity.age")
    }

    fn recipient_file(&self) -> PathBuf {
        self.setup.identity.join("recipient.txt")
    }

    /// The form in place; the open key where both are, for then a passphrase protects nothing.
    fn form(&self) -> Result<Option<Form>, StoreError> {
        for (path, form) in [
            (self.key_file(), Form::KeyFile),
            (self.passphrase_file(), Form::Passphrase),
        ] {
            if path
                .try_exists()
                .map_err(|error| failed("read", &path, &error))?
            {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }

    fn make(&self) -> Result<Identity, StoreError> {
        let passphrase = self.new_passphrase()?; // before the lock: people take their time
        let lock = lock(&self.setup.locks.join("file-store.lock"))?;
        if self.form()?.is_some() {
            drop(lock);
            return self.writer(); // made by another process while this one waited
        }
        let identity = Identity::generate();
        self.write_recipient(&identity)?;
        write(self.marks.path(), Marks::text_of_all().as_bytes())?;
        let text = identity_text(&identity);
        match passphrase {
            None => write(&self.key_file(), text.as_bytes())?,
            Some(passphrase) => write(&self.passphrase_file(), &wrap(&text, &passphrase.secret)?)?,
        }
        *self.unlocked.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
        Ok(identity)
    }

    fn new_passphrase(&self) -> Result<Option<Passphrase>, StoreError> {
        match self.environment.passphrase()? {
            None if self.setup.ask_passphrase => {
                let asked = self.environment.asked(self.setup.prompter.as_ref(), true);
                asked.map(Some)
            }
            given => Ok(given),
        }
    }

    fn check_recipient(&self, identity: &Identity) -> Result<(), StoreError> {
        let path = self.recipient_file();
        let Some(text) =
            files::read(&path, LIMIT).map_err(|error| failed("read", &path, &error))?
        else {
            return self.write_recipient(identity);
        };
        let recipient = std::str::from_utf8(&text).ok().and_then(entry);
        let recipient: Option<Recipient> = recipient.and_then(|line| line.parse().ok());
        match recipient {
            Some(recipient) if recipient == identity.to_public() => Ok(()),
            _ => Err(self.mismatch()),
        }
    }

    fn write_recipient(&self, identity: &Identity) -> Result<(), StoreError> {
        write(
            &self.recipient_file(),
            format!("{}\n", identity.to_public()).as_bytes(),
        )
    }

    fn unlock(&self) -> Result<Identity, StoreError> {
        let path = self.passphrase_file();
        let ciphertext = files::read(&path, LIMIT)
            .map_err(|error| failed("read", &path, &error))?
            .ok_or_else(|| self.missing_key())?;
        let passphrase = self.environment.known(self.setup.prompter.as_ref())?;
        let _one_at_a_time = lock(&self.setup.locks.join("unlock.lock"))?;
        let text = unwrap(&ciphertext, &passphrase, &path)?;
        parse(&text).ok_or_else(|| damaged(&path, "it holds no age identity"))
    }

    fn holds_secrets(&self) -> bool {
        let files = std::fs::read_dir(&self.setup.data).into_iter().flatten();
        files.flatten().any(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.ends_with(".age") && !name.starts_with(PROBE)
        })
    }

    fn missing_key(&self) -> StoreError {
        StoreError {
            cause: format!(
                "the file store's key is missing in `{}`",
                self.setup.identity.display()
            ),
            hint: format!(
                "bring that folder back from a backup; if it is lost, so are its secrets: remove `{}` and sign in again",
                self.setup.data.display()
            ),
        }
    }
}

fn read_key_file(path: &Path) -> Result<Identity, StoreError> {
    refuse_open_permissions(path)?;
    let text = files::read(path, LIMIT)
        .map_err(|error| failed("read", path, &error))?
        .unwrap_or_default();
    parse(&Zeroizing::new(text)).ok_or_else(|| damaged(path, "it holds no age identity"))
}

/// Permissions are all that protects this file.
#[cfg(unix)]
fn refuse_open_permissions(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).map_err(|error| failed("read", path, &error))?;
    if metadata.permissions().mode().trailing_zeros() >= 6 {
        return Ok(());
    }
    Err(StoreError {
        cause: format!("`{}` can be read by others", path.display()),
        hint: format!(
            "run `chmod 600 {}`, and sign in again if others had access",
            path.display()
        ),
    })
}

/// Windows gives the file the permissions of its folder, which is the user's own.
#[cfg(not(unix))]
fn refuse_open_permissions(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn write(path: &Path, contents: &[u8]) -> Result<(), StoreError> {
    files::replace(path, contents).map_err(|error| failed("write", path, &error))
}
