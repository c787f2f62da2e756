//! What a token would meet that was wanted now, from the index alone: no secret is read and nothing is sent.

use super::{Need, can_renew, lives, within};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use keyfob_base::timestamp::Timestamp;

/// Judges the entry as a look at the secret would, in the same order. Success: the token lives, for at
/// least so many seconds where that is demanded, or nobody knows when it ends. One within the margin lives
/// too, as long as it can be renewed.
///
/// `refresh_required`: the next use renews it. `login_required`: only a new sign-in helps.
/// `refresh_failed`: no token of this account is ever issued for that long.
pub fn foresee(account: &Account, least: Option<u64>, now: Timestamp) -> Result<()> {
    let need = least.map_or(Need::Margin, Need::MinTtl);
    let end = account.expires_at;
    let lifetime = end.map(|end| end.since(account.received_at));
    let remaining = end.map(|end| end.since(now));
    if lives(remaining.zip(lifetime), need) {
        return Ok(());
    }
    within(account, lifetime, need)?;
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
    use crate::verbs::fixture;

    /// What is said where so many seconds of an hour are left.
    fn said(left: u64, refreshable: bool, refused: bool, least: Option<u64>) -> &'static str {
        let mut account = fixture::account();
        account.received_at = fixture::now();
        account.expires_at = Some(fixture::now().plus(3600));
        account.refreshable = refreshable;
        account.refused_generation = refused.then_some(account.generation);
        let now = fixture::now().plus(3600 - left);
        match foresee(&account, least, now) {
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
            assert!(foresee(&account, least, fixture::now()).is_ok());
        }
    }

    #[test]
    fn clocks_that_were_set_are_borne() {
        let mut account = fixture::account();
        account.received_at = fixture::now().plus(7200); // in the future
        account.expires_at = Some(fixture::now().plus(3600)); // before it arrived
        assert!(foresee(&account, None, fixture::now()).is_ok());
        let error = foresee(&account, Some(1), fixture::now().plus(3600)).unwrap_err();
        assert_eq!(error.code, Code::RefreshFailed, "a lifetime of nothing");
    }
}
