//! What somebody may not have expected of a choice.

use std::fmt;

use super::{ACCOUNT, Chooser, Why};
use crate::account::Account;
use crate::names::is_name;
use keyfob_base::secret::Secret;

impl Chooser<'_> {
    /// What to say of an account that was chosen, as one line; `None` where nothing surprises. `token` is
    /// what is handed out: a variable that holds it is no surprise, for that is what `exec` and `export`
    /// leave behind.
    pub fn surprise(&self, account: &Account, why: &Why, token: Option<&Secret>) -> Option<String> {
        let not_default = self.not_default(account, why);
        match why {
            Why::Directory(_) | Why::Default | Why::Only => {
                not_default.or_else(|| self.ignored(account, token))
            }
            Why::Environment | Why::Argument | Why::Variable => not_default,
        }
    }

    /// What names an account that is not its provider's default.
    pub(super) fn not_default(&self, account: &Account, why: &Why) -> Option<String> {
        let who: &dyn fmt::Display = match why {
            Why::Environment => &ACCOUNT,
            Why::Directory(rule) => rule,
            Why::Argument | Why::Default | Why::Only | Why::Variable => return None,
        };
        let default = self.other_default(account)?;
        Some(format!("{who} names {account}; the default is {default}"))
    }

    /// The provider's variable, which counts where there is no account.
    fn ignored(&self, account: &Account, token: Option<&Secret>) -> Option<String> {
        let variable = self.variable_of(&account.provider).ok()??.name;
        let held = self.environment.token(&variable);
        let same = token.is_some() && held.as_ref() == token;
        (!same).then(|| format!("{variable} is set and ignored, for {account} is signed in"))
    }

    /// The provider's default account, if that is another one and is there.
    fn other_default(&self, account: &Account) -> Option<Account> {
        let default = self.vault.default_of(&account.provider)?;
        let another = is_name(&default) && default != account.name;
        let found = another.then(|| self.vault.find(&account.provider, &default));
        found?.ok()?
    }
}
