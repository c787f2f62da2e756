//! Whether secrets can be written and read: in the store of new accounts, and in each that has some.

use super::permissions::is_guest;
use super::{Finding, Patient, Status};
use crate::error::Result;
use crate::store::{Kind, Rehearsal};

const CHECK: &str = "store";

/// Rehearses, and says which stores work.
pub fn stores(patient: &Patient) -> (Vec<Finding>, Vec<Kind>) {
    let vault = &patient.vault;
    let accounts = vault.accounts().accounts;
    let in_use = |kind: Kind| {
        accounts.iter().any(|account| account.store == kind)
            || vault
                .clients()
                .kept
                .iter()
                .any(|(_, client)| client.store == kind)
    };
    let usual = patient.usual_store();
    let (mut findings, mut usable) = (Vec::new(), Vec::new());
    for kind in [Kind::Keyring, Kind::File] {
        let needed = in_use(kind);
        if !needed && kind != usual {
            continue;
        }
        if kind == Kind::File && is_guest(&patient.paths) {
            continue; // a file made here would shut its user out
        }
        let rehearsal = vault.rehearse(kind);
        if rehearsal.is_ok() {
            usable.push(kind);
        }
        let missed = needed || accounts.is_empty();
        findings.push(judged(patient, kind, rehearsal, missed));
    }
    (findings, usable)
}

/// `missed`: somebody needs it now, and not only for accounts to come.
fn judged(patient: &Patient, kind: Kind, rehearsal: Result<Rehearsal>, missed: bool) -> Finding {
    let (noun, protection) = (kind.noun(), patient.vault.protection(kind));
    match rehearsal {
        Ok(Rehearsal::Works) => Finding::pass(
            CHECK,
            format!("{noun} takes and gives secrets: {protection}"),
        ),
        Ok(Rehearsal::Unmade) => Finding::pass(
            CHECK,
            format!("{noun} is made with the first sign-in: {protection}"),
        ),
        Ok(Rehearsal::WantsPassphrase) if patient.term.can_ask() => Finding::pass(
            CHECK,
            format!("{noun} takes secrets, and asks for the passphrase to give them: {protection}"),
        ),
        Ok(Rehearsal::WantsPassphrase) => Finding::warn(
            CHECK,
            format!(
                "{noun} takes secrets, and gives none here: its passphrase is missing and nobody can be asked for it"
            ),
            "set KEYFOB_PASSPHRASE_FILE or KEYFOB_PASSPHRASE, or run it in a terminal",
        ),
        Err(error) if missed => Finding::of(CHECK, Status::Fail, &error),
        Err(error) => {
            let found = Finding::of(CHECK, Status::Warn, &error);
            let message = format!(
                "{}; no account needs it, but new ones would go there",
                found.message
            );
            Finding { message, ..found }
        }
    }
}
