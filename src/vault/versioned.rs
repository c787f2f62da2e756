//! Secrets as versioned JSON: what every format has, so that a newer one is told from a damaged one.

use serde::Deserialize;

use keyfob_base::secret::Secret;

/// What every format has.
#[derive(Deserialize)]
pub struct Version {
    /// Its number.
    pub version: u32,
}

/// Why a secret cannot be read. Nothing of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not what was written.
    Damaged,
    /// A newer keyfob wrote it.
    Newer,
}

/// Decodes what a store gave, up to the format `version`.
pub fn decode<'a, T: Deserialize<'a>>(secret: &'a Secret, version: u32) -> Result<T, Unreadable> {
    let damaged = |_| Unreadable::Damaged;
    let found: Version = serde_json::from_str(secret.expose()).map_err(damaged)?;
    if found.version > version {
        return Err(Unreadable::Newer);
    }
    serde_json::from_str(secret.expose()).map_err(damaged)
}
