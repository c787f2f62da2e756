//! Puts right what can be put right without losing anything: never an account, never what somebody is writing.

use std::fs;
use std::path::Path;

use super::leftovers::is_leftover;
use super::{Finding, Mend, Patient, Status};
use crate::error::{Code, Error, Result};
use crate::files;
use crate::journal::{Deed, Journal};

/// Mends every finding that can be, and says in it what was done, or why not.
pub fn mend(patient: &Patient, journal: &dyn Journal, findings: &mut [Finding]) {
    for finding in findings {
        let Some(mend) = finding.mend.clone() else {
            continue;
        };
        match done(patient, journal, &mend) {
            Ok(done) => {
                let said = if done {
                    "mended"
                } else {
                    "by now it is not so"
                };
                finding.status = Status::Pass;
                finding.message = format!("{}; {said}", finding.message);
                finding.hint = None;
                finding.mended = done;
                finding.mend = finding.mend.take().filter(|_| done);
            }
            Err(error) => {
                finding.message = format!("{}; not mended: {error}", finding.message);
                finding.hint = error.hint.or(finding.hint.take());
            }
        }
    }
}

/// Whether there was still something to do.
fn done(patient: &Patient, journal: &dyn Journal, mend: &Mend) -> Result<bool> {
    let vault = &patient.vault;
    match mend {
        Mend::Secrets(keys) => {
            let mut any = false;
            for key in keys {
                let removed = vault.discard_dangling(key);
                let removed = removed.map_err(|error| busy(error, key));
                if !matches!(removed, Ok(false)) {
                    journal.note(Deed::Mend, "", removed.as_ref().err());
                }
                any |= removed?;
            }
            Ok(any)
        }
        Mend::Default(provider, name) => vault.drop_dangling_default(provider, name),
        Mend::Files(paths) => {
            for path in paths.iter().filter(|path| is_leftover(path)) {
                files::remove(path).map_err(|error| {
                    Error::io(format!("cannot remove {}", path.display()), &error)
                })?;
            }
            Ok(true)
        }
        Mend::Modes(paths, bits) => {
            for path in paths {
                take_away(path, *bits).map_err(|error| {
                    Error::io(format!("cannot change {}", path.display()), &error)
                })?;
            }
            Ok(true)
        }
    }
}

fn busy(error: Error, key: &str) -> Error {
    match error.code {
        Code::Locked => Error::new(
            Code::Locked,
            format!("another process is at work on `{key}`"),
        )
        .hint("run `keyfob doctor` again once it has ended"),
        _ => error,
    }
}

/// Takes permission bits away. A link is left alone: it would lead elsewhere.
#[cfg(unix)]
fn take_away(path: &Path, bits: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let found = fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Err(std::io::Error::other("it is a link"));
    }
    let mode = found.permissions().mode() & 0o7777 & !bits;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn take_away(_path: &Path, _bits: u32) -> std::io::Result<()> {
    Ok(())
}
