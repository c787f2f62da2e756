//! The system's keyring: an entry for each secret, or several for a long one.

use std::sync::Arc;

use super::chunks::Chunks;
use super::deadline::Deadline;
use super::entries::{Entries, Platform};
use super::{cause, names};
use crate::store::{PROBE, Prompter, Store, StoreError, check_key, random_hex, secret_from};
use keyfob_base::secret::Secret;

/// One for the process, as the connection behind the `keyring` crate is: whoever met its silence
/// spares everybody else the wait.
static DEADLINE: Deadline = Deadline::new();

/// What the Windows Credential Manager takes in one entry (`CRED_MAX_CREDENTIAL_BLOB_SIZE`).
const LIMIT: Option<usize> = if cfg!(windows) { Some(2_560) } else { None };

pub(crate) struct Keyring {
    prompter: Arc<dyn Prompter>,
    deadline: &'static Deadline,
    chunks: Arc<Chunks>,
}

impl Keyring {
    pub(crate) fn new(prompter: Arc<dyn Prompter>) -> Self {
        Self::over(prompter, &DEADLINE, Chunks::new(Box::new(Platform), LIMIT))
    }

    fn over(prompter: Arc<dyn Prompter>, deadline: &'static Deadline, chunks: Chunks) -> Self {
        Self {
            prompter,
            deadline,
            chunks: Arc::new(chunks),
        }
    }

    fn call<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Chunks) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let chunks = Arc::clone(&self.chunks);
        self.deadline
            .run(self.prompter.as_ref(), move || operation(&chunks))?
    }
}

impl Store for Keyring {
    fn get(&self, key: &str) -> Result<Option<Secret>, StoreError> {
        check_key(key)?;
        let name = key.to_owned();
        let Some(octets) = self.call(move |chunks| chunks.get(&name))? else {
            return Ok(None);
        };
        secret_from(&octets).map(Some).ok_or_else(|| StoreError {
            cause: format!("the keyring's entry `{key}` is not what keyfob wrote"),
            hint: "sign in again to replace it".into(),
        })
    }

    fn put(&self, key: &str, secret: &Secret) -> Result<(), StoreError> {
        check_key(key)?;
        let (name, secret) = (key.to_owned(), secret.clone());
        self.call(move |chunks| chunks.put(&name, secret.expose().as_bytes()))
    }

    fn remove(&self, key: &str) -> Result<bool, StoreError> {
        check_key(key)?;
        let name = key.to_owned();
        self.call(move |chunks| chunks.remove(&name))
    }

    fn probe(&self) -> Result<(), StoreError> {
        let written = random_hex()?;
        self.call(move |chunks| probe(chunks.entries(), &written))
    }

    fn keys(&self) -> Result<Option<Vec<String>>, StoreError> {
        self.deadline.run(self.prompter.as_ref(), names::names)?
    }

    fn protection(&self) -> String {
        if cfg!(target_os = "macos") {
            "in the macOS Keychain (your login keychain)"
        } else if cfg!(windows) {
            "in the Windows Credential Manager, for your user on this machine"
        } else {
            "in the Secret Service (your login keyring)"
        }
        .into()
    }
}

fn probe(entries: &dyn Entries, written: &str) -> Result<(), StoreError> {
    let name = format!("{PROBE}{}", &written[..16]);
    entries.set(&name, written.as_bytes())?;
    let read = entries.get(&name);
    entries.remove(&name)?;
    if read?.is_some_and(|read| *read == written.as_bytes()) {
        return Ok(());
    }
    Err(StoreError {
        cause: "the keyring does not give back what was written to it".into(),
        hint: cause::WAY_OUT.into(),
    })
}

#[cfg(test)]
pub(super) mod tests;
