//! Judges what is stored of an account: whether its token serves, can be renewed, or only a new sign-in helps.

use std::sync::Arc;

use super::renew::StoredAccount;
use crate::account::{Account, SignIn};
use crate::audit::Action;
use crate::context::{Context, off_thread};
use crate::error::{Code, Error, Result};
use crate::oauth;
use crate::token_set::{TokenSet, margin};
use crate::vault::{Secrets, Vault};
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Good for the margin: 60 s or a tenth of its lifetime.
    Margin,
    /// Good for at least so many seconds, or a failure.
    MinTtl(u64),
    /// A new one, whatever is stored; asked for by name it tries even a refused refresh token.
    New { by_name: bool },
}

#[derive(Debug)]
pub(crate) enum Look {
    Fresh(Secrets),
    Renew(Secrets),
}

impl Context {
    /// A token that meets `need`, renewed if it must be. Returns the account as it then stands.
    pub(crate) async fn fresh(&self, account: Account, need: Need) -> Result<(Account, Secrets)> {
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
                let StoredAccount { account, secrets } = renewed
                    .map_err(|error| error.account(&name))
                    .inspect_err(failed)?;
                check_lifetime(&account, secrets.tokens.lifetime(), need)?; // the server may issue less than before
                Ok((account, secrets))
            }
        }
    }
}

/// Judges what is stored. An index entry that a crash left behind its secret is mended on the way.
pub(crate) fn look(
    vault: &Vault,
    account: &mut Account,
    need: Need,
    now: Timestamp,
) -> Result<Look> {
    let entry = account.clone();
    let Some(secrets) = vault.secrets_of_now(account)? else {
        return Err(vault.secret_gone(account));
    };
    if *account != entry || !account.sealed {
        let _ = vault.settle(&mut account.clone()); // the secret is what counts; the next command tries again
    }
    judge(account, secrets, need, now)
}

pub(super) fn judge(
    account: &Account,
    secrets: Secrets,
    need: Need,
    now: Timestamp,
) -> Result<Look> {
    let tokens = &secrets.tokens;
    if lives(tokens.remaining(now).zip(tokens.lifetime()), need) {
        return Ok(Look::Fresh(secrets));
    }
    check_lifetime(account, secrets.tokens.lifetime(), need)?;
    let renewable = secrets.tokens.refresh_token.is_some() || account.needs_no_person();
    can_renew(account, renewable, secrets.tokens.expires_at, need, now)?;
    Ok(Look::Renew(secrets))
}

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

/// `life`: its seconds left and its lifetime; `None` where the server gave no expiry.
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
pub(super) fn serves_anew(tokens: &TokenSet, need: Need, now: Timestamp) -> bool {
    let least = match need {
        Need::MinTtl(seconds) => seconds.max(1),
        Need::Margin | Need::New { .. } => 1,
    };
    tokens
        .remaining(now)
        .is_none_or(|remaining| remaining >= least)
}

/// A demand beyond what the server issues can never be met; nothing is sent for it.
fn check_lifetime(account: &Account, lifetime: Option<u64>, need: Need) -> Result<()> {
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
pub(super) fn client(account: &Account, secrets: &Secrets) -> oauth::Client {
    oauth::Client {
        id: account.client.id.clone(),
        auth: account.client.auth,
        secret: secrets.client_secret.clone(),
    }
}

pub(super) fn login_required(account: &Account, reason: &str) -> Error {
    Error::new(Code::LoginRequired, reason)
        .hint(account.again())
        .account(account)
}

/// What a token would meet that was wanted now, from the index alone: no secret is read and nothing is sent.
/// The entry is judged as a look at the secret would, in the same order. Success: the token lives, for at
/// least so many seconds where that is demanded, or nobody knows when it ends. One within the margin lives
/// too, as long as it can be renewed.
///
/// `refresh_required`: the next use renews it. `login_required`: only a new sign-in helps.
/// `refresh_failed`: no token of this account is ever issued for that long.
pub(crate) fn predict(account: &Account, least: Option<u64>, now: Timestamp) -> Result<()> {
    let need = least.map_or(Need::Margin, Need::MinTtl);
    let end = account.expires_at;
    let lifetime = end.map(|end| end.since(account.received_at));
    let remaining = end.map(|end| end.since(now));
    if lives(remaining.zip(lifetime), need) {
        return Ok(());
    }
    check_lifetime(account, lifetime, need)?;
    can_renew(account, account.refreshable, end, need, now)?;
    match (remaining, least) {
        (Some(1..), None) => Ok(()),
        _ => Err(refresh_required(account, remaining.unwrap_or(0))),
    }
}

fn refresh_required(account: &Account, remaining: u64) -> Error {
    let message = match remaining {
        0 => "its access token has ended".into(),
        left => format!("its access token has only {left} s left"),
    };
    Error::new(Code::RefreshRequired, message)
        .hint(format!(
            "`keyfob refresh {account}` gets a new one, as the next `keyfob token {account}` does"
        ))
        .account(account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture;

    /// What is said where so many seconds of an hour are left.
    fn said(left: u64, refreshable: bool, refused: bool, least: Option<u64>) -> &'static str {
        let mut account = fixture::account();
        account.received_at = fixture::now();
        account.expires_at = Some(fixture::now().plus(3600));
        account.refreshable = refreshable;
        account.refused_generation = refused.then_some(account.generation);
        let now = fixture::now().plus(3600 - left);
        match predict(&account, least, now) {
            Ok(()) => "valid",
            Err(error) => {
                assert!(error.hint.is_some() && error.account.is_some(), "{error}");
                error.code.as_str()
            }
        }
    }

    #[test]
    fn the_table_of_a_check() {
        let (renew, login) = ("refresh_required", "login_required");
        for (left, refreshable, refused, least, verdict) in [
            (3600, true, false, None, "valid"),
            (61, false, false, None, "valid"),
            (61, true, true, None, "valid"),
            (60, true, false, None, "valid"), // within the margin, and it lives
            (1, true, false, None, "valid"),
            (60, false, false, None, login), // as `token` says
            (60, true, true, None, login),
            (0, true, false, None, renew),
            (0, false, false, None, login),
            (0, true, true, None, login),
            (600, true, false, Some(600), "valid"),
            (599, true, false, Some(600), renew),
            (599, false, false, Some(600), login),
            (599, true, true, Some(600), login),
            (30, false, false, Some(30), "valid"),
            (30, true, false, Some(0), "valid"),
            (0, true, false, Some(0), renew),
            (3600, true, false, Some(3600), "valid"),
            (3599, true, false, Some(3601), "refresh_failed"),
            (0, false, true, Some(3601), "refresh_failed"),
        ] {
            let case = (left, refreshable, refused, least);
            assert_eq!(said(left, refreshable, refused, least), verdict, "{case:?}");
        }
    }

    #[test]
    fn an_unknown_end_is_valid_whatever_is_demanded() {
        let mut account = fixture::account();
        account.expires_at = None;
        account.refreshable = false;
        for least in [None, Some(0), Some(u64::MAX)] {
            assert!(predict(&account, least, fixture::now()).is_ok());
        }
    }

    #[test]
    fn clocks_that_were_set_are_borne() {
        let mut account = fixture::account();
        account.received_at = fixture::now().plus(7200); // in the future
        account.expires_at = Some(fixture::now().plus(3600)); // before it arrived
        assert!(predict(&account, None, fixture::now()).is_ok());
        let error = predict(&account, Some(1), fixture::now().plus(3600)).unwrap_err();
        assert_eq!(error.code, Code::RefreshFailed, "a lifetime of nothing");
    }
}
