//! Everything of one provider under another name: accounts, default, client. Secrets and locks stay
//! where they are, for they go by ids.

use std::time::Duration;

use super::{Vault, defaults, index};
use crate::account::Account;
use crate::error::Result;

/// How long a refresh that is under way is waited for.
const TURN: Duration = Duration::from_secs(60);

impl Vault {
    /// Moves what `from` has to `to`. Each account has its new entry before it loses the old one.
    pub fn move_provider(&self, from: &str, to: &str) -> Result<()> {
        let default = self.default_of(from);
        for account in self.accounts_of(from).accounts {
            let _turn = self.wait_for_lock(&account.id, TURN)?;
            let Some(account) = self.reread(&account)? else {
                continue; // logged out meanwhile
            };
            let moved = Account {
                provider: to.to_owned(),
                ..account.clone()
            };
            self.record(&moved)?;
            let is_default = default.as_ref() == Some(&account.name);
            self.make_default(&moved, !is_default)?;
            defaults::drop_account(&self.paths, &account)?;
            index::remove(&self.paths, &account)?;
        }
        self.move_client(from, to)
    }
}
