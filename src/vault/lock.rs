//! Locks of the vault, in the words of its errors.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::error::{Code, Error, Result};
use keyfob_base::files::{self, NotLocked};
use keyfob_base::testing::bound;

pub(crate) use keyfob_base::files::{Acquired, Guard};

/// How long whoever holds a lock of the vault is waited for: it may be at a provider, or at a store that asks
/// somebody to unlock it.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn take(path: &Path, limit: Duration) -> Result<Guard> {
    let limit = limit.min(bound("LOCK", limit));
    files::lock(path, limit).map_err(|why| failed(path, limit, &why))
}

/// Between tries `meanwhile` may end the wait with an answer.
pub(crate) fn take_unless<T>(
    path: &Path,
    limit: Duration,
    meanwhile: impl FnMut() -> Option<T>,
) -> Result<Acquired<T>> {
    let limit = limit.min(bound("LOCK", limit));
    files::lock_unless(path, limit, meanwhile).map_err(|why| failed(path, limit, &why))
}

/// Proves that there are locks in a folder, without leaving one behind.
pub(crate) fn rehearse(folder: &Path) -> Result<()> {
    files::rehearse_locks(folder).map_err(|why| failed(folder, Duration::ZERO, &why))
}

fn failed(path: &Path, limit: Duration, why: &NotLocked) -> Error {
    match why {
        NotLocked::Unopened(cause) => {
            Error::io(format!("cannot open the lock {}", path.display()), cause)
        }
        NotLocked::Refused(cause) => without_locks(path, cause),
        NotLocked::Held => held(path, limit),
    }
}

fn held(path: &Path, limit: Duration) -> Error {
    Error::new(
        Code::Locked,
        format!(
            "another process has held {} for {} s",
            path.display(),
            limit.as_secs()
        ),
    )
    .hint(format!(
        "run it again; if it stays so, find and end the holder with `fuser {}`",
        path.display()
    ))
}

fn without_locks(path: &Path, cause: &io::Error) -> Error {
    Error::new(
        Code::ConfigInvalid,
        format!("cannot lock {}: {cause}", path.display()),
    )
    .hint("its file system has no locks, and without them two processes could spend one refresh token; set `state_dir` in config.toml to a folder on a local disk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/a.lock");
        let _held = take(&path, Duration::ZERO).unwrap();
        let error = take(&path, Duration::ZERO).unwrap_err();
        assert_eq!(error.code, Code::Locked);
        assert!(error.message.contains(path.to_str().unwrap()), "{error}");
    }
}
