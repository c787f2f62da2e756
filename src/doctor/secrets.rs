//! Whether the secrets in the file store can be read, as far as that asks nobody for a passphrase. Those in the
//! keyring are left alone: some systems ask for each.

use super::{Finding, Patient};
use crate::account::Account;
use crate::store::Kind;
use crate::vault::Examined;

const CHECK: &str = "index";

/// Looks at each.
pub fn secrets(patient: &Patient) -> Vec<Finding> {
    let vault = &patient.vault;
    let (mut findings, mut shut) = (Vec::new(), 0);
    for account in vault.accounts().accounts {
        if account.store != Kind::File {
            continue;
        }
        match vault.examine(&account) {
            Examined::Shut => shut += 1,
            Examined::Sound | Examined::Gone => {} // gone ones are told of already
            _ => findings.extend(unfit(patient, &account)),
        }
    }
    for (provider, client) in vault.clients().kept {
        if client.store != Kind::File {
            continue;
        }
        if let Examined::Unreadable { cause, hint } = vault.examine_client(&client) {
            let message = format!("{provider}: what is kept of its client cannot be read: {cause}");
            let hint = format!("{hint}: `keyfob provider set {provider} --client-secret`");
            findings.push(Finding::fail(CHECK, message, hint));
        }
    }
    if shut > 0 {
        let secrets = match shut {
            1 => "the secret of one account".to_owned(),
            shut => format!("the secrets of {shut} accounts"),
        };
        findings.push(Finding::pass(
            CHECK,
            format!("{secrets} could not be looked at: the file store's passphrase is not given"),
        ));
    }
    findings
}

/// What is wrong with an account's secret, if it still is: somebody may have been at work on it.
fn unfit(patient: &Patient, account: &Account) -> Option<Finding> {
    let now = patient.vault.reread(account).ok().flatten()?;
    let login = now.login_command();
    let finding = match patient.vault.examine(&now) {
        Examined::Unreadable { cause, hint } => Finding::fail(
            CHECK,
            format!("{now}: its secret cannot be read: {cause}"),
            format!("{hint}: `{login}`, or `keyfob restore FILE {now} --replace`"),
        ),
        Examined::Outdated => Finding::warn(
            CHECK,
            format!("{now}: its secret is older than its entry, and its tokens may be spent"),
            format!("`{login}` if it is refused"),
        ),
        Examined::Sound | Examined::Gone | Examined::Shut => return None,
    };
    Some(finding.account(&now))
}
