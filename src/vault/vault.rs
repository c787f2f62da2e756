//! The vault itself: one account after the other, in index and store.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::index::Listing;
use super::lock::{Acquired, Guard, LOCK_TIMEOUT};
use super::payload::Secrets;
use super::{Defaults, defaults, index, lock, payload};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::paths::Paths;
use crate::store::{self, Kind, Prompter, Store, StoreError};

pub struct Vault {
    pub(super) paths: Paths,
    setup: store::Setup,
    pub(super) stores: Mutex<HashMap<Kind, Arc<dyn Store>>>,
}

impl Vault {
    /// Touches nothing yet. A new file store gets a passphrase with `ask_passphrase`.
    pub fn new(paths: Paths, ask_passphrase: bool, prompter: Arc<dyn Prompter>) -> Self {
        Self {
            setup: store::Setup {
                data: paths.secrets(),
                identity: paths.identity(),
                locks: paths.locks(),
                ask_passphrase,
                prompter,
            },
            paths,
            stores: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn accounts(&self) -> Listing {
        index::list(&self.paths)
    }

    pub(crate) fn accounts_of(&self, provider: &str) -> Listing {
        index::list_of(&self.paths, provider)
    }

    pub fn find(&self, provider: &str, name: &str) -> Result<Option<Account>> {
        index::read(&self.paths, provider, name)
    }

    /// The account as the index has it now, under whatever name; `None` once it is logged out.
    pub(crate) fn reread(&self, account: &Account) -> Result<Option<Account>> {
        let same = |found: &Account| found.id == account.id;
        let there = self.find(&account.provider, &account.name)?.filter(same);
        let renamed = || {
            let mut others = self.accounts_of(&account.provider).accounts.into_iter();
            others.find(same)
        };
        Ok(there.or_else(renamed))
    }

    pub fn secrets(&self, account: &Account) -> Result<Option<Secrets>> {
        let stored = self
            .store(account.store)
            .get(&account.id)
            .map_err(|error| unavailable_to(account, account.store, &error))?;
        stored
            .map(|secret| payload::decode(&secret, account).map_err(|error| error.account(account)))
            .transpose()
    }

    /// Where the account may have been moved since its entry was read, the entry is read again.
    pub(crate) fn secrets_of_now(&self, account: &mut Account) -> Result<Option<Secrets>> {
        let mut tried = false;
        loop {
            let found = self.secrets(account);
            if matches!(found, Ok(Some(_))) {
                return found;
            }
            match self.reread(account)? {
                Some(now) if now.store != account.store => *account = now,
                // It may have gone and come back while it was looked for.
                Some(_) if found.is_ok() && !tried => tried = true,
                _ => return found,
            }
        }
    }

    /// Says that an account's store has no secret of it. A store that takes none either may hold it all the same.
    pub(crate) fn secret_gone(&self, account: &Account) -> Error {
        if let Err(error) = self.store(account.store).probe() {
            return unavailable_to(account, account.store, &error);
        }
        let reason = format!("its secret was removed from {}", account.store.noun());
        Error::new(Code::LoginRequired, reason)
            .hint(account.again())
            .account(account)
    }

    /// Writes the secret alone. The index follows with [`Vault::record`].
    pub fn keep(&self, account: &Account, secrets: &Secrets) -> Result<()> {
        self.store(account.store)
            .put(&account.id, &payload::encode(secrets, account))
            .map_err(|error| unavailable_to(account, account.store, &error))
    }

    pub fn record(&self, account: &Account) -> Result<()> {
        index::write(&self.paths, account).map_err(|error| error.account(account))
    }

    /// Secret first, then the entry, under an id that nothing leads to yet; its lock says that somebody is at work.
    pub(crate) fn put_new(&self, account: &Account, secrets: &Secrets) -> Result<()> {
        let _own = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
        self.keep(account, secrets)?;
        self.record(account).inspect_err(|_| self.undo_new(account))
    }

    /// Removes the secret of an account that was not recorded. An entry may be there although writing it has
    /// failed: whatever may lead to the secret keeps it.
    pub(super) fn undo_new(&self, account: &Account) {
        let found = self.find(&account.provider, &account.name);
        if found.is_ok_and(|found| found.is_none_or(|found| found.id != account.id)) {
            let _ = self.discard(account);
        }
    }

    /// Its secret, then its place as a default and its index entry. A store that fails keeps the entry, so that no
    /// secret is left behind without one.
    pub(crate) fn forget(&self, account: &Account) -> Result<()> {
        self.discard(account)?;
        defaults::drop_account(&self.paths, account)?;
        index::remove(&self.paths, account)
    }

    /// Removes an account although a store fails; tells which stores may have its secret still. A secret that
    /// another entry leads to stays, as with [`Vault::forget`].
    pub(crate) fn forget_entry(&self, account: &Account) -> Result<Vec<Kind>> {
        let mut left = Vec::new();
        let shared = self.find_sharer(account).is_some();
        let copy = account.copy_in.filter(|store| *store != account.store);
        for store in copy.into_iter().chain([account.store]).filter(|_| !shared) {
            match self.erase_of(account, store) {
                Ok(()) => {}
                Err(error) if error.code == Code::StoreUnavailable => left.push(store),
                Err(error) => return Err(error),
            }
        }
        defaults::drop_account(&self.paths, account)?;
        index::remove(&self.paths, account)?;
        Ok(left)
    }

    /// Removes the secret that a replaced account has left in its old store, and what a move has left of it; nothing
    /// where another entry leads to it.
    pub fn discard(&self, old: &Account) -> Result<()> {
        if self.find_sharer(old).is_some() {
            return Ok(());
        }
        self.discard_copy(old)?;
        self.erase_of(old, old.store)
    }

    /// Removes what a move that was cut off may have left in another store.
    pub(crate) fn discard_copy(&self, account: &Account) -> Result<()> {
        match account.copy_in {
            Some(store) if store != account.store => self.erase_of(account, store),
            _ => Ok(()),
        }
    }

    fn erase_of(&self, account: &Account, store: Kind) -> Result<()> {
        let removed = self.store(store).remove(&account.id);
        removed
            .map(|_| ())
            .map_err(|error| unavailable_to(account, store, &error))
    }

    pub(super) fn erase(&self, store: Kind, key: &str) -> Result<()> {
        self.store(store)
            .remove(key)
            .map(|_| ())
            .map_err(|error| unavailable(store, &error))
    }

    /// Proves by writing that a store takes secrets.
    pub(crate) fn probe(&self, kind: Kind) -> Result<()> {
        self.store(kind)
            .probe()
            .map_err(|error| unavailable(kind, &error))
    }

    /// Proves by writing that the index takes an entry of this provider.
    pub(crate) fn prove_index(&self, provider: &str) -> Result<()> {
        index::prove(&self.paths, provider)
    }

    pub(crate) fn protection(&self, kind: Kind) -> String {
        self.store(kind).protection()
    }

    pub fn defaults(&self) -> Defaults {
        defaults::read(&self.paths)
    }

    pub fn default_of(&self, provider: &str) -> Option<String> {
        self.defaults().remove(provider)
    }

    pub(crate) fn make_default(&self, account: &Account, only_if_none: bool) -> Result<()> {
        defaults::set(&self.paths, account, only_if_none)
    }

    /// Takes the account's lock, waiting at most `limit`. While it waits it asks `meanwhile`, and ends
    /// without the lock as soon as that has an answer.
    pub(crate) fn lock<T>(
        &self,
        id: &str,
        limit: Duration,
        meanwhile: impl FnMut() -> Option<T>,
    ) -> Result<Acquired<T>> {
        lock::take_unless(&self.lock_file(id), limit, meanwhile)
    }

    pub fn wait_for_lock(&self, id: &str, limit: Duration) -> Result<Guard> {
        lock::take(&self.lock_file(id), limit)
    }

    /// Proves that the file system has locks, by taking one that somebody else may well hold.
    pub(crate) fn prove_locks(&self, id: &str) -> Result<()> {
        match self.wait_for_lock(id, Duration::ZERO) {
            Err(error) if error.code != Code::Locked => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn lock_file(&self, id: &str) -> PathBuf {
        self.paths.locks().join(format!("{id}.lock"))
    }

    pub(super) fn store(&self, kind: Kind) -> Arc<dyn Store> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let open = stores
            .entry(kind)
            .or_insert_with(|| store::open(kind, &self.setup));
        Arc::clone(open)
    }
}

/// A store that fails whoever has no account in it yet.
pub(super) fn unavailable(kind: Kind, error: &StoreError) -> Error {
    unusable(
        kind,
        error,
        "keep new secrets in files: `keyfob login PROVIDER --store file`, or KEYFOB_STORE=file",
    )
}

/// A store that fails an account, which no variable takes elsewhere.
fn unavailable_to(account: &Account, kind: Kind, error: &StoreError) -> Error {
    let elsewhere = format!(
        "sign in anew with files: `{} --store file`; KEYFOB_STORE is for new accounts alone",
        account.login_command()
    );
    unusable(kind, error, &elsewhere).account(account)
}

fn unusable(kind: Kind, error: &StoreError, elsewhere: &str) -> Error {
    let hint = match kind {
        Kind::Keyring => format!("{}; or {elsewhere}", error.hint),
        Kind::File => error.hint.clone(),
    };
    Error::new(
        Code::StoreUnavailable,
        format!("{} cannot be used: {}", kind.noun(), error.cause),
    )
    .hint(hint)
}
