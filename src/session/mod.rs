//! A fresh token for an account. The policy, in the order of the code:
//!
//! | in the index | in the store | access token | to renew it | then |
//! | --- | --- | --- | --- | --- |
//! | yes | no | | | a write probe decides: it fails, `store_unavailable`; it works, `login_required` |
//! | yes | yes | good for the margin, or no expiry known | | return it |
//! | yes | yes | never issued for as long as demanded | | `refresh_failed` |
//! | yes | yes | expiring | a refresh token | lock, read again, refresh, keep |
//! | yes | yes | expiring | a grant that needs no person | lock, read again, repeat the grant, keep |
//! | yes | yes | expiring | nothing, or refused for good | `login_required` |
//!
//! [`look`] judges without a runtime; only [`Context::fresh`] goes further. Beside it stand the two other
//! things that are done with an account's tokens: asking whose they are, and taking them back.

mod endpoints;
mod exchange;
mod forecast;
mod grant;
mod refusal;
mod renew;
pub mod revoke;
mod turn;
mod whoami;

use std::sync::Arc;
use std::time::Duration;

use crate::account::{Account, SignIn};
use crate::audit::Action;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth;
use crate::token_set::{TokenSet, margin};
use crate::vault::{Secrets, Vault};
use keyfob_base::timestamp::Timestamp;

pub use endpoints::{Reach, reach};
pub use forecast::foresee;
pub use whoami::Whose;

/// What a request that failed leaves behind.
const UNCHANGED: &str = "the stored tokens are unchanged";

/// What the caller wants of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Good for the margin: 60 s or a tenth of its lifetime.
    Margin,
    /// Good for at least so many seconds, or a failure.
    MinTtl(u64),
    /// A new one, whatever is stored; asked for by name it tries even a refused refresh token.
    New {
        /// Whether a person named this very account.
        by_name: bool,
    },
}

/// What a look at index and store found.
#[derive(Debug)]
pub enum Look {
    /// The stored token serves.
    Fresh(Secrets),
    /// It must be renewed, and can be.
    Renew(Secrets),
}

impl Context {
    /// A token that meets `need`, renewed if it must be. Returns the account as it then stands.
    pub async fn fresh(&self, account: Account, need: Need) -> Result<(Account, Secrets)> {
        let vault = Arc::clone(&self.vault);
        let (account, look) = off_thread(move || {
            let mut account = account;
            let look = look(&vault, &mut account, need, Timestamp::now())?;
            Ok((account, look))
        })
        .await?;
        match look {
            Look::Fresh(secrets) => Ok((account, secrets)),
            Look::Renew(secrets) => {
                let name = account.to_string();
                let renewed = self.renew(account, secrets, need).await;
                let failed = |error: &Error| self.audit.note(Action::Refresh, &name, Some(error));
                let (account, secrets) = renewed
                    .map_err(|error| error.account(&name))
                    .inspect_err(failed)?;
                within_lifetime(&account, &secrets.tokens, need)?; // the server may issue less than before
                Ok((account, secrets))
            }
        }
    }
}

/// Judges what is stored. An index entry that a crash left behind its secret is mended on the way.
pub fn look(vault: &Vault, account: &mut Account, need: Need, now: Timestamp) -> Result<Look> {
    let Some(secrets) = vault.secrets_of_now(account)? else {
        return Err(vault.secret_gone(account));
    };
    if secrets.generation > account.generation {
        account.describe(&secrets.tokens, secrets.generation);
        let _ = mend(vault, account, &secrets); // the secret is what counts; the next command tries again
    }
    judge(account, secrets, need, now)
}

/// Brings the entry up to its secret, unless somebody is at work on the account: then the gap is the
/// moment between their two writes, or their logout.
fn mend(vault: &Vault, account: &Account, secrets: &Secrets) -> Result<()> {
    let _turn = vault.wait_for_lock(&account.id, Duration::ZERO)?;
    match vault.reread(account)? {
        Some(mut entry) if secrets.generation > entry.generation => {
            entry.describe(&secrets.tokens, secrets.generation);
            vault.record(&entry)
        }
        _ => Ok(()),
    }
}

fn judge(account: &Account, secrets: Secrets, need: Need, now: Timestamp) -> Result<Look> {
    if serves(&secrets.tokens, need, now) {
        return Ok(Look::Fresh(secrets));
    }
    within_lifetime(account, &secrets.tokens, need)?;
    let renewable = secrets.tokens.refresh_token.is_some() || account.needs_no_person();
    can_renew(account, renewable, secrets.tokens.expires_at, need, now)?;
    Ok(Look::Renew(secrets))
}

/// Whether a token can be renewed for an account: `renewable` says whether there is anything to renew it with.
fn can_renew(
    account: &Account,
    renewable: bool,
    expires_at: Option<Timestamp>,
    need: Need,
    now: Timestamp,
) -> Result<()> {
    let by_name = need == Need::New { by_name: true };
    if account.refused() && !by_name {
        return Err(login_required(
            account,
            "the provider refused its refresh token",
        ));
    }
    if !renewable {
        let reason = match expires_at {
            _ if account.identity.kind == SignIn::Given => {
                "a token that was given is never renewed"
            }
            Some(_) if matches!(need, Need::New { .. }) => "no refresh token was issued for it",
            Some(end) if end <= now => "its access token has ended and no refresh token was issued",
            Some(_) => "its access token is about to end and no refresh token was issued",
            None => "no refresh token was issued for it",
        };
        return Err(login_required(account, reason));
    }
    Ok(())
}

/// Whether a stored token meets the need.
fn serves(tokens: &TokenSet, need: Need, now: Timestamp) -> bool {
    lives(tokens.remaining(now).zip(tokens.lifetime()), need)
}

/// The same of its seconds left and its lifetime; `None` where the server gave no expiry.
fn lives(life: Option<(u64, u64)>, need: Need) -> bool {
    let Some((remaining, lifetime)) = life else {
        return !matches!(need, Need::New { .. });
    };
    match need {
        Need::Margin => remaining > margin(lifetime),
        Need::MinTtl(seconds) => remaining > 0 && remaining >= seconds,
        Need::New { .. } => false,
    }
}

/// Whether a token that another process has just stored meets the need: it is new to us, so any life
/// will do unless a minimum was demanded.
fn serves_anew(tokens: &TokenSet, need: Need, now: Timestamp) -> bool {
    let least = match need {
        Need::MinTtl(seconds) => seconds.max(1),
        Need::Margin | Need::New { .. } => 1,
    };
    tokens
        .remaining(now)
        .is_none_or(|remaining| remaining >= least)
}

/// A demand beyond what the server issues can never be met; nothing is sent for it.
fn within_lifetime(account: &Account, tokens: &TokenSet, need: Need) -> Result<()> {
    within(account, tokens.lifetime(), need)
}

fn within(account: &Account, lifetime: Option<u64>, need: Need) -> Result<()> {
    match (need, lifetime) {
        (Need::MinTtl(wanted), Some(lifetime)) if wanted > lifetime => Err(Error::new(
            Code::RefreshFailed,
            format!("its tokens are issued for {lifetime} s, so none lives for {wanted} s"),
        )
        .hint(format!("ask for `--min-ttl {lifetime}s` or less"))
        .account(account)),
        _ => Ok(()),
    }
}

/// The client and its authentication as they were at the login.
fn client(account: &Account, secrets: &Secrets) -> oauth::Client {
    oauth::Client {
        id: account.client.id.clone(),
        auth: account.client.auth,
        secret: secrets.client_secret.clone(),
    }
}

/// Only a new sign-in helps, for `reason`.
fn login_required(account: &Account, reason: &str) -> Error {
    Error::new(Code::LoginRequired, reason)
        .hint(account.again())
        .account(account)
}

#[cfg(test)]
mod tests;
