//! Which account is each provider's default: one small file, replaced under a lock.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::index;
use super::lock;
use super::record::{report_newer, unreadable};
use crate::account::Account;
use crate::error::{Error, Result};
use crate::paths::Paths;
use crate::toml_text::complaint;
use keyfob_base::files;

/// Provider to account name.
pub(crate) type Defaults = BTreeMap<String, String>;

/// The format written here. A file with a higher number is read as far as it can be, and left alone.
const VERSION: u32 = 1;

const LIMIT: u64 = 1024 * 1024;

/// How long another process may hold the file: a write takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    defaults: Defaults,
}

/// Reads the defaults. A file that is missing or damaged names none: an account can always be named.
pub(crate) fn read(paths: &Paths) -> Defaults {
    stored(paths)
        .map(|stored| stored.defaults)
        .unwrap_or_default()
}

fn stored(paths: &Paths) -> Option<Stored> {
    let bytes = files::read(&paths.defaults_file(), LIMIT).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// The same where it has to be certain: a damaged file is an error.
pub(crate) fn sound(paths: &Paths) -> Result<Defaults> {
    let path = paths.defaults_file();
    let mend = "remove that file, then choose with `keyfob use ACCOUNT`";
    let damaged = |cause: &dyn std::fmt::Display| unreadable(&path, cause, mend);
    let bytes = files::read(&path, LIMIT).map_err(|error| damaged(&error))?;
    let Some(bytes) = bytes else {
        return Ok(Defaults::new());
    };
    let stored = serde_json::from_slice::<Stored>(&bytes);
    let stored = stored.map_err(|cause| damaged(&complaint(&cause.to_string())))?;
    Ok(stored.defaults)
}

pub(crate) fn set(paths: &Paths, account: &Account, only_if_none: bool) -> Result<()> {
    change(paths, |defaults| {
        if !only_if_none || !defaults.contains_key(&account.provider) {
            defaults.insert(account.provider.clone(), account.name.clone());
        }
    })
}

/// Takes `account` out of the defaults, unless another account has its name by now.
pub(crate) fn drop_account(paths: &Paths, account: &Account) -> Result<()> {
    change(paths, |defaults| {
        if defaults.get(&account.provider) == Some(&account.name)
            && !index::holds_another(paths, account)
        {
            defaults.remove(&account.provider);
        }
    })
}

pub(crate) fn drop_named(paths: &Paths, provider: &str, name: &str) -> Result<()> {
    change(paths, |defaults| {
        if defaults.get(provider).is_some_and(|found| found == name) {
            defaults.remove(provider);
        }
    })
}

/// Whether the file is one that a change reaches: a newer format is left alone.
pub(crate) fn is_ours(paths: &Paths) -> Result<()> {
    if stored(paths).is_none_or(|stored| stored.version <= VERSION) {
        return Ok(());
    }
    Err(report_newer(&paths.defaults_file()))
}

fn change(paths: &Paths, edit: impl FnOnce(&mut Defaults)) -> Result<()> {
    let _turn = lock::take(&paths.locks().join("defaults.lock"), LOCK_TIMEOUT)?;
    let before = stored(paths);
    let newer = before.as_ref().is_some_and(|it| it.version > VERSION);
    let before = before.map(|it| it.defaults).unwrap_or_default();
    let mut defaults = before.clone();
    edit(&mut defaults);
    if newer || defaults == before {
        return Ok(());
    }
    let path = paths.defaults_file();
    let json = serde_json::to_vec_pretty(&Stored {
        version: VERSION,
        defaults,
    })
    .expect("strings serialise");
    files::replace(&path, &json)
        .map_err(|error| Error::io(format!("cannot write {}", path.display()), &error))
}
