//! The vault itself: one account after the other, in index and store.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::index::Listing;
use super::lock::{Acquired, Guard, LOCK_TIMEOUT};
use super::payload::{Secrets, StoredSecret};
use super::sealed_record::mismatch;
use super::{Defaults, defaults, index, lock, payload, unsealed};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::paths::Paths;
use crate::provider::Registry;
use crate::store::{self, Kind, Prompter, Store, StoreError};
use keyfob_base::secret::Secret;

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

    /// The secrets of an account whose entry says what is sealed with them.
    pub fn secrets(&self, account: &Account) -> Result<Option<Secrets>> {
        let Some(stored) = self.read_secret(account)? else {
            return Ok(None);
        };
        self.prove_entry(account, &stored)?;
        Ok(Some(stored.secrets))
    }

    /// What the store has, whatever the entry says.
    pub(super) fn read_secret(&self, account: &Account) -> Result<Option<StoredSecret>> {
        let store = self.store(account.store);
        let found = store.get(&account.id).map_err(|error| {
            if store.is_forged(&account.id) {
                return mismatch(account, &error.cause);
            }
            unavailable_to(account, account.store, &error)
        })?;
        found
            .map(|secret| payload::decode(&secret, account).map_err(|error| error.account(account)))
            .transpose()
    }

    pub(super) fn prove_entry(&self, account: &Account, stored: &StoredSecret) -> Result<()> {
        if stored.secrets.generation < account.generation {
            return Err(mismatch(
                account,
                "its secret is older than its entry in the index",
            ));
        }
        if let Some(record) = &stored.record {
            let differences = record.differences(account);
            return differences
                .first()
                .map_or(Ok(()), |first| Err(first.report(account)));
        }
        if account.sealed {
            return Err(mismatch(
                account,
                "its secret is one of an older keyfob, and was sealed already",
            ));
        }
        if stored.id.as_ref().is_some_and(|id| *id != account.id) {
            return Err(mismatch(account, "its secret is another account's"));
        }
        unsealed::believe(&Registry::new(self.paths.clone()), account, &stored.secrets)
    }

    /// The same, and the account as it is by now: where its entry was read before it was moved, renamed or renewed, or
    /// a crash has left it behind its secret, it is brought up to that.
    pub(crate) fn secrets_of_now(&self, account: &mut Account) -> Result<Option<Secrets>> {
        let mut tried = false;
        loop {
            let failure = match self.read_secret(account) {
                Ok(Some(stored)) => {
                    let now = bring_up(account, &stored);
                    let Err(failure) = self.prove_entry(&now, &stored) else {
                        *account = now;
                        return Ok(Some(stored.secrets));
                    };
                    if let Some(renamed) = self.finish_rename(account, &stored)? {
                        *account = renamed;
                        continue;
                    }
                    Some(failure)
                }
                Ok(None) => None,
                Err(failure) => Some(failure),
            };
            let changed = |now: &Account| now.store != account.store;
            let mismatched = failure.as_ref().map(|it| it.code) == Some(Code::RecordMismatch);
            match self.reread(account)? {
                Some(now) if changed(&now) => *account = now,
                // It may have gone and come back while it was looked for, or been changed.
                Some(now) if (failure.is_none() || mismatched) && !tried => {
                    tried = true;
                    *account = now;
                }
                _ => return failure.map_or(Ok(None), Err),
            }
        }
    }

    /// Seals the accounts of a provider, as far as that can be done now.
    pub(crate) fn settle_provider(&self, provider: &str) {
        for mut account in self.accounts_of(provider).accounts {
            if !account.sealed {
                let _ = self.settle(&mut account); // what stays as it was is told of when it is used
            }
        }
    }

    /// Brings entry and secret to what an account is now, unless somebody else is at work on it: then they do.
    pub(crate) fn settle(&self, account: &mut Account) -> Result<()> {
        let _turn = self.wait_for_lock(&account.id, Duration::ZERO)?;
        if let Some(mut now) = self.reread(account)? {
            self.settle_held(&mut now)?;
            *account = now;
        }
        Ok(())
    }

    /// The same where the account's lock is held. `false` where its secret is gone.
    pub(super) fn settle_held(&self, account: &mut Account) -> Result<bool> {
        let before = account.clone();
        let Some(secrets) = self.secrets_of_now(account)? else {
            return Ok(false);
        };
        if !account.sealed {
            self.keep(account, &secrets)?;
            account.sealed = true;
        }
        if *account != before {
            self.record(account)?;
        }
        Ok(true)
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
        self.put_secret(account, &payload::encode(secrets, account))
    }

    pub(super) fn put_secret(&self, account: &Account, secret: &Secret) -> Result<()> {
        self.store(account.store)
            .put(&account.id, secret)
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

/// The account as its secret has it, where that is newer and the same account's.
pub(super) fn bring_up(account: &Account, stored: &StoredSecret) -> Account {
    let mut now = account.clone();
    let record = stored.record.as_ref();
    if stored.secrets.generation > account.generation
        && record.is_none_or(|record| record.is_of(account))
    {
        now = record.map_or(now, |record| record.correct(account));
        now.describe(&stored.secrets.tokens, stored.secrets.generation);
    }
    now.sealed |= record.is_some();
    now
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
