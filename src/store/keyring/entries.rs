//! The keyring as a flat set of entries under keyfob's service name.

use keyring_core::{Entry, Error};
use secrecy::zeroize::Zeroizing;

use super::cause::{explain, has_gone};
use crate::store::StoreError;

/// What is read from an entry; wiped when dropped.
pub(crate) type Octets = Zeroizing<Vec<u8>>;

pub(crate) const SERVICE: &str = "keyfob";

/// Entries by name. Octets, not strings: strings are stored as UTF-16 on Windows, at twice the size.
pub(crate) trait Entries: Send + Sync {
    fn entry(&self, name: &str) -> Result<Entry, StoreError>;

    fn get(&self, name: &str) -> Result<Option<Octets>, StoreError> {
        let entry = self.entry(name)?;
        let read = match entry.get_secret() {
            Err(error) if has_gone(&error) => entry.get_secret(),
            read => read,
        };
        present(read).map(|octets| octets.map(Zeroizing::new))
    }

    fn set(&self, name: &str, octets: &[u8]) -> Result<(), StoreError> {
        self.entry(name)?
            .set_secret(octets)
            .map_err(|error| explain(&error))
    }

    fn remove(&self, name: &str) -> Result<bool, StoreError> {
        present(self.entry(name)?.delete_credential()).map(|removed| removed.is_some())
    }
}

fn present<T>(result: keyring_core::Result<T>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(explain(&error)),
    }
}

pub(crate) struct Platform;

impl Entries for Platform {
    fn entry(&self, name: &str) -> Result<Entry, StoreError> {
        // The crate's own `Entry::new` would say `NoDefaultStore` and hide why.
        if let Err(error) = keyring::Entry::store_status() {
            return Err(explain(error));
        }
        build(name).map_err(|error| explain(&error))
    }
}

#[cfg(not(windows))]
fn build(name: &str) -> keyring_core::Result<Entry> {
    Entry::new(SERVICE, name)
}

/// `Local`, because the crate's default roams to every machine of a Windows domain.
#[cfg(windows)]
fn build(name: &str) -> keyring_core::Result<Entry> {
    let modifiers = std::collections::HashMap::from([("persistence", "Local")]);
    Entry::new_with_modifiers(SERVICE, name, &modifiers)
}
