//! What was accepted: a file a rule in the state folder, which holds the path and the hash of what stood
//! there. A moved or changed rule is another one. Records of rules that are gone stay: their folder may be
//! on a disk that is not mounted, and they let nothing else choose.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::file::{self, RuleFile, sha256};
use super::remote::Remote;
use super::rule::{Accounts, Rule};
use crate::error::{Code, Error, Result};
use crate::paths::Paths;
use keyfob_base::files::{self, Guard};

/// The format written here. A record of another one accepts nothing.
const VERSION: u32 = 1;

const LIMIT: u64 = 64 * 1024;

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    /// For people: the name of the record is the hash of the path.
    path: String,
    /// More than one of a repository, and while a file is being written: what stands there, and what will.
    sha256: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    Accepted,
    /// What stood there before might.
    Changed,
    /// Nothing there was ever accepted.
    New,
}

pub(crate) fn trust_in(paths: &Paths, path: &Path, sha256: &str) -> Trust {
    let record = files::read(&file_of(paths, path), LIMIT).ok().flatten();
    let record = record.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
    match record.filter(|record| record.version == VERSION) {
        Some(record) if record.sha256.iter().any(|one| one == sha256) => Trust::Accepted,
        Some(_) => Trust::Changed,
        None => Trust::New,
    }
}

/// Accepts what has one of these hashes at a path, and nothing else there.
pub(crate) fn record_trust(paths: &Paths, path: &Path, sha256: &[&str]) -> Result<()> {
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

pub(crate) fn is_used(paths: &Paths) -> bool {
    fs::read_dir(paths.trust()).is_ok_and(|mut records| records.next().is_some())
}

fn file_of(paths: &Paths, path: &Path) -> PathBuf {
    let name = sha256(path.as_os_str().as_encoded_bytes());
    paths.trust().join(format!("{name}.json"))
}

/// How long another process may hold the lock: a write takes milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn trust_in_repository(paths: &Paths, repository: &Path, remote: &Remote) -> Trust {
    trust_in(paths, repository, &sha256(remote.to_string().as_bytes()))
}

pub(crate) fn lock_trust(paths: &Paths) -> Result<Guard> {
    let path = paths.trust_lock();
    files::lock(&path, LOCK_TIMEOUT).map_err(|why| Error::lock(&path, &why, "use"))
}

const ATTEMPTS: usize = 10;

/// A rule file and how far it is trusted, as they were at one moment.
#[derive(Debug)]
pub(crate) struct FoundFile {
    pub file: RuleFile,
    pub trust: Trust,
}

/// Reads the rule file of a folder; `None` where there is none. `use --here` may replace the file and its
/// acceptance between a look at the one and at the other, so a file counts as not accepted only when the next
/// look finds the same.
pub(crate) fn read_with_trust(paths: &Paths, folder: &Path) -> Result<Option<FoundFile>> {
    let mut last: Option<FoundFile> = None;
    for _ in 0..ATTEMPTS {
        let Some(file) = file::read(folder)? else {
            return Ok(None);
        };
        let trust = trust_in(paths, &file.path, &file.sha256);
        let same = |last: &FoundFile| last.file.sha256 == file.sha256;
        let settled = trust == Trust::Accepted || last.as_ref().is_some_and(same);
        last = Some(FoundFile { file, trust });
        if settled {
            break;
        }
    }
    Ok(last)
}

const TRUST_COMMAND: &str = "keyfob use --trust";

pub(crate) fn file_unaccepted(file: &RuleFile, trust: Trust, named: &Accounts) -> Error {
    let path = file.path.display();
    let message = if trust == Trust::Changed {
        format!("{path} has changed since it was accepted, and names {named}")
    } else {
        format!("{path} names {named} and was not accepted")
    };
    Error::new(Code::ConfigInvalid, message).hint(format!(
        "read it, and accept it with `{TRUST_COMMAND}`; or name the account as PROVIDER/NAME"
    ))
}

pub(crate) fn repository_unaccepted(rule: &Rule, repository: &Path, named: &Accounts) -> Error {
    let repository = repository.display();
    Error::new(
        Code::ConfigInvalid,
        format!("{rule} names {named}, and {repository} was not accepted as such a repository"),
    )
    .hint(format!(
        "if you trust what is in it, accept it with `{TRUST_COMMAND}`; or name the account as PROVIDER/NAME"
    ))
}
