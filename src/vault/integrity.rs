//! What index and stores do not agree on, entries that share a secret, and secrets that cannot be read. It is
//! found without a secret being shown, and orphans are removed under the locks that whoever writes takes: a new
//! secret has its own until its entry or record is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::client::{self, KeptClient};
use super::sealed_record::Difference;
use super::vault::{bring_up, unavailable};
use super::{Vault, defaults, index, lock, names_lock, payload};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::names::{is_provider_name, is_readable_name};
use crate::store::{Kind, Rehearsal, Unasked};
use keyfob_base::secret::Secret;

/// How long another change of names is waited for: doctor has ten seconds for all of this.
const NAMES_LOCK_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct Clients {
    /// By provider.
    pub kept: Vec<(String, KeptClient)>,
    pub broken: Vec<Error>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Examined {
    Sound,
    /// It is of before the last change of the entry.
    Outdated,
    /// It is of an older keyfob, and what it is for lies in the entry alone.
    Unsealed,
    /// The entry says otherwise.
    Differs(Vec<Difference>),
    Gone,
    /// It was not looked at, for that would have asked somebody.
    Shut,
    Unreadable {
        cause: String,
        hint: String,
    },
}

impl Vault {
    /// Proves that a store takes and gives secrets, as far as it goes with nobody asked and nothing made.
    pub(crate) fn rehearse(&self, kind: Kind) -> Result<Rehearsal> {
        self.store(kind)
            .rehearse()
            .map_err(|error| unavailable(kind, &error))
    }

    /// Proves that the state folder has locks, without making one.
    pub(crate) fn rehearse_locks(&self) -> Result<()> {
        lock::rehearse(&self.paths.locks())
    }

    /// The keys of all secrets in a store; `None` where somebody might be asked before it tells.
    pub(crate) fn keys(&self, kind: Kind) -> Result<Option<Vec<String>>> {
        self.store(kind)
            .keys()
            .map_err(|error| unavailable(kind, &error))
    }

    pub(crate) fn clients(&self) -> Clients {
        let mut clients = Clients::default();
        let folder = self.paths.clients();
        let paths = paths_in(&folder).unwrap_or_else(|error| {
            let failure = Error::io(format!("cannot read {}", folder.display()), &error);
            clients.broken.push(failure);
            Vec::new()
        });
        for provider in paths.iter().filter_map(|path| provider_of(path)) {
            match self.client(&provider) {
                Ok(Some(client)) => clients.kept.push((provider, client)),
                Ok(None) => {} // forgotten since the folder was read
                Err(error) => clients.broken.push(error),
            }
        }
        clients
    }

    /// Files where entries and records are, and whose names make them neither. Nobody knows what they lead to.
    pub(crate) fn strays(&self) -> Vec<PathBuf> {
        let mut strays = Vec::new();
        let entry = |name: &str| name.strip_suffix(".json").is_some_and(is_readable_name);
        let record = |name: &str| name.strip_suffix(".json").is_some_and(is_provider_name);
        let mut look = |folder: &Path, fits: &dyn Fn(&str) -> bool| {
            for path in paths_in(folder).unwrap_or_default() {
                let name = path.file_name().and_then(|name| name.to_str());
                let json = path.extension().is_some_and(|it| it == "json") || path.is_dir();
                if json && !name.is_some_and(fits) {
                    strays.push(path);
                }
            }
        };
        look(&self.paths.clients(), &record);
        look(&self.paths.accounts(), &is_provider_name);
        for folder in paths_in(&self.paths.accounts()).unwrap_or_default() {
            if folder.is_dir() {
                look(&folder, &entry);
            }
        }
        strays
    }

    /// The keys in a store that an account or a client leads to, the copies of a move among them. An entry that cannot
    /// be read may lead to any, so then it fails.
    pub(crate) fn referenced_keys(&self, kind: Kind) -> Result<BTreeSet<String>> {
        let (listing, clients) = (self.accounts(), self.clients());
        let mut broken = listing.broken.into_iter().chain(clients.broken);
        if let Some(error) = broken.next() {
            return Err(error);
        }
        if let Some(stray) = self.strays().first() {
            let message = format!("nobody knows what {} leads to", stray.display());
            return Err(Error::new(Code::InternalError, message)
                .hint("give that file the name of its account, or put it elsewhere"));
        }
        let holds = |store: Kind, copy_in: Option<Kind>| store == kind || copy_in == Some(kind);
        let accounts = listing.accounts.into_iter();
        let accounts = accounts.filter_map(|one| holds(one.store, one.copy_in).then_some(one.id));
        let clients = clients.kept.into_iter();
        let clients =
            clients.filter_map(|(_, one)| holds(one.store, one.copy_in).then_some(one.id));
        Ok(accounts.chain(clients).collect())
    }

    /// Whether a secret was written or changed with this very state folder, which may serve more than one index:
    /// its lock is never removed.
    pub(crate) fn has_lock(&self, key: &str) -> bool {
        self.lock_file(key).exists()
    }

    /// Removes a secret of the file store that nothing leads to; `false` where something does by now. Somebody who
    /// is at work on it is not waited for.
    pub(crate) fn discard_orphan(&self, key: &str) -> Result<bool> {
        let _turn = self.wait_for_lock(key, Duration::ZERO)?;
        if self.referenced_keys(Kind::File)?.contains(key) {
            return Ok(false);
        }
        self.store(Kind::File)
            .remove(key)
            .map_err(|error| unavailable(Kind::File, &error))
    }

    pub(crate) fn sound_defaults(&self) -> Result<defaults::Defaults> {
        defaults::is_ours(&self.paths)?;
        defaults::sound(&self.paths)
    }

    /// Takes a default away whose account is gone; `false` where it is there by now.
    pub(crate) fn drop_orphan_default(&self, provider: &str, name: &str) -> Result<bool> {
        let lock = is_provider_name(provider).then(|| names_lock(provider)); // no login makes another a default
        let _names = lock
            .map(|lock| self.wait_for_lock(&lock, NAMES_LOCK_TIMEOUT))
            .transpose()?;
        if self.has_account(provider, name) {
            return Ok(false);
        }
        defaults::is_ours(&self.paths)?;
        defaults::drop_named(&self.paths, provider, name)?;
        Ok(true)
    }

    pub(crate) fn has_account(&self, provider: &str, name: &str) -> bool {
        let fits = is_provider_name(provider) && is_readable_name(name);
        fits && !matches!(index::read(&self.paths, provider, name), Ok(None))
    }

    /// Another account whose entry leads to the same secret: somebody has copied an entry's file, or a rename was
    /// cut off. What is done to the secret for one of them would be done to the other.
    pub(crate) fn find_sharer(&self, account: &Account) -> Option<Account> {
        let own = (&account.provider, &account.name);
        let mut accounts = self.accounts().accounts.into_iter();
        let other =
            accounts.find(|one| one.id == account.id && (&one.provider, &one.name) != own)?;
        // What is sealed says whose the secret is: then the other entry is a copy, and shares nothing.
        let stored = self.read_secret(account).ok().flatten();
        let record = stored.and_then(|stored| stored.record);
        (!record.is_some_and(|record| record.is_of(account))).then_some(other)
    }

    /// Fails where an account shares its secret: it can neither go elsewhere nor be in a file twice.
    pub(crate) fn is_sole(&self, account: &Account) -> Result<()> {
        let Some(sharer) = self.find_sharer(account) else {
            return Ok(());
        };
        let what = format!("{account} and {sharer} lead to one secret");
        Err(Error::new(Code::AccountConflict, what)
            .hint(format!(
                "`keyfob logout {sharer}` takes that entry away and leaves the tokens to {account}"
            ))
            .account(account))
    }

    /// `asking`: whether a store may ask somebody for it.
    pub(crate) fn examine(&self, account: &Account, asking: bool) -> Examined {
        self.look_at(account.store, &account.id, asking, |secret| {
            let stored = payload::decode(secret, account)?;
            let now = bring_up(account, &stored);
            let differences = stored.record.as_ref().map(|it| it.differences(&now));
            Ok(match differences {
                Some(differences) if !differences.is_empty() => Examined::Differs(differences),
                _ if stored.secrets.generation < account.generation => Examined::Outdated,
                Some(_) => Examined::Sound,
                None if account.sealed => Examined::Outdated,
                None => Examined::Unsealed,
            })
        })
    }

    /// Corrects every entry of whose secret that can be read says otherwise, its place in the index too; the accounts
    /// that were corrected. Of two entries for one secret the one stays that goes by the sealed name.
    pub(crate) fn correct_entries(&self) -> Result<Vec<Account>> {
        let mut corrected = Vec::new();
        let mut left = Vec::new();
        let mut turns = BTreeMap::new();
        for entry in self.accounts().accounts {
            if !turns.contains_key(&entry.id) {
                let turn = self.wait_for_lock(&entry.id, NAMES_LOCK_TIMEOUT)?;
                turns.insert(entry.id.clone(), turn);
            }
            let Ok(Some(stored)) = self.read_secret(&entry) else {
                continue;
            };
            let Some(record) = &stored.record else {
                continue;
            };
            if record.id != entry.id || stored.secrets.generation < entry.generation {
                continue;
            }
            let mut now = record.correct(&entry);
            if stored.secrets.generation > entry.generation {
                now.describe(&stored.secrets.tokens, stored.secrets.generation);
            }
            now.sealed = true;
            if now == entry {
                continue;
            }
            if now.to_string() != entry.to_string() {
                left.push(entry);
            }
            corrected.push(now);
        }
        let in_place = |one: &Account| {
            let found = self.find(&one.provider, &one.name).ok().flatten();
            found.is_some_and(|found| found.id == one.id)
        };
        for now in &corrected {
            let copied = left.iter().any(|entry| entry.id == now.id) && in_place(now);
            if !copied {
                self.record(now)?;
            }
        }
        for entry in left {
            let found = self.find(&entry.provider, &entry.name)?;
            if found.is_some_and(|found| found == entry) {
                defaults::drop_account(&self.paths, &entry)?;
                index::remove(&self.paths, &entry)?;
            }
        }
        Ok(corrected)
    }

    pub(crate) fn examine_client(&self, client: &KeptClient) -> Examined {
        self.look_at(client.store, &client.id, false, |secret| {
            client::decode(secret).map(|_| Examined::Sound)
        })
    }

    fn look_at(
        &self,
        store: Kind,
        key: &str,
        asking: bool,
        judge: impl Fn(&Secret) -> Result<Examined>,
    ) -> Examined {
        let store = self.store(store);
        let found = if asking {
            let found = store.get(key);
            found.map(|secret| secret.map_or(Unasked::Nothing, Unasked::Secret))
        } else {
            store.get_unasked(key)
        };
        let secret = match found {
            Ok(Unasked::Secret(secret)) => secret,
            Ok(Unasked::Nothing) => return Examined::Gone,
            Ok(Unasked::WouldPrompt) => return Examined::Shut,
            Err(error) => {
                return Examined::Unreadable {
                    cause: error.cause,
                    hint: error.hint,
                };
            }
        };
        match judge(&secret) {
            Ok(examined) => examined,
            Err(error) => Examined::Unreadable {
                cause: error.message,
                hint: error.hint.unwrap_or_default(),
            },
        }
    }
}

fn provider_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    is_provider_name(name).then(|| name.to_owned())
}

/// What a folder holds, sorted; one that is not there holds nothing.
fn paths_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.sort_unstable();
    Ok(paths)
}
