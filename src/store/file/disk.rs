//! The file system's refusals in words, and its locks with a bound.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use crate::store::StoreError;
use keyfob_base::files::{self, Guard, NotLocked};

/// How long another process may hold a lock: it may wait for a passphrase.
const WAIT: Duration = Duration::from_secs(60);

pub(crate) fn failed(doing: &str, path: &Path, error: &io::Error) -> StoreError {
    let shown = path.display();
    let (why, hint) = match error.kind() {
        ErrorKind::ReadOnlyFilesystem => (
            "the file system is read-only".into(),
            "set KEYFOB_HOME to a folder that can be written".into(),
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            "the disk is full".into(),
            "free some space there, or set KEYFOB_HOME to a folder on another disk".into(),
        ),
        ErrorKind::PermissionDenied => (
            "permission denied".into(),
            format!("make `{shown}` and its folder yours, or set KEYFOB_HOME to a folder that is"),
        ),
        ErrorKind::Unsupported => (
            "the file system cannot do that".into(),
            "set KEYFOB_HOME to a folder on a local disk".into(),
        ),
        _ => (
            error.to_string(),
            format!("look at `{shown}`, or set KEYFOB_HOME to another folder"),
        ),
    };
    StoreError {
        cause: format!("cannot {doing} `{shown}`: {why}"),
        hint,
    }
}

pub(crate) fn lock(path: &Path) -> Result<Guard, StoreError> {
    lock_within(path, WAIT)
}

fn lock_within(path: &Path, wait: Duration) -> Result<Guard, StoreError> {
    files::lock(path, wait).map_err(|why| match why {
        NotLocked::Unopened(error) => failed("open the lock", path, &error),
        NotLocked::Refused(error) => failed("lock", path, &error),
        NotLocked::Held => held(path, wait),
    })
}

fn held(path: &Path, wait: Duration) -> StoreError {
    StoreError {
        cause: format!(
            "another process held `{}` for {} s",
            path.display(),
            wait.as_secs()
        ),
        hint: "end the other `keyfob`, then run it again".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_is_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("locks/x.lock");
        let _held = lock(&path).unwrap();
        let error = lock_within(&path, Duration::ZERO).unwrap_err();
        assert!(error.cause.contains("x.lock"), "{error}");
    }

    #[test]
    fn what_the_disk_refuses_is_named_with_a_way_out() {
        for (kind, word) in [
            (ErrorKind::ReadOnlyFilesystem, "read-only"),
            (ErrorKind::StorageFull, "full"),
            (ErrorKind::QuotaExceeded, "full"),
            (ErrorKind::PermissionDenied, "permission denied"),
        ] {
            let error = failed("write", Path::new("/x/y.age"), &io::Error::from(kind));
            assert!(
                error.cause.contains("/x/y.age") && error.cause.contains(word),
                "{error}"
            );
            assert!(error.hint.contains("KEYFOB_HOME"), "{}", error.hint);
        }
    }
}
