//! The shape of `list --json`.

use serde::Serialize;

use crate::account::{Account, SignIn, Status};
use crate::provider::SetVariable;
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
    kind: Option<SignIn>,
    account_id: Option<String>,
    username: Option<String>,
    token_type: Option<String>,
    scope: Option<String>,
    received_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    default: bool,
    store: Option<Kind>,
    refreshable: bool,
    status: Status,
    source: Origin,
    variable: Option<String>,
}

/// Where a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// In a store, for an account.
    Account,
    /// In a variable of the environment.
    Env,
}

/// Shapes accounts, each with whether it is its provider's default, as they are at `now`; and after them
/// the variables that hold tokens.
pub fn list(accounts: &[(&Account, bool)], variables: &[SetVariable], now: Timestamp) -> Accounts {
    let kept = accounts
        .iter()
        .map(|&(account, default)| entry(account, default, now));
    Accounts {
        accounts: kept.chain(variables.iter().map(unkept)).collect(),
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
        kind: Some(account.identity.kind),
        account_id: account_id(account),
        username: account.username.clone(),
        token_type: Some(account.token_type.clone()),
        scope: Some(account.scopes.join(" ")),
        received_at: Some(account.received_at),
        expires_at: account.expires_at,
        created_at: Some(account.created_at),
        updated_at: Some(account.updated_at),
        default,
        store: Some(account.store),
        refreshable: account.refreshable,
        status: account.status(now),
        source: Origin::Account,
        variable: None,
    }
}

/// A variable's token, of which nothing is known.
fn unkept(variable: &SetVariable) -> Entry {
    Entry {
        account: variable.provider.clone(),
        provider: variable.provider.clone(),
        kind: None,
        account_id: None,
        username: None,
        token_type: None,
        scope: None,
        received_at: None,
        expires_at: None,
        created_at: None,
        updated_at: None,
        default: false,
        store: None,
        refreshable: false,
        status: Status::Unknown,
        source: Origin::Env,
        variable: Some(variable.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::fixture::{account, assert_shape, now};

    fn variable() -> SetVariable {
        SetVariable {
            provider: "github".into(),
            name: "GH_TOKEN".into(),
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let account = account();
        assert_shape(
            &list(&[(&account, true)], &[variable()], now()),
            include_str!("shapes/list.json"),
        );
    }

    #[test]
    fn what_is_not_known_is_null() {
        let mut account = account();
        account.identity.subject.clear();
        account.username = None;
        account.expires_at = None;
        let shape = serde_json::to_value(list(&[(&account, false)], &[], now())).unwrap();
        let entry = &shape["accounts"][0];
        for key in ["account_id", "username", "expires_at"] {
            assert!(entry[key].is_null(), "{key}");
        }
        assert_eq!(entry["status"], "unknown");
    }
}
