//! Which accounts and variables a list shows, and in which order.

use super::{List, Sort, StoreFilter};
use crate::account::{Account, Status};
use crate::store::Kind;
use keyfob_base::timestamp::Timestamp;

pub(crate) fn has_filters(args: &List) -> bool {
    args.expiring_in.is_some() || !args.status.is_empty() || args.store.is_some()
}

pub(crate) fn keeps_account(args: &List, account: &Account, now: Timestamp) -> bool {
    let ends = args.expiring_in.is_none_or(|within| {
        let latest = now.plus(within.as_secs());
        account.expires_at.is_some_and(|end| end <= latest)
    });
    let place = match account.store {
        Kind::Keyring => StoreFilter::Keyring,
        Kind::File => StoreFilter::File,
    };
    ends && has_status(args, account.status(now)) && args.store.is_none_or(|only| only == place)
}

/// Whether variables do, all of them or none: nobody knows when their tokens end.
pub(crate) fn keeps_variables(args: &List) -> bool {
    args.expiring_in.is_none()
        && has_status(args, Status::Unknown)
        && args.store.is_none_or(|only| only == StoreFilter::Env)
}

fn has_status(args: &List, status: Status) -> bool {
    args.status.is_empty() || args.status.contains(&status)
}

/// Puts accounts, which come by provider and name, into an order; equals stay as they are.
pub(crate) fn sort(accounts: &mut [&Account], order: Sort) {
    match order {
        Sort::Provider => {}
        Sort::Name => accounts.sort_by(|a, b| a.name.cmp(&b.name)),
        Sort::Expiry => accounts.sort_by_key(|a| (a.expires_at.is_none(), a.expires_at)),
        Sort::Age => accounts.sort_by_key(|a| a.received_at),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::account::fixture;
    use crate::verbs::{Cli, Command};

    const DAY: u64 = 24 * 60 * 60;

    fn args(line: &str) -> List {
        let words = ["keyfob", "list"]
            .into_iter()
            .chain(line.split_whitespace());
        match Cli::try_parse_from(words).map(|cli| cli.command) {
            Ok(Command::List(list)) => list,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn named(name: &str, change: impl FnOnce(&mut Account)) -> Account {
        let mut account = fixture::account();
        account.name = name.into();
        change(&mut account);
        account
    }

    /// Good for seven hours, over, a day old and without an end, refused and over.
    fn accounts() -> [Account; 4] {
        let now = fixture::now();
        [
            named("valid", |_| ()),
            named("expired", |account| account.expires_at = Some(now.minus(1))),
            named("endless", |account| {
                account.store = Kind::File;
                account.expires_at = None;
                account.received_at = now.minus(DAY);
            }),
            named("refused", |account| {
                account.store = Kind::File;
                account.expires_at = Some(now.minus(2));
                account.refused_generation = Some(account.generation);
            }),
        ]
    }

    fn left(line: &str) -> String {
        let args = args(line);
        let accounts = accounts();
        let mut left: Vec<&Account> = accounts.iter().collect();
        left.retain(|one| keeps_account(&args, one, fixture::now()));
        sort(&mut left, args.sort);
        let names: Vec<&str> = left.iter().map(|account| account.name.as_str()).collect();
        names.join(" ")
    }

    #[test]
    fn of_several_filters_all_hold() {
        for (line, names) in [
            ("", "valid expired endless refused"),
            ("--expiring-in 0", "expired refused"),
            ("--expiring-in 6h", "expired refused"),
            ("--expiring-in 7h", "valid expired refused"),
            ("--expiring-in 36500d", "valid expired refused"),
            ("--status valid", "valid"),
            ("--status valid --status unknown", "valid endless"),
            ("--status login_required", "refused"),
            ("--status expiring", ""),
            ("--store file", "endless refused"),
            ("--store keyring", "valid expired"),
            ("--store env", ""),
            ("--store file --expiring-in 1h", "refused"),
            ("--store keyring --expiring-in 1h --status valid", ""),
        ] {
            assert_eq!(left(line), names, "{line}");
        }
    }

    #[test]
    fn a_variable_has_no_end_and_its_own_store() {
        for (line, left) in [
            ("", true),
            ("--store env", true),
            ("--status unknown --store env", true),
            ("--status valid", false),
            ("--store file", false),
            ("--expiring-in 36500d", false),
        ] {
            assert_eq!(keeps_variables(&args(line)), left, "{line}");
            assert_eq!(has_filters(&args(line)), !line.is_empty(), "{line}");
        }
        assert!(!has_filters(&args("--wide --sort age")));
    }

    #[test]
    fn orders_are_stable_and_what_has_no_end_is_last() {
        for (order, names) in [
            ("provider", "valid expired endless refused"),
            ("name", "endless expired refused valid"),
            ("expiry", "refused expired valid endless"),
            ("age", "endless valid expired refused"),
        ] {
            assert_eq!(left(&format!("--sort {order}")), names);
        }
    }
}
