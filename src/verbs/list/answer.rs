//! What `list` answers under `--json`.

use serde::Serialize;

use crate::account::sign_in::End;
use crate::account::{Account, SignIn, Status};
use crate::provider::SetVariable;
use crate::store::Kind;
use crate::verbs::output::{Origin, account_id};
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed<'a> {
    pub account: &'a Account,
    pub default: bool,
    /// Whether `KEYFOB_ACCOUNT` or a directory rule names it for the working folder.
    pub chosen_here: bool,
    pub sign_in: Option<End>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ListAnswer {
    accounts: Vec<ListEntry>,
}

#[derive(Debug, Serialize)]
struct ListEntry {
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
    sign_in_by: Option<Timestamp>,
    client_id: Option<String>,
    default: bool,
    chosen_here: bool,
    store: Option<Kind>,
    refreshable: bool,
    status: Status,
    source: Origin,
    variable: Option<String>,
}

pub(crate) fn shape(accounts: &[Listed], variables: &[SetVariable], now: Timestamp) -> ListAnswer {
    let kept = accounts.iter().map(|listed| shape_account(listed, now));
    ListAnswer {
        accounts: kept.chain(variables.iter().map(shape_variable)).collect(),
    }
}

/// The client that its tokens were issued to; `None` where no client had a part.
fn client_id(account: &Account) -> Option<String> {
    Some(account.client.id.clone()).filter(|id| !id.is_empty())
}

fn shape_account(listed: &Listed, now: Timestamp) -> ListEntry {
    let account = listed.account;
    ListEntry {
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
        sign_in_by: listed.sign_in.map(|end| end.at),
        client_id: client_id(account),
        default: listed.default,
        chosen_here: listed.chosen_here,
        store: Some(account.store),
        refreshable: account.refreshable,
        status: account.status(now),
        source: Origin::Account,
        variable: None,
    }
}

fn shape_variable(variable: &SetVariable) -> ListEntry {
    ListEntry {
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
        sign_in_by: None,
        client_id: None,
        default: false,
        chosen_here: false,
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
    use crate::account::fixture::{account, assert_shape, now};
    use crate::account::sign_in;
    use crate::provider::LifetimeRule;

    fn listed(account: &Account) -> Listed<'_> {
        let rule = LifetimeRule {
            refresh_token_idle: Some("90d".into()),
            ..LifetimeRule::default()
        };
        Listed {
            account,
            default: true,
            chosen_here: true,
            sign_in: sign_in::end(account, &rule),
        }
    }

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
            &shape(&[listed(&account)], &[variable()], now()),
            include_str!("../shapes/list.json"),
        );
    }

    #[test]
    fn what_is_not_known_is_null() {
        let mut account = account();
        account.identity.subject.clear();
        account.username = None;
        account.expires_at = None;
        account.client.id.clear();
        account.refreshable = false;
        let shape = serde_json::to_value(shape(&[listed(&account)], &[], now())).unwrap();
        let entry = &shape["accounts"][0];
        for key in [
            "account_id",
            "username",
            "expires_at",
            "sign_in_by",
            "client_id",
        ] {
            assert!(entry[key].is_null(), "{key}");
        }
        assert_eq!(entry["status"], "unknown");
    }
}
