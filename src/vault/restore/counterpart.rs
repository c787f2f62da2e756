//! Which account here one of a backup is: one of the same identity, by its id, else by its name or the number
//! that an earlier restore gave it. Another name is another account, for one identity may have several, each
//! with a grant of its own.

use super::super::{Listing, Saved};
use crate::account::Account;

/// The account here that one of a backup is.
pub fn counterpart(known: &Listing, saved: &Saved) -> Option<Account> {
    let accounts = known.accounts.iter();
    let same = || {
        accounts
            .clone()
            .filter(|here| here.identity == saved.account.identity)
    };
    let by_id = same().find(|here| here.id == saved.account.id);
    let by_name = || same().find(|here| here.name == saved.account.name);
    let by_number = || same().find(|here| is_numbered(&here.name, &saved.account.name));
    by_id.or_else(by_name).or_else(by_number).cloned()
}

/// Whether a name is the other one with a number, such as `ada-2`.
fn is_numbered(name: &str, other: &str) -> bool {
    let number = name
        .strip_prefix(other)
        .and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}
