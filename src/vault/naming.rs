//! An account's name, and its place as its provider's default: changed under the lock of the provider's
//! names, which logins take too.

#[cfg(test)]
mod tests;

use super::{LOCK_TIMEOUT, Listing, Vault, defaults, index};
use crate::account::Account;
use crate::error::{Code, Error, Result};

/// What is locked while an account of this provider gets its name.
pub fn names_lock(provider: &str) -> String {
    format!("names-{provider}")
}

impl Listing {
    /// Fails where the entry of this name cannot be read: what it leads to must not be lost.
    pub fn readable(&self, provider: &str, name: &str) -> Result<()> {
        let account = format!("{provider}/{name}");
        let mut broken = self.broken.iter();
        match broken.find(|error| error.account.as_ref() == Some(&account)) {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// The name that was wanted, or with `-2`, `-3` … where others have it. An entry that cannot be read has
    /// its name all the same.
    pub fn free_name(&self, provider: &str, wanted: &str) -> String {
        let free = |name: &String| {
            self.readable(provider, name).is_ok()
                && !self.accounts.iter().any(|account| account.name == *name)
        };
        let numbered = |number: usize| {
            if number == 1 {
                return wanted.to_owned();
            }
            let suffix = format!("-{number}");
            let room = 64 - suffix.len();
            format!("{}{suffix}", &wanted[..wanted.len().min(room)])
        };
        (1..=self.accounts.len() + self.broken.len() + 2)
            .map(numbered)
            .find(free)
            .expect("one more number than accounts")
    }
}

impl Vault {
    /// Makes an account its provider's default; gives the name of the one before.
    pub fn choose_default(&self, account: &Account) -> Result<Option<String>> {
        let _names = self.wait_for_lock(&names_lock(&account.provider), LOCK_TIMEOUT)?;
        let account = self.still_there(account)?;
        defaults::is_ours(&self.paths)?;
        let previous = self.default_of(&account.provider);
        self.make_default(&account, false)?;
        Ok(previous)
    }

    /// Gives an account another name. Secret and lock stay where they are, for they go by its id. It has
    /// its new entry before it loses the old one, so that a crash loses nothing, and renaming again ends it.
    pub fn rename(&self, account: &Account, name: &str) -> Result<Account> {
        let _names = self.wait_for_lock(&names_lock(&account.provider), LOCK_TIMEOUT)?;
        let _turn = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
        let old = self.still_there(account)?;
        if old.name == name {
            return Ok(old); // somebody else did it meanwhile
        }
        let new = Account {
            name: name.to_owned(),
            ..old.clone()
        };
        let begun = self.begun(&new)?;
        let is_default = self.default_of(&old.provider).as_ref() == Some(&old.name);
        if is_default {
            defaults::is_ours(&self.paths)?;
        }
        let new = match &begun {
            Some(entry) if entry.generation > new.generation => entry.clone(),
            _ => new,
        };
        index::write(&self.paths, &new).map_err(|error| error.account(&old))?;
        if is_default && let Err(error) = self.make_default(&new, false) {
            if begun.is_none() {
                let _ = index::remove(&self.paths, &new); // as it was; what is left, renaming again ends
            }
            return Err(error.account(&old));
        }
        index::remove(&self.paths, &old).map_err(|error| error.account(&old))?;
        Ok(new)
    }

    /// The entry that a crash has left under the new name; `None` where that is free.
    fn begun(&self, new: &Account) -> Result<Option<Account>> {
        match self.find(&new.provider, &new.name) {
            Ok(Some(holder)) if holder.id != new.id => Err(taken(&holder)),
            Ok(found) => Ok(found),
            Err(unreadable) => {
                let message = format!("`{new}` is taken: {}", unreadable.message);
                let hint = "choose another name, or see to that file first";
                Err(Error::new(Code::AccountConflict, message)
                    .hint(hint)
                    .account(new))
            }
        }
    }

    pub(super) fn still_there(&self, account: &Account) -> Result<Account> {
        self.reread(account)?.ok_or_else(|| {
            Error::new(Code::UnknownAccount, "it was logged out meanwhile")
                .hint(format!("see `keyfob list {}`", account.provider))
                .account(account)
        })
    }
}

fn taken(holder: &Account) -> Error {
    let who = match &holder.username {
        Some(username) => format!(", of {username}"),
        None => String::new(),
    };
    Error::new(
        Code::AccountConflict,
        format!("`{holder}` is another account already{who}"),
    )
    .hint(format!(
        "choose another name, or rename that one first with `keyfob rename {holder} NEW`"
    ))
    .account(holder)
}
