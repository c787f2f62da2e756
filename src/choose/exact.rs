//! An account that must be named whole, for verbs where guessing would change the wrong one.

use super::{Chooser, Target, missing};
use crate::account::Account;
use crate::error::{Code, Error, Result};

impl Chooser<'_> {
    /// The account that `PROVIDER/NAME` names. `PROVIDER` alone is wrong usage, with its accounts.
    pub fn exact(&self, typed: &str) -> Result<Account> {
        let target = Target::parse(typed)?;
        if let Some(name) = target.name {
            return self.named(target.provider, name);
        }
        let mut listing = self.vault.accounts_of(target.provider);
        if listing.accounts.is_empty() {
            return Err(listing
                .broken
                .pop()
                .unwrap_or_else(|| self.nobody(Some(target))));
        }
        let names: Vec<_> = listing.accounts.iter().map(ToString::to_string).collect();
        Err(Error::new(
            Code::Usage,
            format!("`{typed}` is a provider, and an account is wanted"),
        )
        .hint(missing::one_of(&names)))
    }
}
