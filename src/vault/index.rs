//! The index: one JSON file an account, `PROVIDER/NAME.json`, with nothing secret in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::files;
use crate::names::{is_name, is_provider_name};
use crate::paths::Paths;

/// The format written here. A file with a higher number is refused and never rewritten.
const VERSION: u32 = 1;

/// The largest index entry that is read, in bytes.
const LIMIT: u64 = 256 * 1024;

/// All accounts, and the entries that could not be read.
#[derive(Debug, Default)]
pub struct Listing {
    /// Sorted by provider and name.
    pub accounts: Vec<Account>,
    /// One failure a file; each names it.
    pub broken: Vec<Error>,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    #[serde(flatten)]
    account: &'a Account,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Lists every account.
pub fn list(paths: &Paths) -> Listing {
    let mut listing = Listing::default();
    for provider in names(&paths.accounts(), "", is_provider_name) {
        listing.add(paths, &provider);
    }
    listing
}

/// Lists one provider's accounts.
pub fn list_of(paths: &Paths, provider: &str) -> Listing {
    let mut listing = Listing::default();
    listing.add(paths, provider);
    listing
}

impl Listing {
    fn add(&mut self, paths: &Paths, provider: &str) {
        for name in names(&paths.accounts().join(provider), ".json", is_name) {
            match read(paths, provider, &name) {
                Ok(Some(account)) => self.accounts.push(account),
                Ok(None) => {} // logged out since the folder was read
                Err(error) => self.broken.push(error),
            }
        }
    }
}

/// Reads one entry; `None` where there is none.
pub fn read(paths: &Paths, provider: &str, name: &str) -> Result<Option<Account>> {
    let path = entry(paths, provider, name);
    let broken = |cause: &dyn std::fmt::Display, hint: &str| {
        Error::new(
            Code::InternalError,
            format!("cannot read {}: {cause}", path.display()),
        )
        .hint(hint)
        .account(format!("{provider}/{name}"))
    };
    let damaged = format!("remove that file, then `keyfob login {provider} --as {name}`");
    let Some(bytes) = files::read(&path, LIMIT).map_err(|error| broken(&error, &damaged))? else {
        return Ok(None);
    };
    match serde_json::from_slice::<Account>(&bytes) {
        Ok(mut account) => {
            check_version(&bytes).map_err(|hint| broken(&"a newer format", hint))?;
            account.provider = provider.into();
            account.name = name.into();
            Ok(Some(account))
        }
        Err(cause) => {
            check_version(&bytes).map_err(|hint| broken(&"a newer format", hint))?;
            Err(broken(&cause, &damaged))
        }
    }
}

/// Writes one entry whole.
pub fn write(paths: &Paths, account: &Account) -> Result<()> {
    let path = entry(paths, &account.provider, &account.name);
    if let Ok(Some(bytes)) = files::read(&path, LIMIT) {
        check_version(&bytes).map_err(|hint| {
            Error::new(
                Code::InternalError,
                format!("{} has a newer format", path.display()),
            )
            .hint(hint)
        })?;
    }
    let json = serde_json::to_vec_pretty(&Written {
        version: VERSION,
        account,
    })
    .expect("an account serialises");
    files::replace(&path, &json)
        .map_err(|error| Error::io(format!("cannot write {}", path.display()), &error))
}

/// Removes one entry, unless another account has its name by now.
pub fn remove(paths: &Paths, account: &Account) -> Result<()> {
    let path = entry(paths, &account.provider, &account.name);
    if let Ok(Some(found)) = read(paths, &account.provider, &account.name)
        && found.id != account.id
    {
        return Ok(());
    }
    files::remove(&path)
        .map(|_| ())
        .map_err(|error| Error::io(format!("cannot remove {}", path.display()), &error))
}

fn check_version(bytes: &[u8]) -> std::result::Result<(), &'static str> {
    match serde_json::from_slice::<Version>(bytes) {
        Ok(found) if found.version > VERSION => {
            Err("it was written by a newer keyfob; update this one")
        }
        _ => Ok(()),
    }
}

fn entry(paths: &Paths, provider: &str, name: &str) -> PathBuf {
    paths.accounts().join(provider).join(format!("{name}.json"))
}

/// The well-formed names in a folder, sorted, without `suffix`; a folder that is not there has none.
fn names(folder: &Path, suffix: &str, fits: fn(&str) -> bool) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(suffix)?.to_owned()))
        .filter(|name| fits(name))
        .collect();
    names.sort_unstable();
    names
}
