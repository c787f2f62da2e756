//! Which account here one of a backup is: it is known by its id and identity, by its name and identity, and
//! else by an identity that neither here nor in the file has another account for, as a login would find it.

use super::super::{Listing, Saved};
use crate::account::Account;

/// The account here that one of a backup is.
pub fn counterpart(known: &Listing, saved: &Saved, file: &[Saved]) -> Option<Account> {
    let same = || {
        let accounts = known.accounts.iter();
        accounts.filter(|here| here.identity == saved.account.identity)
    };
    let meant = |here: &Account, saved: &Saved| {
        here.provider == saved.account.provider
            && here.identity == saved.account.identity
            && (here.id == saved.account.id || here.name == saved.account.name)
    };
    let by_id = same().find(|here| here.id == saved.account.id);
    let by_name = || same().find(|here| meant(here, saved));
    // Nobody says who has a token that was given and not asked about: only id and name tell two apart.
    let named = !saved.account.identity.subject.is_empty();
    let alone = || {
        let others = file.iter().filter(|other| {
            other.account.provider == saved.account.provider
                && other.account.identity == saved.account.identity
        });
        let mut unmatched = same().filter(|here| !file.iter().any(|other| meant(here, other)));
        let found = unmatched.next().filter(|_| named && others.count() == 1);
        found.filter(|_| unmatched.next().is_none())
    };
    by_id.or_else(by_name).or_else(alone).cloned()
}
