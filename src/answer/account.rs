//! The shape of `list --json`.

use serde::Serialize;

use crate::account::{Account, SignIn, Status};
use crate::store::Kind;
use crate::timestamp::Timestamp;

/// Accounts, as the index knows them.
#[derive(Debug, Serialize)]
pub struct Accounts {
    accounts: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    account: String,
    provider: String,
    kind: SignIn,
    account_id: Option<String>,
    username: Option<String>,
    token_type: String,
    scope: String,
    received_at: Timestamp,
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    default: bool,
    store: Kind,
    refreshable: bool,
    status: Status,
}

/// Shapes accounts, each with whether it is its provider's default, as they are at `now`.
pub fn list(accounts: &[(&Account, bool)], now: Timestamp) -> Accounts {
    Accounts {
        accounts: accounts
            .iter()
            .map(|&(account, default)| entry(account, default, now))
            .collect(),
    }
}

/// The provider's identifier of whoever signed in; `None` where it names nobody.
pub fn account_id(account: &Account) -> Option<String> {
    Some(account.identity.subject.clone()).filter(|subject| !subject.is_empty())
}

fn entry(account: &Account, default: bool, now: Timestamp) -> Entry {
    Entry {
        account: account.to_string(),
        provider: account.provider.clone(),
        kind: account.identity.kind,
        account_id: account_id(account),
        username: account.username.clone(),
        token_type: account.token_type.clone(),
        scope: account.scopes.join(" "),
        received_at: account.received_at,
        expires_at: account.expires_at,
        created_at: account.created_at,
        updated_at: account.updated_at,
        default,
        store: account.store,
        refreshable: account.refreshable,
        status: account.status(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::fixture::{account, assert_shape, now};

    #[test]
    fn the_shape_is_the_documented_one() {
        let account = account();
        assert_shape(
            &list(&[(&account, true)], now()),
            include_str!("shapes/list.json"),
        );
    }

    #[test]
    fn what_is_not_known_is_null() {
        let mut account = account();
        account.identity.subject.clear();
        account.username = None;
        account.expires_at = None;
        let shape = serde_json::to_value(list(&[(&account, false)], now())).unwrap();
        let entry = &shape["accounts"][0];
        for key in ["account_id", "username", "expires_at"] {
            assert!(entry[key].is_null(), "{key}");
        }
        assert_eq!(entry["status"], "unknown");
    }
}
