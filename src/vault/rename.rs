//! Everything of one provider under another name: accounts, default, client. Secrets and locks stay
//! where they are, for they go by ids.

#[cfg(test)]
mod tests;

use super::{LOCK_TIMEOUT, Vault, defaults, index, names_lock};
use crate::account::Account;
use crate::error::{Code, Error, Result};

impl Vault {
    /// Whether nothing here goes by a provider's name, not even an account whose definition is gone.
    pub fn is_free(&self, provider: &str) -> Result<()> {
        let listing = self.accounts_of(provider);
        let accounts = !listing.accounts.is_empty() || !listing.broken.is_empty();
        if accounts || self.client(provider)?.is_some() {
            return Err(taken(provider));
        }
        Ok(())
    }

    /// Moves what `from` has to `to`, which is free. Each account has its new entry before it loses the old
    /// one, so that a crash loses none, and moving again ends it. No login gives or takes a name meanwhile.
    pub fn move_provider(&self, from: &str, to: &str) -> Result<()> {
        let _first = self.wait_for_lock(&names_lock(from.min(to)), LOCK_TIMEOUT)?;
        let _second = self.wait_for_lock(&names_lock(from.max(to)), LOCK_TIMEOUT)?;
        let default = self.default_of(from);
        for account in self.accounts_of(from).accounts {
            let _turn = self.wait_for_lock(&account.id, LOCK_TIMEOUT)?;
            let Some(account) = self.reread(&account)? else {
                continue; // logged out meanwhile
            };
            let moved = Account {
                provider: to.to_owned(),
                ..account.clone()
            };
            if index::holds_another(&self.paths, &moved) {
                return Err(taken(to));
            }
            self.record(&moved)?;
            if default.as_ref() == Some(&account.name) {
                self.make_default(&moved, false)?;
            }
            defaults::drop_account(&self.paths, &account)?;
            index::remove(&self.paths, &account)?;
        }
        self.move_client(from, to)
    }
}

fn taken(provider: &str) -> Error {
    Error::new(
        Code::AccountConflict,
        format!("`{provider}` has accounts or a client already"),
    )
    .hint(format!(
        "give this one another name; `keyfob list {provider}` shows the accounts"
    ))
}
