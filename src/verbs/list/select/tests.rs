use clap::Parser;

use super::*;
use crate::verbs::fixture;
use crate::verbs::{Cli, Command};

const DAY: u64 = 24 * 60 * 60;

fn args(line: &str) -> cli::List {
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
    left.retain(|one| account(&args, one, fixture::now()));
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
        assert_eq!(variables(&args(line)), left, "{line}");
        assert_eq!(filters(&args(line)), !line.is_empty(), "{line}");
    }
    assert!(!filters(&args("--wide --sort age")));
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
