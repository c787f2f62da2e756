//! The index: one JSON file an account, `PROVIDER/NAME.json`, with nothing secret in it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Deserialize;

use super::record::{RecordFormat, unreadable};
use crate::account::{Account, SignIn, Standing, is_id};
use crate::error::{Error, Result};
use crate::names::{is_name, is_provider_name};
use crate::paths::Paths;
use keyfob_base::files;
use keyfob_base::timestamp::Timestamp;

pub(crate) const VERSION: u32 = 1;

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
    /// One failure a file; each names it.
    pub broken: Vec<Error>,
}

/// Names every account, sorted, without a look into the entries; a folder that cannot be read names none.
pub(crate) fn names(paths: &Paths) -> Vec<Named> {
    names_and_closed(paths).0
}

/// The same, and the folders that could not be read.
fn names_and_closed(paths: &Paths) -> (Vec<Named>, Vec<Error>) {
    let mut closed = Vec::new();
    let providers = names_in(&paths.accounts(), "", is_provider_name).unwrap_or_else(|error| {
        closed.push(error);
        Vec::new()
    });
    let mut named = Vec::new();
    for (provider, _) in &providers {
        named.extend(entries_of(paths, provider, &mut closed));
    }
    (named, closed)
}

pub(crate) fn list(paths: &Paths) -> Listing {
    let (named, closed) = names_and_closed(paths);
    list_named(paths, &named).with(closed)
}

pub(crate) fn list_of(paths: &Paths, provider: &str) -> Listing {
    let mut closed = Vec::new();
    let named = entries_of(paths, provider, &mut closed);
    list_named(paths, &named).with(closed)
}

impl Listing {
    fn with(mut self, broken: Vec<Error>) -> Self {
        self.broken.extend(broken);
        self
    }
}

/// An entry that a folder lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub provider: String,
    pub name: String,
    /// Whether the folder says that it is a regular file; otherwise reading it looks.
    pub regular: bool,
}

impl Named {
    fn read(&self, paths: &Paths) -> Result<Option<Account>> {
        let path = self.path(paths);
        let contents = self.contents(&path);
        decode(&self.provider, &self.name, &path, contents)
    }

    fn path(&self, paths: &Paths) -> PathBuf {
        entry(paths, &self.provider, &self.name)
    }

    fn contents(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        if self.regular {
            files::read_regular(path, FORMAT.limit)
        } else {
            files::read(path, FORMAT.limit)
        }
    }
}

/// A provider's entries; a folder that cannot be read is added to `closed`.
fn entries_of(paths: &Paths, provider: &str, closed: &mut Vec<Error>) -> Vec<Named> {
    let folder = paths.accounts().join(provider);
    let names = names_in(&folder, ".json", is_name).unwrap_or_else(|error| {
        closed.push(error);
        Vec::new()
    });
    let entries = names.into_iter().map(|(name, regular)| Named {
        provider: provider.into(),
        name,
        regular,
    });
    entries.collect()
}

pub(crate) fn list_named(paths: &Paths, named: &[Named]) -> Listing {
    let mut listing = Listing::default();
    for read in each(named, |named| named.read(paths)) {
        match read {
            Ok(Some(account)) => listing.accounts.push(account),
            Ok(None) => {} // logged out since the folder was read
            Err(error) => listing.broken.push(error),
        }
    }
    listing
}

pub(crate) fn read(paths: &Paths, provider: &str, name: &str) -> Result<Option<Account>> {
    let path = entry(paths, provider, name);
    decode(provider, name, &path, files::read(&path, FORMAT.limit))
}

fn decode(
    provider: &str,
    name: &str,
    path: &Path,
    contents: io::Result<Option<Vec<u8>>>,
) -> Result<Option<Account>> {
    let mend = || format!("remove that file, then `keyfob login {provider} --as {name}`");
    let of = |error: Error| error.account(format!("{provider}/{name}"));
    let unread = |error: &io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            let hint = "let this user read it, its folder too, and run it again";
            of(unreadable(path, error, hint))
        }
        _ => of(unreadable(path, error, &mend())),
    };
    let Some(bytes) = contents.map_err(|error| unread(&error))? else {
        return Ok(None);
    };
    let mut account: Account = FORMAT
        .decode(&bytes)
        .map_err(|fault| of(fault.report(path, &mend())))?;
    if !is_id(&account.id) {
        return Err(of(unreadable(path, &"its `id` is no account id", &mend())));
    }
    account.provider = provider.into();
    account.name = name.into();
    Ok(Some(account))
}

pub(crate) fn write(paths: &Paths, account: &Account) -> Result<()> {
    FORMAT.write(&entry(paths, &account.provider, &account.name), account)
}

/// Proves by writing that there is a place and room for an entry. Leaves nothing behind.
pub(crate) fn prove(paths: &Paths, provider: &str) -> Result<()> {
    let folder = paths.accounts().join(provider);
    files::takes(&folder, &[b' '; USUAL])
        .map_err(|error| Error::io(format!("cannot write in {}", folder.display()), &error))
}

/// Whether the entry of an account could be read again, had it been written.
pub(crate) fn fits(account: &Account) -> bool {
    FORMAT.encode(account).len() as u64 <= FORMAT.limit
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

/// The well-formed names in a folder, sorted, without `suffix`, and whether each is a regular file; a
/// folder that is not there has none.
fn names_in(folder: &Path, suffix: &str, fits: fn(&str) -> bool) -> Result<Vec<(String, bool)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Error::io(
                format!("cannot read {}", folder.display()),
                &error,
            ));
        }
    };
    let mut names: Vec<(String, bool)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_str()?.strip_suffix(suffix)?.to_owned();
            let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
            fits(&name).then_some((name, regular))
        })
        .collect();
    names.sort_unstable();
    Ok(names)
}

/// What one look into a file gives, in bytes: more than most entries have.
const LOOK: usize = 2048;

/// What of an entry tells accounts apart at a glance. The rest is passed over, which halves the time.
#[derive(Debug)]
pub(crate) struct Glance {
    pub username: Option<String>,
    pub scopes: Vec<String>,
    pub standing: Standing,
}

#[derive(Deserialize)]
struct GlancedEntry {
    identity: GlancedIdentity,
    username: Option<String>,
    scopes: Vec<String>,
    refreshable: bool,
    generation: u64,
    received_at: Timestamp,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    refused_generation: Option<u64>,
}

#[derive(Deserialize)]
struct GlancedIdentity {
    kind: SignIn,
}

/// Takes a glance at each entry, in the order given; `None` for what cannot be read.
pub(crate) fn glance<T: Send>(
    paths: &Paths,
    named: &[Named],
    see: impl Fn(&Named, &Glance) -> T + Sync,
) -> Vec<Option<T>> {
    each(named, |named| {
        let glance = glance_at(paths, named)?;
        Some(see(named, &glance))
    })
}

/// One look is enough for an entry that is whole in it, which its own syntax tells.
fn glance_at(paths: &Paths, named: &Named) -> Option<Glance> {
    let path = named.path(paths);
    if named.regular {
        let mut look = [0; LOOK];
        let seen = File::open(&path).ok()?.read(&mut look).ok()?;
        if let Some(glance) = parse_glance(&look[..seen]) {
            return Some(glance);
        }
    }
    parse_glance(&named.contents(&path).ok()??)
}

fn parse_glance(contents: &[u8]) -> Option<Glance> {
    FORMAT.check_version(contents).ok()?;
    let part: GlancedEntry = serde_json::from_str(str::from_utf8(contents).ok()?).ok()?;
    Some(Glance {
        standing: Standing {
            kind: part.identity.kind,
            received_at: part.received_at,
            expires_at: part.expires_at,
            renewable: part.refreshable && part.refused_generation != Some(part.generation),
        },
        username: part.username,
        scopes: part.scopes,
    })
}

/// The most threads that read entries at once.
const THREADS: usize = 4;

/// How many entries a thread takes at a time.
const SHARE: usize = 32;

/// Does the same with each; gives what came of it, in their order.
fn each<T: Send>(named: &[Named], act: impl Fn(&Named) -> T + Sync) -> Vec<T> {
    let shares: Vec<_> = named.chunks(SHARE).collect();
    let next = AtomicUsize::new(0);
    let take_shares = || {
        let take = || next.fetch_add(1, Ordering::Relaxed);
        let mut done = Vec::new();
        let mut place = take();
        while let Some(share) = shares.get(place) {
            done.push((place, share.iter().map(&act).collect::<Vec<_>>()));
            place = take();
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let helpers = (1..shares.len().min(THREADS)).filter_map(|_| {
            let helper = thread::Builder::new().spawn_scoped(scope, take_shares);
            helper.ok() // with no thread to be had, this one does all
        });
        let helpers: Vec<_> = helpers.collect();
        let mut done = take_shares();
        for helper in helpers {
            done.extend(helper.join().expect("reading does not panic"));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().flat_map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::super::record::HEAD;
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
    fn what_is_written_begins_as_reading_expects() {
        let (_home, paths) = home();
        let account = written(&paths, "ada");
        let path = entry(&paths, &account.provider, "ada");
        assert!(fs::read(path).unwrap().starts_with(HEAD));
        assert_eq!(
            read(&paths, &account.provider, "ada").unwrap(),
            Some(account)
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
        let names: Vec<_> = (0..THREADS * SHARE + 10)
            .map(|n| format!("n{n:04}"))
            .collect();
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
