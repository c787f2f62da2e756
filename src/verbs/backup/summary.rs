//! What a backup says at its end.

use std::path::Path;

use super::gather::ReportedAccount;
use crate::account::Account;
use crate::store::sealed::Lock;
use crate::vault::{BackupContents, Bound, RefreshToken};
use crate::verbs::app::App;

pub(crate) fn summarise(
    app: &App,
    path: &Path,
    lock: &Lock,
    backup: &BackupContents,
    reported: &[ReportedAccount],
) {
    let locked = match lock {
        Lock::Passphrase(_) => "behind your passphrase".to_owned(),
        Lock::Recipients(recipients) if recipients.len() == 1 => "to one recipient".into(),
        Lock::Recipients(recipients) => format!("to {} recipients", recipients.len()),
    };
    let count = match backup.accounts.len() {
        1 => "1 account".into(),
        count => format!("{count} accounts"),
    };
    app.term.say(&format!(
        "wrote {count} to {}, encrypted {locked}",
        path.display()
    ));
    let left_out = || reported.iter().filter(|one| one.refresh_token.is_none());
    let of_machine = |one: &&ReportedAccount| Bound::of(&one.account).is_some();
    for (names, why) in group_by_remark(left_out().filter(of_machine)) {
        app.term.say(&format!("left out {names}: {why}"));
    }
    for (names, why) in group_by_remark(left_out().filter(|one| !of_machine(one))) {
        app.term.warn(&format!("left out {names}: {why}"));
    }
    let without: Vec<&Account> = reported
        .iter()
        .filter(|one| one.refresh_token == Some(RefreshToken::LeftOut))
        .map(|one| &one.account)
        .collect();
    if !without.is_empty() {
        app.term.warn(&format!(
            "left out the refresh tokens of {}: one that rotates can live in one place only, so restored they last as long as their access tokens; `keyfob backup FILE --move` takes them along and forgets the accounts here",
            join_names(&without)
        ));
    }
    let ended = reported.iter().filter(|one| one.refresh_token.is_some());
    for (names, why) in group_by_remark(ended) {
        app.term.warn(&format!(
            "in the file, and once restored only a new sign-in helps: {names}: {why}"
        ));
    }
    let moved = reported.iter().filter(|one| one.shape.is_moved());
    let moved: Vec<&Account> = moved.map(|one| &one.account).collect();
    if !moved.is_empty() {
        app.term.say(&format!(
            "forgotten here, and nothing was revoked: {}; until it is restored, the file is all there is of them",
            join_names(&moved)
        ));
    }
}

pub(crate) fn explain_bound(bound: Bound) -> &'static str {
    match bound {
        Bound::Sandbox => "the practice provider is of this machine alone",
        Bound::Exchange => {
            "an exchange has nothing to take along, `keyfob login PROVIDER --flow token-exchange` repeats it anywhere"
        }
    }
}

/// The accounts of which the same is said, and what, in the order of the first of each.
pub(crate) fn group_by_remark<'a>(
    reported: impl Iterator<Item = &'a ReportedAccount>,
) -> Vec<(String, &'a str)> {
    let mut groups: Vec<(Vec<&Account>, &str)> = Vec::new();
    for one in reported {
        let Some(why) = one.remark.as_deref() else {
            continue;
        };
        match groups.iter_mut().find(|(_, said)| *said == why) {
            Some((accounts, _)) => accounts.push(&one.account),
            None => groups.push((vec![&one.account], why)),
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|(accounts, why)| (join_names(&accounts), why))
        .collect()
}

fn join_names(accounts: &[&Account]) -> String {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    names.join(", ")
}
