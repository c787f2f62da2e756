//! The shape of `login --json`.

use serde::Serialize;

use super::account::account_id;
use crate::account::Account;
use crate::store::Kind;
use keyfob_base::timestamp::Timestamp;

/// The account that a sign-in made or updated.
#[derive(Debug, Serialize)]
pub struct Login {
    account: String,
    provider: String,
    account_id: Option<String>,
    username: Option<String>,
    scope: String,
    expires_at: Option<Timestamp>,
    store: Kind,
    refreshable: bool,
    created: bool,
    default: bool,
}

impl Login {
    /// Shapes an account: `created` where it was not there before, `default` where it is its provider's.
    pub fn new(account: &Account, created: bool, default: bool) -> Self {
        Self {
            account: account.to_string(),
            provider: account.provider.clone(),
            account_id: account_id(account),
            username: account.username.clone(),
            scope: account.scopes.join(" "),
            expires_at: account.expires_at,
            store: account.store,
            refreshable: account.refreshable,
            created,
            default,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Login;
    use crate::verbs::fixture::{account, assert_shape};

    #[test]
    fn the_shape_is_the_documented_one() {
        let login = Login::new(&account(), true, true);
        assert_shape(&login, include_str!("../verbs/shapes/login.json"));
    }
}
