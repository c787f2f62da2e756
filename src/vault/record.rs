//! Records: one versioned JSON file each, with nothing secret in it. A newer format is told from damage, is
//! refused, and is never rewritten.

use std::fmt::Display;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::toml_text::complaint;
use keyfob_base::files;

/// How every record begins that was written here, up to a format of one digit: it need not be parsed twice to know its
/// format, which `list` of 1,000 accounts needs to be in time.
const HEAD: &[u8] = b"{\n  \"version\": ";

const UPDATE: &str = "it was written by a newer keyfob; update this one";

/// What every format has, so that a newer one is told from a damaged one.
#[derive(Deserialize)]
pub(super) struct Version {
    pub version: u32,
}

#[derive(Serialize)]
struct VersionedRecord<'a, T> {
    version: u32,
    #[serde(flatten)]
    contents: &'a T,
}

pub(super) struct RecordFormat {
    /// The newest format written here. A file with a higher number is refused.
    pub version: u32,
    /// The largest file that is read, in bytes.
    pub limit: u64,
    pub must_name_version: bool,
    /// What is said of one that would be too large to be read again.
    pub too_large: &'static str,
}

pub(super) enum RecordFault {
    Newer,
    Damaged(String),
}

impl RecordFormat {
    pub(crate) fn decode<T: DeserializeOwned>(
        &self,
        bytes: &[u8],
    ) -> std::result::Result<(u32, T), RecordFault> {
        let version = self.check_version(bytes)?;
        let damaged = |cause: &dyn Display| RecordFault::Damaged(cause.to_string());
        let text = str::from_utf8(bytes).map_err(|cause| damaged(&cause))?; // once, not string by string
        let contents =
            serde_json::from_str(text).map_err(|cause| damaged(&complaint(&cause.to_string())))?;
        Ok((version, contents))
    }

    /// The format of what is there; 1 where it may go unnamed.
    pub(crate) fn check_version(&self, bytes: &[u8]) -> std::result::Result<u32, RecordFault> {
        let version = match bytes.strip_prefix(HEAD) {
            Some([digit @ b'1'..=b'9', b',', ..]) => u32::from(digit - b'0'),
            _ => match serde_json::from_slice::<Version>(bytes) {
                Ok(found) => found.version,
                Err(cause) if self.must_name_version => {
                    return Err(RecordFault::Damaged(complaint(&cause.to_string())));
                }
                Err(_) => 1,
            },
        };
        if version > self.version {
            return Err(RecordFault::Newer);
        }
        Ok(version)
    }

    pub(crate) fn encode<T: Serialize>(version: u32, contents: &T) -> Vec<u8> {
        serde_json::to_vec_pretty(&VersionedRecord { version, contents })
            .expect("a record serialises")
    }

    /// Writes it whole in the format `version`, over none that is newer.
    pub(crate) fn write<T: Serialize>(
        &self,
        path: &Path,
        version: u32,
        contents: &T,
    ) -> Result<()> {
        if let Ok(Some(bytes)) = files::read(path, self.limit)
            && let Err(RecordFault::Newer) = self.check_version(&bytes)
        {
            return Err(report_newer(path));
        }
        let json = Self::encode(version, contents);
        if json.len() as u64 > self.limit {
            let (shown, most) = (path.display(), self.limit >> 10);
            let what = format!("{shown} would be larger than {most} KiB");
            return Err(Error::new(Code::InvalidResponse, what).hint(self.too_large));
        }
        files::replace(path, &json)
            .map_err(|error| Error::io(format!("cannot write {}", path.display()), &error))
    }
}

impl RecordFault {
    /// `mend`: what helps where it is damaged.
    pub(crate) fn report(&self, path: &Path, mend: &str) -> Error {
        match self {
            Self::Newer => unreadable(path, &"a newer format", UPDATE),
            Self::Damaged(cause) => unreadable(path, cause, mend),
        }
    }
}

pub(super) fn unreadable(path: &Path, cause: &dyn Display, hint: &str) -> Error {
    let what = format!("cannot read {}: {cause}", path.display());
    Error::new(Code::InternalError, what).hint(hint)
}

/// A file that would be written over, were it not of a newer keyfob.
pub(super) fn report_newer(path: &Path) -> Error {
    let what = format!("{} has a newer format", path.display());
    Error::new(Code::InternalError, what).hint(UPDATE)
}
