//! What was accepted: a file a rule in the state folder, which holds the path and the hash of what stood
//! there. A moved or changed rule is another one. Records of rules that are gone stay: their folder may be
//! on a disk that is not mounted, and they let nothing else choose.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::sha256;
use crate::error::{Error, Result};
use crate::paths::Paths;
use keyfob_base::files;

/// The format written here. A record of another one accepts nothing.
const VERSION: u32 = 1;

/// Larger than any path with its hashes.
const LIMIT: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    /// For people: the name of the record is the hash of the path.
    path: String,
    /// More than one of a repository, and while a file is being written: what stands there, and what will.
    sha256: Vec<String>,
}

/// Whether something may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Accepted,
    /// What stood there before might.
    Changed,
    /// Nothing there was ever accepted.
    New,
}

/// How something at a path stands, whose hash is this.
pub fn standing(paths: &Paths, path: &Path, sha256: &str) -> Standing {
    let record = files::read(&file_of(paths, path), LIMIT).ok().flatten();
    let record = record.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
    match record.filter(|record| record.version == VERSION) {
        Some(record) if record.sha256.iter().any(|one| one == sha256) => Standing::Accepted,
        Some(_) => Standing::Changed,
        None => Standing::New,
    }
}

/// Accepts what has one of these hashes at a path, and nothing else there.
pub fn accept(paths: &Paths, path: &Path, sha256: &[&str]) -> Result<()> {
    let file = file_of(paths, path);
    let record = Record {
        version: VERSION,
        path: path.to_string_lossy().into_owned(),
        sha256: sha256.iter().map(ToString::to_string).collect(),
    };
    let json = serde_json::to_vec_pretty(&record).expect("strings serialise");
    files::replace(&file, &json)
        .map_err(|error| Error::io(format!("cannot write {}", file.display()), &error))
}

/// Whether anything was ever accepted.
pub fn is_used(paths: &Paths) -> bool {
    fs::read_dir(paths.trust()).is_ok_and(|mut records| records.next().is_some())
}

fn file_of(paths: &Paths, path: &Path) -> PathBuf {
    let name = sha256(path.as_os_str().as_encoded_bytes());
    paths.trust().join(format!("{name}.json"))
}
