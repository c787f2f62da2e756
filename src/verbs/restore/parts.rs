//! What accounts need of their providers: definition files and clients. What is here already stays.

use std::collections::BTreeSet;

use super::{ProviderPart, Restore, RestoreAnswer, origins};
use crate::error::{Error, Result};
use crate::interrupts::uninterrupted;
use crate::provider::Adopted;
use crate::vault::{BackupContents, RestorePlace};
use crate::verbs::app::App;

/// The definitions first: without them an account is of no use.
pub(crate) fn definitions(
    app: &App,
    args: &Restore,
    backup: &BackupContents,
    wanted: &BTreeSet<&String>,
    answer: &mut RestoreAnswer,
    failures: &mut Vec<Error>,
) {
    for saved in &backup.providers {
        let name = &saved.name;
        if !wanted.contains(name) {
            continue;
        }
        let result = origins::settle_definition(app, args, name, &saved.text)
            .and_then(|hosts| adopt(app, name, &saved.text, &hosts));
        answer.providers.push(ProviderPart::of(name, &result));
        match result {
            Ok(Adopted::Written) if crate::provider::Registry::is_built_in(name) => app.term.say(&format!(
                "took over the definition of {name}, which goes before the built-in one: `keyfob provider show {name}`"
            )),
            Ok(Adopted::Written) => app.term.say(&format!(
                "took over the definition of {name}: `keyfob provider show {name}`"
            )),
            Ok(Adopted::Unchanged) => {}
            Ok(Adopted::Kept) => app.term.warn(&format!(
                "the definition of {name} here is another than in the backup, and stays; see `keyfob provider show {name}`"
            )),
            Err(error) => {
                let failed = format!("the definition of {name} was not taken over");
                failures.push(error.prefix(failed).account(name));
            }
        }
    }
}

fn adopt(app: &App, name: &str, text: &str, accepted: &[String]) -> Result<Adopted> {
    uninterrupted(|| {
        let adopted = app.registry.adopt(name, text)?;
        if adopted == Adopted::Written {
            app.registry.accept(name, accepted, &[])?;
        }
        Ok(adopted)
    })
}

/// What is kept of clients, so that signing in again needs no more than it did.
pub(crate) fn clients(
    app: &App,
    backup: &BackupContents,
    wanted: &BTreeSet<&String>,
    place: RestorePlace,
    answer: &mut RestoreAnswer,
    failures: &mut Vec<Error>,
) {
    for saved in &backup.clients {
        let name = &saved.provider;
        if !wanted.contains(name) {
            continue;
        }
        let result = app.vault.restore_client(saved, place.of_new());
        answer.clients.push(ProviderPart::of(name, &result));
        match result {
            Ok(Adopted::Written) => app
                .term
                .say(&format!("took over what is kept of the client of {name}")),
            Ok(Adopted::Unchanged) => {}
            Ok(Adopted::Kept) => app.term.warn(&format!(
                "another client of {name} is kept here than in the backup, and stays"
            )),
            Err(error) => failures.push(
                error
                    .prefix(format!("the client of {name} was not taken over"))
                    .account(name),
            ),
        }
    }
}
