//! What a crash, a power cut or `kill -9` did not remove: files that were not whole yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::shown::listed;
use super::{Finding, Mend, Patient};
use crate::files::TEMPORARY;
use crate::store::PROBE;

/// What is older than this is in nobody's hands any more: each lives for milliseconds.
const OLD: Duration = Duration::from_secs(60 * 60);

/// How deep keyfob's folders go.
const DEPTH: usize = 3;

/// Finds them; where there are none there is nothing to say.
pub fn leftovers(patient: &Patient) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in patient.paths.roots() {
        collect(&root, DEPTH, &mut found);
    }
    found.sort_unstable();
    let Some(listed) = listed(&found) else {
        return Vec::new();
    };
    vec![
        Finding::warn(
            "leftovers",
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
pub fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let temporary = name.is_some_and(|name| name.starts_with(TEMPORARY) || name.starts_with(PROBE));
    let old = |changed: SystemTime| changed.elapsed().is_ok_and(|age| age > OLD);
    temporary
        && fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_file() && found.modified().is_ok_and(old))
}
