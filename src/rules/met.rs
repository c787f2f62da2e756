//! A rule file and how it stands, as they were at one moment.

use std::path::Path;

use super::file::{self, RuleFile};
use super::trust::{self, Standing};
use crate::error::Result;
use crate::paths::Paths;

/// How often a file that changes under the reader is read.
const ATTEMPTS: usize = 10;

/// A rule file that was met.
#[derive(Debug)]
pub struct Met {
    /// What it is.
    pub file: RuleFile,
    /// Whether it may choose.
    pub standing: Standing,
}

/// Meets the rule file of a folder; `None` where there is none. `use --here` may replace the file and its
/// acceptance between a look at the one and at the other, so a file counts as not accepted only when the next
/// look finds the same.
pub fn meet(paths: &Paths, folder: &Path) -> Result<Option<Met>> {
    let mut last: Option<Met> = None;
    for _ in 0..ATTEMPTS {
        let Some(file) = file::read(folder)? else {
            return Ok(None);
        };
        let standing = trust::standing(paths, &file.path, &file.sha256);
        let same = |last: &Met| last.file.sha256 == file.sha256;
        let settled = standing == Standing::Accepted || last.as_ref().is_some_and(same);
        last = Some(Met { file, standing });
        if settled {
            break;
        }
    }
    Ok(last)
}
