//! Puts right what can be put right without losing anything: never an account, never what somebody is writing.

use std::path::Path;

use super::leftovers::is_leftover;
use super::{Finding, Mend, Setup, Status};
use crate::audit::{Action, AuditLog};
use crate::error::{Code, Error, Result};
use keyfob_base::files;

pub(crate) fn mend(setup: &Setup, audit: &AuditLog, findings: &mut [Finding]) {
    for finding in findings {
        let Some(mend) = finding.mend.clone() else {
            continue;
        };
        let Outcome {
            done,
            failed,
            tried,
        } = put_right(setup, audit, &mend);
        let Some(first) = failed.first() else {
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
            continue;
        };
        let many = match (failed.len(), tried) {
            (failed, tried) if failed == tried => String::new(),
            (failed, tried) => format!("{failed} of {tried} "),
        };
        finding.message = format!("{}; {many}not mended: {first}", finding.message);
        finding.hint = first.hint.clone().or(finding.hint.take());
    }
}

struct Outcome {
    done: bool,
    failed: Vec<Error>,
    tried: usize,
}

impl Outcome {
    /// Tries all: one failure does not spare the rest.
    fn of<T>(all: &[T], put_right: impl FnMut(&T) -> Result<bool>) -> Self {
        let (mut done, mut failed) = (false, Vec::new());
        for result in all.iter().map(put_right) {
            match result {
                Ok(this) => done |= this,
                Err(error) => failed.push(error),
            }
        }
        Self {
            done,
            failed,
            tried: all.len(),
        }
    }
}

fn put_right(setup: &Setup, audit: &AuditLog, mend: &Mend) -> Outcome {
    let vault = &setup.vault;
    match mend {
        Mend::Secrets(keys) => Outcome::of(keys, |key| {
            let removed = vault.discard_orphan(key);
            let removed = removed.map_err(|error| busy(error, key));
            if !matches!(removed, Ok(false)) {
                audit.note(Action::Mend, "", removed.as_ref().err());
            }
            removed
        }),
        Mend::Entries => Outcome::of(&[()], |()| {
            let corrected = vault.correct_entries()?;
            for account in &corrected {
                audit.note(Action::Mend, &account.to_string(), None);
            }
            Ok(!corrected.is_empty())
        }),
        Mend::Seal(accounts) => Outcome::of(accounts, |account| {
            let mut now = account.clone();
            vault.settle(&mut now)?;
            Ok(now.sealed)
        }),
        Mend::Default(provider, name) => {
            Outcome::of(&[()], |()| vault.drop_orphan_default(provider, name))
        }
        Mend::Files(paths) => Outcome::of(paths, |path| {
            if !is_leftover(path) {
                return Ok(false);
            }
            let failed = |error| Error::io(format!("cannot remove {}", path.display()), &error);
            files::remove(path).map_err(failed)
        }),
        Mend::Modes(paths, bits) => Outcome::of(paths, |path| {
            let failed = |error| Error::io(format!("cannot change {}", path.display()), &error);
            take_away(path, *bits).map_err(failed)
        }),
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

/// `false` where they were gone. What is changed is what was opened, so that no link leads elsewhere.
#[cfg(unix)]
fn take_away(path: &Path, bits: u32) -> std::io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

    use rustix::fs::OFlags;
    let guarded = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(guarded.bits().cast_signed())
        .open(path)
        .map_err(|error| match error.raw_os_error() {
            Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
                std::io::Error::other("it is a link")
            }
            _ => error,
        })?;
    let found = file.metadata()?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(std::io::Error::other("it belongs to somebody else"));
    }
    let mode = found.mode() & 0o7777;
    if mode & bits == 0 {
        return Ok(false);
    }
    file.set_permissions(PermissionsExt::from_mode(mode & !bits))?;
    Ok(true)
}

#[cfg(not(unix))]
fn take_away(_path: &Path, _bits: u32) -> std::io::Result<bool> {
    Ok(false)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::path::Path;

    use super::take_away;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn loose(path: &Path) {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o666)).unwrap();
    }

    /// Somebody who can write in the folder has a link there every other moment.
    #[test]
    fn no_link_leads_elsewhere_however_fast_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let [target, path, next] = ["target", "path", "next"].map(|name| folder.path().join(name));
        loose(&target);
        loose(&path);
        assert!(take_away(&path, 0o022).unwrap());
        assert_eq!(mode(&path), 0o644);
        assert!(!take_away(&path, 0o022).unwrap(), "they were gone");
        std::thread::scope(|scope| {
            let swaps = scope.spawn(|| {
                for _ in 0..3000 {
                    symlink(&target, &next).unwrap();
                    fs::rename(&next, &path).unwrap();
                    loose(&next);
                    fs::rename(&next, &path).unwrap();
                }
            });
            while !swaps.is_finished() {
                let _ = take_away(&path, 0o022); // whichever is there
            }
        });
        assert_eq!(mode(&target), 0o666);
    }

    #[test]
    fn what_is_somebody_elses_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        loose(&path);
        if chown(&path, Some(12_345), None).is_err() {
            return; // only root can give files away
        }
        let error = take_away(&path, 0o022).unwrap_err();
        assert_eq!(error.to_string(), "it belongs to somebody else");
        assert_eq!(mode(&path), 0o666);
    }
}
