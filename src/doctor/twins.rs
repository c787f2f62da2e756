//! Entries that lead to one secret: an entry's file was copied, or a rename cut off.

use std::collections::HashMap;

use super::Finding;
use crate::account::Account;

const CHECK: &str = "index";

/// Finds them, and says how one is taken away without the other.
pub fn twins(accounts: &[Account]) -> Vec<Finding> {
    let mut by_id: HashMap<&str, Vec<&Account>> = HashMap::new();
    for account in accounts {
        by_id.entry(&account.id).or_default().push(account);
    }
    let mut several: Vec<_> = by_id.into_values().filter(|same| same.len() > 1).collect();
    several.sort_by_key(|same| same[0].to_string());
    let told = several.into_iter().map(|same| {
        let names: Vec<_> = same.iter().map(ToString::to_string).collect();
        let logouts: Vec<_> = same
            .iter()
            .map(|account| format!("`keyfob logout {account}`"))
            .collect();
        Finding::fail(
            CHECK,
            format!(
                "{} lead to one secret: an entry was copied, or a rename cut off",
                names.join(" and ")
            ),
            format!(
                "{} takes that entry away and leaves the tokens to the other",
                logouts.join(" or ")
            ),
        )
    });
    told.collect()
}
