//! What a crash, a power cut or `kill -9` did not remove: files that were not whole yet.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::finding::list_paths;
use super::{Finding, Mend, Setup, Status, Topic};
use crate::error::Code;
use crate::store::PROBE;
use keyfob_base::files::TEMPORARY;

/// What is older than this is in nobody's hands any more: each lives for milliseconds.
const OLD: Duration = Duration::from_secs(60 * 60);

const DEPTH: usize = 2;

/// What follows `TEMPORARY` in a name, and `PROBE`: so many letters and digits.
const RANDOM: usize = 6;
const PROBED: usize = 16;

pub(crate) fn leftovers(setup: &Setup) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in setup.paths.roots() {
        collect(&root, 0, &mut found);
    }
    for path in setup.paths.own() {
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) {
            collect(&path, DEPTH, &mut found);
        }
    }
    found.sort_unstable();
    let Some(listed) = list_paths(&found) else {
        return Vec::new();
    };
    vec![
        Topic("leftovers")
            .warn(
                format!("{listed} was left half-written by a crash, and serves nothing"),
                "`keyfob doctor --mend` removes what was left",
            )
            .mendable(Mend::Files(found)),
    ]
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), depth - 1, found);
        }
        if kind.is_file() && is_leftover(&entry.path()) {
            found.push(entry.path());
        }
    }
}

/// Whether this is one by now. `--mend` asks once more.
pub(crate) fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let old = |changed: SystemTime| changed.elapsed().is_ok_and(|age| age > OLD);
    name.is_some_and(is_temporary)
        && fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_file() && found.modified().is_ok_and(old))
}

/// Whether keyfob makes such names, and not only such beginnings of names: others' files are near.
fn is_temporary(name: &str) -> bool {
    let random = |rest: &str, count| {
        rest.len() == count && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let probe = name
        .strip_suffix(".age")
        .and_then(|name| name.strip_prefix(PROBE));
    name.strip_prefix(TEMPORARY)
        .is_some_and(|rest| random(rest, RANDOM))
        || probe.is_some_and(|rest| random(rest, PROBED))
}

// Whether the state folder has locks, without which two processes could spend one refresh token, and whether
// the audit log can be written there.

/// Takes a lock of its own for a moment. `log` is whether the log can be written.
pub(crate) fn locks(setup: &Setup, log: impl FnOnce() -> io::Result<()>) -> Vec<Finding> {
    let locks = setup.paths.locks();
    let lock = match setup.vault.rehearse_locks() {
        Ok(()) => Topic("locks").pass(format!("{} can have them", locks.display())),
        Err(error) => {
            let found = Topic("locks").report(Status::Fail, &error);
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
    if setup.config.audit_log
        && let Err(cause) = log()
    {
        let log = setup.paths.events();
        findings.push(Topic("log").warn(
            format!("nothing is recorded: {}: {cause}", log.display()),
            "see to that file and its folder, or set `audit_log = false` in config.toml",
        ));
    }
    findings
}
