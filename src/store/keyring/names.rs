//! The names of keyfob's entries in the Secret Service. Its own search tells the locked ones apart and leaves
//! them locked, which the `keyring` crate's does not: that one unlocks whatever it finds, and so may prompt.

use std::collections::HashMap;

use keyring_core::Error;
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;

use super::cause::explain;
use super::entries::SERVICE;
use crate::store::StoreError;

/// An entry that somebody removes meanwhile ends a list; then it is begun again, this often.
const ATTEMPTS: usize = 4;

/// Every name; `None` where some are behind a lock.
pub(crate) fn names() -> Result<Option<Vec<String>>, StoreError> {
    let mut listed = list();
    for _ in 1..ATTEMPTS {
        if listed.is_ok() {
            break;
        }
        listed = list();
    }
    listed.map_err(|error| explain(&Error::PlatformFailure(Box::new(error))))
}

fn list() -> Result<Option<Vec<String>>, secret_service::Error> {
    let service = SecretService::connect(EncryptionType::Plain)?; // no secret is read
    let found = service.search_items(HashMap::from([("service", SERVICE)]))?;
    if !found.locked.is_empty() {
        return Ok(None);
    }
    let mut names = Vec::new();
    for item in found.unlocked {
        names.extend(item.get_attributes()?.remove("username"));
    }
    Ok(Some(names))
}
