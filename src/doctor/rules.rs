//! Whether the directory rules that hold here can be followed.

use super::{Finding, Patient, Status};
use crate::rules::Rules;

const CHECK: &str = "rules";

/// Reads those of this folder; where there are none there is nothing to say.
pub fn rules(patient: &Patient) -> Vec<Finding> {
    let rules = Rules::new(patient.paths.clone(), patient.config.rules.clone());
    let named = match rules.accounts() {
        Ok(named) => named,
        Err(error) => return vec![Finding::of(CHECK, Status::Warn, &error)],
    };
    let concerned = named
        .iter()
        .filter(|(provider, _)| patient.concerns(provider));
    let mut findings: Vec<Finding> = concerned
        .filter(|(provider, ruled)| !patient.vault.has_account(provider, &ruled.name))
        .map(|(provider, ruled)| {
            Finding::warn(
                CHECK,
                format!("{} names an account of {provider} that is not signed in", ruled.rule),
                format!("`keyfob list {provider}` shows those that are; `keyfob use ACCOUNT --here` chooses one for this folder"),
            )
        })
        .collect();
    if findings.is_empty() && !named.is_empty() {
        let said = match named.len() {
            1 => "the account that is chosen for this folder is signed in".to_owned(),
            count => format!("the {count} accounts that are chosen for this folder are signed in"),
        };
        findings.push(Finding::pass(CHECK, said));
    }
    findings
}
