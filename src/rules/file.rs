//! `.keyfob.toml`: a file that names accounts and nothing else, and may be anybody's.

use std::fmt::Write;
use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::rule::Accounts;
use crate::error::{Code, Error, Result};
use crate::toml_text::invalid_toml;
use keyfob_base::escape::escape_short;
use keyfob_base::files;

pub(crate) const NAME: &str = ".keyfob.toml";

/// The largest rule file, in bytes: room for hundreds of accounts.
pub(crate) const LIMIT: u64 = 16 * 1024;

const COMPLAINT: usize = 300;

#[derive(Debug)]
pub(crate) struct RuleFile {
    /// Where it is, without links in its path.
    pub path: PathBuf,
    /// The hash of the very bytes that were read, in hexadecimal.
    pub sha256: String,
    pub text: String,
    pub accounts: Accounts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(default)]
    accounts: Accounts,
}

/// Reads the rule file of a folder, once; `None` where there is none.
pub(crate) fn read(folder: &Path) -> Result<Option<RuleFile>> {
    let path = folder.join(NAME);
    let bytes = match bytes(&path) {
        Ok(bytes) => bytes,
        Err(error) if is_absent(&path, &error) => return Ok(None),
        Err(error) => return Err(refused(&path, &error)),
    };
    let sha256 = sha256(&bytes);
    let text = String::from_utf8(bytes).map_err(|error| refused(&path, &error))?;
    let accounts = parse(&path, &text)?;
    Ok(Some(RuleFile {
        path,
        sha256,
        text,
        accounts,
    }))
}

pub(crate) fn parse(path: &Path, text: &str) -> Result<Accounts> {
    let contents: Contents = toml::from_str(text).map_err(|error| {
        let invalid = invalid_toml(path, text, &error);
        let longest = path.as_os_str().len() + COMPLAINT;
        Error::new(invalid.code, escape_short(&invalid.message, longest)).hint(format!(
            "mend or remove that file; it holds `accounts = [\"PROVIDER/NAME\"]` and nothing else; {OTHERWISE}"
        ))
    })?;
    Ok(contents.accounts)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut hash = String::with_capacity(64);
    for octet in Sha256::digest(bytes) {
        let _ = write!(hash, "{octet:02x}"); // a string takes anything
    }
    hash
}

const OTHERWISE: &str = "until then, name the account as PROVIDER/NAME";

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let file = files::open_regular(path, OpenOptions::new().read(true))?;
    check_owner(&file.metadata()?)?;
    files::read_bounded(&file, LIMIT)
}

/// A rule of somebody else's would choose among accounts that are not theirs, and what another user has written is no
/// remote of one's own.
#[cfg(unix)]
pub(super) fn check_owner(found: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let owner = found.uid();
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "it belongs to another user (uid {owner})"
    )))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // on Unix there may be an error
pub(super) fn check_owner(_: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Whether there is no file. In a folder that this user may not search there is none of theirs.
fn is_absent(path: &Path, error: &io::Error) -> bool {
    let absent = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename
        )
    };
    absent(error)
        || fs::symlink_metadata(path)
            .is_err_and(|error| absent(&error) || error.kind() == io::ErrorKind::PermissionDenied)
}

fn refused(path: &Path, error: &dyn std::error::Error) -> Error {
    let link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let why = if link {
        "it is a symbolic link".to_owned()
    } else {
        error.to_string()
    };
    Error::new(
        Code::ConfigInvalid,
        format!("{} is refused: {why}", path.display()),
    )
    .hint(format!(
        "mend or remove that file, which is a regular one of yours and of at most 16 KiB; {OTHERWISE}"
    ))
}
