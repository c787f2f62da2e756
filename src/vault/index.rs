//! The index: one JSON file an account, `PROVIDER/NAME.json`, with nothing secret in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::record::{RecordFormat, unreadable};
use crate::account::{Account, is_id};
use crate::error::{Error, Result};
use crate::names::{is_provider_name, is_readable_name};
use crate::paths::Paths;
use keyfob_base::files;

/// The format of an entry whose secret carries the sealed record. A keyfob of before that refuses the entry, and so
/// changes nothing of what it would not understand.
pub(crate) const VERSION: u32 = 2;

/// The format of an entry whose secret is still of before the seal.
const UNSEALED: u32 = 1;

const FORMAT: RecordFormat = RecordFormat {
    version: VERSION,
    limit: 256 * 1024,
    must_name_version: false,
    too_large: "no account has that much to remember; ask for fewer scopes or resources",
};

/// As many bytes as an entry seldom exceeds.
const USUAL: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Sorted by provider and name.
    pub accounts: Vec<Account>,
    pub broken: Vec<Error>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub provider: String,
    pub name: String,
    /// Whether the folder says that it is a regular file; otherwise reading it looks. At 1,000 accounts completion
    /// needs this to be in time.
    pub regular: bool,
}

/// Names every account, sorted, without a look into the entries; a folder that cannot be read names none.
pub(crate) fn names(paths: &Paths) -> Vec<Named> {
    all_entries(paths, &mut Vec::new())
}

pub(crate) fn list(paths: &Paths) -> Listing {
    let mut closed = Vec::new();
    let mut listing = list_named(paths, &all_entries(paths, &mut closed));
    listing.broken.append(&mut closed);
    listing
}

pub(crate) fn list_of(paths: &Paths, provider: &str) -> Listing {
    let mut closed = Vec::new();
    let mut listing = list_named(paths, &entries_of(paths, provider, &mut closed));
    listing.broken.append(&mut closed);
    listing
}

/// Folders that cannot be read are added to `closed`.
fn all_entries(paths: &Paths, closed: &mut Vec<Error>) -> Vec<Named> {
    let providers = names_in(&paths.accounts(), "", is_provider_name, closed).into_iter();
    providers
        .flat_map(|(provider, _)| entries_of(paths, &provider, closed))
        .collect()
}

fn entries_of(paths: &Paths, provider: &str, closed: &mut Vec<Error>) -> Vec<Named> {
    let folder = paths.accounts().join(provider);
    let names = names_in(&folder, ".json", is_readable_name, closed).into_iter();
    let entries = names.map(|(name, regular)| Named {
        provider: provider.into(),
        name,
        regular,
    });
    entries.collect()
}

pub(crate) fn list_named(paths: &Paths, named: &[Named]) -> Listing {
    let mut listing = Listing::default();
    for named in named {
        match read_entry(paths, named) {
            Ok(Some(account)) => listing.accounts.push(account),
            Ok(None) => {} // logged out since the folder was read
            Err(error) => listing.broken.push(error),
        }
    }
    listing
}

pub(crate) fn read(paths: &Paths, provider: &str, name: &str) -> Result<Option<Account>> {
    let named = Named {
        provider: provider.into(),
        name: name.into(),
        regular: false,
    };
    read_entry(paths, &named)
}

fn read_entry(paths: &Paths, named: &Named) -> Result<Option<Account>> {
    let Named { provider, name, .. } = named;
    let path = &entry(paths, provider, name);
    let read = if named.regular {
        files::read_regular
    } else {
        files::read
    };
    let mend = || format!("remove that file, then `keyfob login {provider} --as {name}`");
    let of = |error: Error| error.account(format!("{provider}/{name}"));
    let unread = |error: &io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            let hint = "let this user read it, its folder too, and run it again";
            of(unreadable(path, error, hint))
        }
        _ => of(unreadable(path, error, &mend())),
    };
    let Some(bytes) = read(path, FORMAT.limit).map_err(|error| unread(&error))? else {
        return Ok(None);
    };
    let (version, mut account): (u32, Account) = FORMAT
        .decode(&bytes)
        .map_err(|fault| of(fault.report(path, &mend())))?;
    if !is_id(&account.id) {
        return Err(of(unreadable(path, &"its `id` is no account id", &mend())));
    }
    account.provider.clone_from(provider);
    account.name.clone_from(name);
    account.sealed = version > UNSEALED;
    Ok(Some(account))
}

pub(crate) fn write(paths: &Paths, account: &Account) -> Result<()> {
    let path = entry(paths, &account.provider, &account.name);
    FORMAT.write(&path, version_of(account), account)
}

fn version_of(account: &Account) -> u32 {
    if account.sealed { VERSION } else { UNSEALED }
}

/// Proves by writing that there is a place and room for an entry. Leaves nothing behind.
pub(crate) fn prove(paths: &Paths, provider: &str) -> Result<()> {
    let folder = paths.accounts().join(provider);
    files::takes(&folder, &[b' '; USUAL])
        .map_err(|error| Error::io(format!("cannot write in {}", folder.display()), &error))
}

/// Whether the entry of an account could be read again, had it been written.
pub(crate) fn fits(account: &Account) -> bool {
    RecordFormat::encode(version_of(account), account).len() as u64 <= FORMAT.limit
}

pub(crate) fn holds_another(paths: &Paths, account: &Account) -> bool {
    let found = read(paths, &account.provider, &account.name);
    matches!(found, Ok(Some(found)) if found.id != account.id)
}

/// Removes one entry, unless another account has its name by now.
pub(crate) fn remove(paths: &Paths, account: &Account) -> Result<()> {
    let path = entry(paths, &account.provider, &account.name);
    if holds_another(paths, account) {
        return Ok(());
    }
    files::remove(&path)
        .map(|_| ())
        .map_err(|error| Error::io(format!("cannot remove {}", path.display()), &error))
}

fn entry(paths: &Paths, provider: &str, name: &str) -> PathBuf {
    paths.accounts().join(provider).join(format!("{name}.json"))
}

/// The well-formed names in a folder, sorted, without `suffix`, and whether each is a regular file; a folder that is
/// not there has none.
fn names_in(
    folder: &Path,
    suffix: &str,
    fits: fn(&str) -> bool,
    closed: &mut Vec<Error>,
) -> Vec<(String, bool)> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                let what = format!("cannot read {}", folder.display());
                closed.push(Error::io(what, &error));
            }
            return Vec::new();
        }
    };
    let mut names: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_suffix(suffix)?.to_owned();
            let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
            fits(&name).then_some((name, regular))
        })
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::account;

    fn home() -> (tempfile::TempDir, Paths) {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        (home, paths)
    }

    fn written(paths: &Paths, name: &str) -> Account {
        let account = Account {
            name: name.into(),
            ..account()
        };
        write(paths, &account).unwrap();
        account
    }

    #[test]
    fn what_is_written_begins_with_its_version_and_is_read_again() {
        let (_home, paths) = home();
        let account = written(&paths, "ada");
        let path = entry(&paths, &account.provider, "ada");
        let head = |version| format!("{{\n  \"version\": {version},\n");
        let starts = |version| {
            fs::read_to_string(&path)
                .unwrap()
                .starts_with(&head(version))
        };
        assert!(starts(2));
        assert_eq!(
            read(&paths, &account.provider, "ada").unwrap(),
            Some(account.clone())
        );
        let unsealed = Account {
            sealed: false,
            ..account
        };
        write(&paths, &unsealed).unwrap();
        assert!(starts(1));
        assert_eq!(
            read(&paths, &unsealed.provider, "ada").unwrap(),
            Some(unsealed)
        );
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let (_home, paths) = home();
        let mut account = written(&paths, "ada");
        let before = read(&paths, &account.provider, &account.name).unwrap();
        account.scopes = vec!["x".repeat(1024); 300];
        assert!(!fits(&account));
        let error = write(&paths, &account).unwrap_err();
        assert!(error.message.contains("larger than 256 KiB"), "{error}");
        let after = read(&paths, &account.provider, &account.name).unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn many_accounts_are_listed_in_order_and_the_unreadable_ones_named() {
        let (_home, paths) = home();
        let names: Vec<_> = (0..138).map(|n| format!("n{n:04}")).collect();
        let accounts: Vec<_> = names.iter().map(|name| written(&paths, name)).collect();
        let folder = paths.accounts().join(&accounts[0].provider);
        let version = |version: u32| format!("{{\"version\": {version}}}");
        fs::write(folder.join("n0100-newer.json"), version(VERSION + 1)).unwrap();
        fs::write(folder.join("n0300-damaged.json"), version(VERSION)).unwrap();
        fs::create_dir(folder.join("n0200-folder.json")).unwrap();
        assert_eq!(super::names(&paths).len(), names.len() + 3);
        let listing = list(&paths);
        assert_eq!(listing.accounts, accounts);
        let broken: Vec<_> = listing.broken.iter().map(ToString::to_string).collect();
        assert!(broken[0].contains("a newer format"), "{broken:?}");
        assert!(broken[1].contains("not a regular file"), "{broken:?}");
        assert!(broken[2].contains("missing field"), "{broken:?}");
        assert_eq!(broken.len(), 3);
    }
}
