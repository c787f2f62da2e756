//! Whose turn it is to renew: one process at a time has the account's lock, and reads index and store
//! again under it.

use super::{Look, Need, judge, login_required, serves_anew};
use crate::account::Account;
use crate::error::Result;
use crate::vault::{Acquired, Guard, Secrets, TURN, Vault};
use keyfob_base::timestamp::Timestamp;

/// Whose turn it was.
#[derive(Debug)]
pub enum Turn {
    /// Another process renewed meanwhile; its token set serves.
    Theirs(Account, Secrets),
    /// Ours: the lock, and index and store read again under it.
    Ours(Guard, Account, Secrets),
}

/// Waits for the lock; a token set stored meanwhile ends the wait.
pub fn take_turn(vault: &Vault, account: &Account, seen: &Secrets, need: Need) -> Result<Turn> {
    let stored_since = || match vault.reread(account) {
        Ok(Some(now)) => (now.generation > seen.generation).then_some(()),
        _ => None, // the lock decides what a missing or half-seen entry means
    };
    let guard = match vault.lock(&account.id, TURN, stored_since)? {
        Acquired::Lock(guard) => guard,
        Acquired::Answer(()) => {
            let (account, secrets) = read_again(vault, account)?;
            if serves_anew(&secrets.tokens, need, Timestamp::now()) {
                return Ok(Turn::Theirs(account, secrets));
            }
            vault.wait_for_lock(&account.id, TURN)?
        }
    };
    let (account, secrets) = read_again(vault, account)?;
    let newer = secrets.generation > seen.generation;
    if newer && serves_anew(&secrets.tokens, need, Timestamp::now()) {
        return Ok(Turn::Theirs(account, secrets));
    }
    Ok(match judge(&account, secrets, need, Timestamp::now())? {
        Look::Fresh(secrets) => Turn::Theirs(account, secrets),
        Look::Renew(secrets) => Turn::Ours(guard, account, secrets),
    })
}

/// Index and store as they are now.
pub fn read_again(vault: &Vault, account: &Account) -> Result<(Account, Secrets)> {
    let logged_out = || login_required(account, "it was logged out meanwhile");
    let mut now = vault.reread(account)?.ok_or_else(logged_out)?;
    let Some(secrets) = vault.secrets_of_now(&mut now)? else {
        return Err(vault.secret_gone(&now));
    };
    if secrets.generation > now.generation {
        now.describe(&secrets.tokens, secrets.generation);
    }
    Ok((now, secrets))
}
