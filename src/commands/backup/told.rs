//! What a backup says at its end.

use std::path::Path;

use super::Told;
use crate::account::Account;
use crate::commands::app::App;
use crate::store::sealed::Lock;
use crate::vault::{Backup, Bound, RefreshToken};

/// Says what was written, and what was not.
pub fn told(app: &App, path: &Path, lock: &Lock, backup: &Backup, told: &[Told]) {
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
    for (bound, why) in [
        (
            Bound::Sandbox,
            "the practice provider is of this machine alone",
        ),
        (
            Bound::Exchange,
            "an exchange has nothing to take along, `keyfob login PROVIDER --flow token-exchange` repeats it anywhere",
        ),
    ] {
        let accounts = told.iter().map(|one| &one.account);
        let accounts: Vec<&Account> = accounts
            .filter(|account| Bound::of(account) == Some(bound))
            .collect();
        if !accounts.is_empty() {
            app.term
                .say(&format!("left out {}: {why}", named(&accounts)));
        }
    }
    let without: Vec<&Account> = told
        .iter()
        .filter(|one| one.refresh_token == Some(RefreshToken::LeftOut))
        .map(|one| &one.account)
        .collect();
    if !without.is_empty() {
        app.term.warn(&format!(
            "left out the refresh tokens of {}: one that rotates can live in one place only, so restored they last as long as their access tokens; `keyfob backup FILE --move` takes them along and forgets the accounts here",
            named(&without)
        ));
    }
    let moved = told.iter().filter(|one| one.shape.is_moved());
    let moved: Vec<&Account> = moved.map(|one| &one.account).collect();
    if !moved.is_empty() {
        app.term.say(&format!(
            "forgotten here, and nothing was revoked: {}; until it is restored, the file is all there is of them",
            named(&moved)
        ));
    }
}

fn named(accounts: &[&Account]) -> String {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    names.join(", ")
}
