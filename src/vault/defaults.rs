//! Which account is each provider's default: one small file, replaced under a lock.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lock::{self, Acquired};
use crate::account::Account;
use crate::error::{Error, Result};
use crate::files;
use crate::paths::Paths;

/// Provider to account name.
pub type Defaults = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    defaults: Defaults,
}

/// Reads the defaults. A file that is missing or damaged names none: an account can always be named.
pub fn read(paths: &Paths) -> Defaults {
    files::read(&paths.defaults_file(), 1024 * 1024)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok())
        .map(|stored| stored.defaults)
        .unwrap_or_default()
}

/// Makes `account` its provider's default, or only where there is none.
pub fn set(paths: &Paths, account: &Account, only_if_none: bool) -> Result<()> {
    change(paths, |defaults| {
        if !only_if_none || !defaults.contains_key(&account.provider) {
            defaults.insert(account.provider.clone(), account.name.clone());
        }
    })
}

/// Takes `account` out of the defaults.
pub fn drop_account(paths: &Paths, account: &Account) -> Result<()> {
    change(paths, |defaults| {
        if defaults.get(&account.provider) == Some(&account.name) {
            defaults.remove(&account.provider);
        }
    })
}

fn change(paths: &Paths, edit: impl FnOnce(&mut Defaults)) -> Result<()> {
    let lock = paths.locks().join("defaults.lock");
    let _guard: Acquired<()> = lock::acquire(&lock, Duration::from_secs(10), || None)?;
    let before = read(paths);
    let mut defaults = before.clone();
    edit(&mut defaults);
    if defaults == before {
        return Ok(());
    }
    let path = paths.defaults_file();
    let json = serde_json::to_vec_pretty(&Stored {
        version: 1,
        defaults,
    })
    .expect("strings serialise");
    files::replace(&path, &json)
        .map_err(|error| Error::io(format!("cannot write {}", path.display()), &error))
}
