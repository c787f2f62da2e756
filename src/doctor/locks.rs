//! Whether the state folder has locks, without which two processes could spend one refresh token, and whether
//! the audit log can be written there.

use std::io;

use super::{Finding, Patient, Status};
use crate::error::Code;

/// Takes a lock of its own for a moment. `log` is whether the log can be written.
pub fn locks(patient: &Patient, log: impl FnOnce() -> io::Result<()>) -> Vec<Finding> {
    let locks = patient.paths.locks();
    let lock = match patient.vault.rehearse_locks() {
        Ok(()) => Finding::pass("locks", format!("{} can have them", locks.display())),
        Err(error) => {
            let found = Finding::of("locks", Status::Fail, &error);
            let hint = match error.code {
                Code::ConfigInvalid => found.hint.clone(),
                _ => Some(format!(
                    "make {} yours, or set `state_dir` in config.toml to a folder on a local disk that is",
                    locks.display()
                )),
            };
            Finding { hint, ..found }
        }
    };
    let mut findings = vec![lock];
    if patient.config.audit_log
        && let Err(cause) = log()
    {
        let log = patient.paths.events();
        findings.push(Finding::warn(
            "log",
            format!("nothing is recorded: {}: {cause}", log.display()),
            "see to that file and its folder, or set `audit_log = false` in config.toml",
        ));
    }
    findings
}
