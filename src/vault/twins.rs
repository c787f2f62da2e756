//! Entries that lead to one secret: somebody has copied an entry's file, or a rename was cut off. What is done to
//! the secret for one of them would be done to the others.

use super::Vault;
use crate::account::Account;
use crate::error::{Code, Error, Result};

impl Vault {
    /// Another account whose entry leads to the same secret.
    pub fn twin(&self, account: &Account) -> Option<Account> {
        let own = (&account.provider, &account.name);
        let mut accounts = self.accounts().accounts.into_iter();
        accounts.find(|one| one.id == account.id && (&one.provider, &one.name) != own)
    }

    /// Fails where an account shares its secret: it can neither go elsewhere nor be in a file twice.
    pub fn is_sole(&self, account: &Account) -> Result<()> {
        let Some(twin) = self.twin(account) else {
            return Ok(());
        };
        let what = format!("{account} and {twin} lead to one secret");
        Err(Error::new(Code::AccountConflict, what)
            .hint(format!(
                "`keyfob logout {twin}` takes that entry away and leaves the tokens to {account}"
            ))
            .account(account))
    }
}
