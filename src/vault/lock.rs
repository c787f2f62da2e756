//! Locks between processes: an OS lock on a file that is never removed, so a crash frees it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Code, Error, Result};
use crate::files;

/// How often a waiter tries again: short enough that a queue of 64 is through in a second.
const POLL: Duration = Duration::from_millis(10);

/// Holds a lock until dropped.
#[derive(Debug)]
pub struct Guard(#[allow(dead_code)] File); // the lock lives as long as the open file

/// How waiting for a lock ended.
#[derive(Debug)]
pub enum Acquired<T> {
    /// With the lock.
    Lock(Guard),
    /// Without it, for there was an answer meanwhile.
    Answer(T),
}

/// Takes the lock on `path`, polling for at most `limit`, since the system's own wait has no bound.
/// Between tries `meanwhile` may end the wait with an answer.
pub fn acquire<T>(
    path: &Path,
    limit: Duration,
    mut meanwhile: impl FnMut() -> Option<T>,
) -> Result<Acquired<T>> {
    let file = files::open_lock(path)
        .map_err(|error| Error::io(format!("cannot open the lock {}", path.display()), &error))?;
    let deadline = Instant::now() + limit;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Acquired::Lock(Guard(file))),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(cause)) => return Err(without_locks(path, &cause)),
        }
        if let Some(answer) = meanwhile() {
            return Ok(Acquired::Answer(answer));
        }
        if Instant::now() >= deadline {
            return Err(held(path, limit));
        }
        std::thread::sleep(POLL);
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

fn without_locks(path: &Path, cause: &std::io::Error) -> Error {
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
    fn a_wait_has_a_bound_and_its_failure_names_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/a.lock");
        let take = |limit| acquire(&path, Duration::from_millis(limit), || None::<()>);
        let held = take(0).unwrap();
        let begin = Instant::now();
        let error = take(50).unwrap_err();
        assert!(begin.elapsed() >= Duration::from_millis(50));
        assert_eq!(error.code, Code::Locked);
        assert!(error.message.contains(path.to_str().unwrap()), "{error}");
        drop(held);
        assert!(matches!(take(0).unwrap(), Acquired::Lock(_)));
        assert!(path.exists(), "a lock is never lost with its file");
    }

    #[test]
    fn an_answer_ends_the_wait_without_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let _held = acquire(&path, Duration::ZERO, || None::<()>).unwrap();
        let mut tries = 0;
        let answer = acquire(&path, Duration::from_secs(60), || {
            tries += 1;
            (tries == 3).then_some("adopted")
        });
        assert!(matches!(answer.unwrap(), Acquired::Answer("adopted")));
    }
}
