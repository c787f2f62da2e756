//! Writes a client into a user's provider file, one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use toml_edit::{DocumentMut, Item, Value};

use super::ClientAuth;
use crate::error::{Code, Error, Result};
use crate::files;

/// How long another process may hold the lock: a write takes milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// `text` with `client_id` set, everything else as it stood. `text` is valid TOML or absent.
pub(super) fn with_client_id(text: Option<&str>, name: &str, client_id: &str) -> Result<String> {
    let new = format!("# The client registered at {name}; a client secret never belongs here.\n");
    let mut text = text.unwrap_or(&new).to_string();
    let mut document = parse(&text)?;
    let value = Value::from(client_id);
    if document.is_empty() {
        // Comments alone: the key goes below them.
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        return Ok(format!("{text}client_id = {value}\n"));
    }
    set(&mut document, "client_id", value);
    Ok(document.to_string())
}

/// `text` with `client_auth` set, everything else as it stood.
pub(super) fn with_client_auth(text: &str, auth: ClientAuth) -> Result<String> {
    let mut document = parse(text)?;
    let name = toml::Value::try_from(auth).expect("a method is a name");
    let name = name.as_str().expect("a method is a name");
    set(&mut document, "client_auth", name.into());
    Ok(document.to_string())
}

fn parse(text: &str) -> Result<DocumentMut> {
    text.parse().map_err(|_| {
        // The message of the parser quotes the text, which may hold a secret in the wrong place.
        Error::new(Code::ConfigInvalid, "the definition cannot be edited").hint("mend it first")
    })
}

fn set(document: &mut DocumentMut, key: &str, mut value: Value) {
    match document.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            document.insert(key, value.into());
        }
    }
}

/// Takes the lock on the user's definitions; it is free again when the file is dropped.
pub(super) fn lock(folder: &Path, patience: Duration) -> Result<File> {
    let path = folder.join("providers.lock");
    let failed =
        |error: &std::io::Error| Error::io(format!("cannot lock {}", path.display()), error);
    let file = files::open_lock(&path).map_err(|error| failed(&error))?;
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
            Err(TryLockError::WouldBlock) if since.elapsed() < patience => {
                sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                let message = format!("another process holds {}", path.display());
                return Err(Error::new(Code::Locked, message)
                    .hint("wait for the other `keyfob provider` to end, then run it again"));
            }
        }
    }
}
