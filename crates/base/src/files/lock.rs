//! Locks between processes: an OS lock on a file that is never removed, so a crash frees it. The wait is
//! polled, for the system's own has no bound.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::create_dir;

/// How often a waiter tries again: short enough that a queue of 64 is through in a second.
const POLL: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub struct Guard(#[allow(dead_code)] File); // the lock lives as long as the open file

#[derive(Debug)]
pub enum Acquired<T> {
    Lock(Guard),
    /// Without it, for there was an answer meanwhile.
    Answer(T),
}

#[derive(Debug)]
pub enum NotLocked {
    Unopened(io::Error),
    /// The file system refuses, mostly because it has no locks.
    Refused(io::Error),
    Held,
}

/// Takes the lock on `path`, making the file where missing; waits at most `limit`.
pub fn lock(path: &Path, limit: Duration) -> Result<Guard, NotLocked> {
    match lock_unless(path, limit, || None::<std::convert::Infallible>)? {
        Acquired::Lock(guard) => Ok(guard),
        Acquired::Answer(never) => match never {},
    }
}

/// The same, but between tries `meanwhile` may end the wait with an answer.
pub fn lock_unless<T>(
    path: &Path,
    limit: Duration,
    mut meanwhile: impl FnMut() -> Option<T>,
) -> Result<Acquired<T>, NotLocked> {
    let file = open(path).map_err(NotLocked::Unopened)?;
    let deadline = Instant::now() + limit;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Acquired::Lock(Guard(file))),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(cause)) => return Err(NotLocked::Refused(cause)),
        }
        if let Some(answer) = meanwhile() {
            return Ok(Acquired::Answer(answer));
        }
        if Instant::now() >= deadline {
            return Err(NotLocked::Held);
        }
        sleep(POLL);
    }
}

/// Whether locks could be taken in a folder, or where it would be made. Leaves nothing behind.
pub fn rehearse(folder: &Path) -> Result<(), NotLocked> {
    let file = super::temporary(folder).map_err(NotLocked::Unopened)?;
    match file.as_file().try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(NotLocked::Held),
        Err(TryLockError::Error(cause)) => Err(NotLocked::Refused(cause)),
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        create_dir(folder)?;
    }
    super::open_own(path, OpenOptions::new().write(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_has_a_bound_and_a_lock_ends_with_its_guard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/a.lock");
        let take = |limit| lock(&path, Duration::from_millis(limit));
        let held = take(0).unwrap();
        let begin = Instant::now();
        assert!(matches!(take(50), Err(NotLocked::Held)));
        assert!(begin.elapsed() >= Duration::from_millis(50));
        drop(held);
        take(0).unwrap();
        assert!(path.exists(), "a lock is never lost with its file");
    }

    #[test]
    fn an_answer_ends_the_wait_without_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let _held = lock(&path, Duration::ZERO).unwrap();
        let mut tries = 0;
        let answer = lock_unless(&path, Duration::from_secs(60), || {
            tries += 1;
            (tries == 3).then_some("adopted")
        });
        assert!(matches!(answer.unwrap(), Acquired::Answer("adopted")));
    }

    #[test]
    fn what_cannot_be_opened_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let error = lock(folder.path(), Duration::ZERO).unwrap_err();
        assert!(matches!(error, NotLocked::Unopened(_)), "{error:?}");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_ours_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.unwrap().success());
        std::fs::write(at("elsewhere"), "").unwrap();
        std::os::unix::fs::symlink(at("elsewhere"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("missing"), at("dangling")).unwrap();
        std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for name in ["pipe", "link", "dangling", "socket"] {
            let error = lock(&at(name), Duration::from_secs(60)).unwrap_err();
            assert!(matches!(error, NotLocked::Unopened(_)), "{name}: {error:?}");
        }
        assert!(!at("missing").exists());
    }
}
