//! The directory rules of the working folder: whether they were accepted, and whom they choose.

use super::{Finding, Patient, Status};
use crate::rules::Rules;

const CHECK: &str = "rules";

/// Looks at what chooses accounts here.
pub fn rules(patient: &Patient) -> Vec<Finding> {
    let rules = Rules::new(patient.paths.clone(), patient.config.rules.clone());
    let named = match rules.accounts() {
        Ok(named) => named,
        Err(error) => return vec![Finding::of(CHECK, Status::Warn, &error)],
    };
    let (mut chosen, mut findings) = (Vec::new(), Vec::new());
    for (provider, ruled) in named {
        let (name, rule) = (ruled.name, ruled.rule);
        if patient.vault.has_account(&provider, &name) {
            chosen.push(format!("{provider}/{name}"));
            continue;
        }
        findings.push(Finding::warn(
            CHECK,
            format!("{rule} names {provider}/{name}, which is not signed in"),
            format!("`keyfob login {provider} --as {name}`"),
        ));
    }
    findings.insert(0, holds(&chosen));
    findings
}

fn holds(chosen: &[String]) -> Finding {
    if chosen.is_empty() {
        return Finding::pass(CHECK, "no directory rule chooses an account in this folder");
    }
    let chosen = chosen.join(", ");
    Finding::pass(
        CHECK,
        format!("in this folder a directory rule chooses {chosen}"),
    )
}
