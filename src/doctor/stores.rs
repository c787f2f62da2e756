//! Whether secrets can be written and read: in the store of new accounts, and in each that has some.

use super::permissions::is_guest;
use super::{Finding, Mend, Setup, Status, Topic};
use crate::account::Account;
use crate::error::Result;
use crate::store::{Kind, Rehearsal};
use crate::vault::Examined;

const CHECK: Topic = Topic("store");

pub(crate) fn stores(setup: &Setup) -> (Vec<Finding>, Vec<Kind>) {
    let vault = &setup.vault;
    let accounts = vault.accounts().accounts;
    let in_use = |kind: Kind| {
        accounts.iter().any(|account| account.store == kind)
            || vault
                .clients()
                .kept
                .iter()
                .any(|(_, client)| client.store == kind)
    };
    let usual = setup.usual_store();
    let (mut findings, mut usable) = (Vec::new(), Vec::new());
    for kind in [Kind::Keyring, Kind::File] {
        let needed = in_use(kind);
        if !needed && kind != usual {
            continue;
        }
        if kind == Kind::File && is_guest(&setup.paths) {
            continue; // a file made here would shut its user out
        }
        let rehearsal = vault.rehearse(kind);
        if rehearsal.is_ok() {
            usable.push(kind);
        }
        let missed = needed || accounts.is_empty();
        findings.push(judge(setup, kind, rehearsal, missed));
    }
    (findings, usable)
}

/// `missed`: somebody needs it now, and not only for accounts to come.
fn judge(setup: &Setup, kind: Kind, rehearsal: Result<Rehearsal>, missed: bool) -> Finding {
    let (noun, protection) = (kind.noun(), setup.vault.protection(kind));
    match rehearsal {
        Ok(Rehearsal::Works) => CHECK.pass(format!("{noun} takes and gives secrets: {protection}"),
        ),
        Ok(Rehearsal::Unmade) => CHECK.pass(format!("{noun} is made with the first sign-in: {protection}"),
        ),
        Ok(Rehearsal::WantsPassphrase) if setup.term.can_ask() => CHECK.pass(format!("{noun} asks for its passphrase: {protection}"),
        ),
        Ok(Rehearsal::WantsPassphrase) => CHECK.warn(format!(
                "{noun} cannot be used here: its passphrase is missing and nobody can be asked for it"
            ),
            "set KEYFOB_PASSPHRASE_FILE or KEYFOB_PASSPHRASE, or run it in a terminal",
        ),
        Err(error) if missed => CHECK.report(Status::Fail, &error),
        Err(error) => CHECK
            .report(Status::Warn, &error)
            .append("no account needs it, but new ones would go there"),
    }
}

// Whether the secrets can be read, as far as that asks nobody for a passphrase, and whether the entries say what is
// sealed with them. Those in the macOS Keychain are left alone: it may ask for each.

const INDEX: Topic = Topic("index");

/// How many members of an entry are shown that differ.
const DIFFERENCES: usize = 3;

fn examine(setup: &Setup, account: &Account) -> Examined {
    if account.store == Kind::Keyring && cfg!(target_os = "macos") {
        return Examined::Sound;
    }
    let unlocked = account.store == Kind::Keyring; // it took a secret just now
    setup.vault.examine(account, unlocked)
}

pub(crate) fn secrets(setup: &Setup, usable: &[Kind]) -> Vec<Finding> {
    let vault = &setup.vault;
    let (mut findings, mut shut) = (Vec::new(), 0);
    let mut unsealed = Vec::new();
    for account in vault.accounts().accounts {
        if !usable.contains(&account.store) {
            continue;
        }
        match examine(setup, &account) {
            Examined::Shut => shut += 1,
            Examined::Unsealed => unsealed.push(account),
            Examined::Sound | Examined::Gone => {} // gone ones are told of already
            _ => findings.extend(unfit(setup, &account)),
        }
    }
    for (provider, client) in vault.clients().kept {
        if client.store != Kind::File || !usable.contains(&client.store) {
            continue;
        }
        if let Examined::Unreadable { cause, hint } = vault.examine_client(&client) {
            let message = format!("{provider}: what is kept of its client cannot be read: {cause}");
            let hint = format!("{hint}: `keyfob provider set {provider} --client-secret`");
            findings.push(INDEX.fail(message, hint));
        }
    }
    if !unsealed.is_empty() {
        let secrets = match unsealed.len() {
            1 => "the secret of one account is".to_owned(),
            count => format!("the secrets of {count} accounts are"),
        };
        let message = format!("{secrets} not sealed yet: an older keyfob kept them");
        let hint = "`keyfob doctor --mend` seals them, and so does using them";
        findings.push(INDEX.warn(message, hint).mendable(Mend::Seal(unsealed)));
    }
    if shut > 0 {
        let secrets = match shut {
            1 => "the secret of one account".to_owned(),
            shut => format!("the secrets of {shut} accounts"),
        };
        findings.push(INDEX.pass(format!(
            "{secrets} could not be looked at: the file store's passphrase is not given"
        )));
    }
    findings
}

/// What is wrong with an account's secret, if it still is: somebody may have been at work on it.
fn unfit(setup: &Setup, account: &Account) -> Option<Finding> {
    let now = setup.vault.reread(account).ok().flatten()?;
    let login = now.login_command();
    let finding = match examine(setup, &now) {
        Examined::Differs(differences) => {
            let shown: Vec<String> = differences
                .iter()
                .take(DIFFERENCES)
                .map(|it| format!("`{}` is {}, sealed is {}", it.member, it.entry, it.sealed))
                .collect();
            let shown = shown.join("; ");
            let message = format!("{now}: its entry is not what was sealed: {shown}");
            let hint = "`keyfob doctor --mend` corrects the entry";
            INDEX.fail(message, hint).mendable(Mend::Entries)
        }
        Examined::Unreadable { cause, hint } => INDEX.fail(
            format!("{now}: its secret cannot be read: {cause}"),
            format!("{hint}: `{login}`, or `keyfob restore FILE {now} --replace`"),
        ),
        Examined::Outdated => INDEX.fail(
            format!("{now}: its secret is older than its entry, and is not used"),
            format!("sign in again with `{login}`"),
        ),
        Examined::Sound | Examined::Gone | Examined::Shut | Examined::Unsealed => return None,
    };
    Some(finding.account(&now))
}
