//! Which accounts and variables a list shows, and in which order.

use crate::account::{Account, Status};
use crate::cli::{self, Place, Sort};
use crate::store::Kind;
use keyfob_base::timestamp::Timestamp;

/// Whether anything was asked for but all.
pub fn filters(args: &cli::List) -> bool {
    args.expiring_in.is_some() || !args.status.is_empty() || args.store.is_some()
}

/// Whether an account holds what every filter wants.
pub fn account(args: &cli::List, account: &Account, now: Timestamp) -> bool {
    let ends = args.expiring_in.is_none_or(|within| {
        let latest = now.plus(within.as_secs());
        account.expires_at.is_some_and(|end| end <= latest)
    });
    let place = match account.store {
        Kind::Keyring => Place::Keyring,
        Kind::File => Place::File,
    };
    ends && has_status(args, account.status(now)) && args.store.is_none_or(|only| only == place)
}

/// Whether variables do, all of them or none: nobody knows when their tokens end.
pub fn variables(args: &cli::List) -> bool {
    args.expiring_in.is_none()
        && has_status(args, Status::Unknown)
        && args.store.is_none_or(|only| only == Place::Env)
}

fn has_status(args: &cli::List, status: Status) -> bool {
    args.status.is_empty() || args.status.contains(&status)
}

/// Puts accounts, which come by provider and name, into an order; equals stay as they are.
pub fn sort(accounts: &mut [&Account], order: Sort) {
    match order {
        Sort::Provider => {}
        Sort::Name => accounts.sort_by(|a, b| a.name.cmp(&b.name)),
        Sort::Expiry => accounts.sort_by_key(|a| (a.expires_at.is_none(), a.expires_at)),
        Sort::Age => accounts.sort_by_key(|a| a.received_at),
    }
}

#[cfg(test)]
mod tests;
