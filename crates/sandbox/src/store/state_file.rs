//! Keeps the state: in memory, or in a folder that several processes may serve at once.
//!
//! In a folder the file is read anew for each request and replaced whole under an OS lock, so that two
//! processes never undo each other's work, and a crash leaves the file as it was.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::store::State;
use keyfob_base::files::{self, Guard, NotLocked};
use keyfob_base::timestamp::Timestamp;

/// How long to wait for another process, which holds the lock for milliseconds.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// The largest state kept, some 50,000 tokens; more is a script gone wild.
const LIMIT: usize = 8 * 1024 * 1024;

pub(crate) enum StateStore {
    Memory(Box<Mutex<State>>),
    Folder(PathBuf),
}

impl StateStore {
    /// A state that cannot be used is an error now rather than with the first request.
    pub(crate) fn open(folder: Option<PathBuf>, now: Timestamp) -> io::Result<Self> {
        let keeper = match folder {
            None => Self::Memory(Box::new(Mutex::new(State::new()?))),
            Some(folder) => Self::Folder(folder),
        };
        keeper.with(now, |_| ())?;
        Ok(keeper)
    }

    /// Keeps what changed before it returns. `TimedOut` says that another process held the state for too long.
    pub(crate) fn with<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut State) -> T,
    ) -> io::Result<T> {
        match self {
            Self::Memory(state) => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.prune(now);
                Ok(work(&mut state))
            }
            Self::Folder(folder) => {
                let _held = lock(&folder.join("state.lock"), LOCK_WAIT)?;
                let path = folder.join("state.json");
                let before = files::read(&path, LIMIT as u64)
                    .map_err(|error| about(&path, error.kind(), &error.to_string()))?;
                let mut state = match &before {
                    Some(json) => parse(&path, json)?,
                    None => State::new()?,
                };
                state.prune(now);
                let done = work(&mut state);
                let after = serde_json::to_vec(&state)?;
                if before.as_ref() != Some(&after) {
                    write(&path, &after)?;
                }
                Ok(done)
            }
        }
    }
}

fn write(path: &Path, json: &[u8]) -> io::Result<()> {
    if json.len() > LIMIT {
        let full = format!("is full at {LIMIT} bytes; remove it to start afresh");
        return Err(about(path, io::ErrorKind::StorageFull, &full));
    }
    files::replace(path, json).map_err(|error| about(path, error.kind(), &error.to_string()))
}

/// Reads the state. The parser's own words are left out, for they may quote the file.
fn parse(path: &Path, json: &[u8]) -> io::Result<State> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let damaged = |error: serde_json::Error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let what = format!("is damaged at {place}; remove it to start afresh");
        about(path, io::ErrorKind::InvalidData, &what)
    };
    let Version { version } = serde_json::from_slice(json).map_err(damaged)?;
    if version != State::VERSION {
        let what = format!(
            "has version {version}, and this keyfob reads {}",
            State::VERSION
        );
        return Err(about(path, io::ErrorKind::InvalidData, &what));
    }
    serde_json::from_slice(json).map_err(damaged)
}

fn lock(path: &Path, wait: Duration) -> io::Result<Guard> {
    files::lock(path, wait).map_err(|why| match why {
        NotLocked::Unopened(error) | NotLocked::Refused(error) => {
            about(path, error.kind(), &error.to_string())
        }
        NotLocked::Held => about(path, io::ErrorKind::TimedOut, "is held by another process"),
    })
}

fn about(path: &Path, kind: io::ErrorKind, what: &str) -> io::Error {
    io::Error::new(
        kind,
        format!("the sandbox's state {}: {what}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix(1_700_000_000)
    }

    #[test]
    fn the_id_is_made_once_and_the_file_is_left_alone_by_looking() {
        let home = tempfile::tempdir().unwrap();
        let open = || StateStore::open(Some(home.path().to_path_buf()), now()).unwrap();
        let id = open().with(now(), |state| state.id.clone()).unwrap();
        let written = std::fs::metadata(home.path().join("state.json"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(open().with(now(), |state| state.id.clone()).unwrap(), id);
        let still = std::fs::metadata(home.path().join("state.json"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(written, still);
    }

    #[test]
    fn a_damaged_or_newer_state_is_refused_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.json");
        let good = serde_json::to_string(&State::new().unwrap()).unwrap();
        let newer = good.replacen("\"version\":1", "\"version\":2", 1);
        let keyless = good.replacen("\"key\":\"", "\"key\":\"hush", 1);
        for (bad, says) in [
            ("{", "damaged"),
            ("", "damaged"),
            (keyless.as_str(), "damaged"),
            (newer.as_str(), "version 2"),
        ] {
            std::fs::write(&path, bad).unwrap();
            let error = StateStore::open(Some(home.path().into()), now())
                .err()
                .unwrap()
                .to_string();
            assert!(
                error.contains(says) && error.contains("state.json"),
                "{error}"
            );
            assert!(!error.contains("hush"), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), bad);
        }
    }

    #[test]
    fn a_held_lock_is_said_to_be_held() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.lock");
        let _held = lock(&path, Duration::ZERO).unwrap();
        let error = lock(&path, Duration::ZERO).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("state.lock"), "{error}");
    }

    #[test]
    fn two_at_once_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let open = || StateStore::open(Some(home.path().to_path_buf()), now()).unwrap();
        let length = |keeper: &StateStore| keeper.with(now(), |state| state.id.len()).unwrap();
        let before = length(&open());
        let threads: Vec<_> = [open(), open()]
            .into_iter()
            .map(|keeper| {
                std::thread::spawn(move || {
                    for _ in 0..10 {
                        keeper.with(now(), |state| state.id.push('x')).unwrap();
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(length(&open()), before + 20);
    }
}
