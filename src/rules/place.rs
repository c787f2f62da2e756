//! Where a command is run, and how far up its rules may stand.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

use crate::error::{Error, Result};

#[derive(Debug)]
pub(crate) struct WorkingPlace {
    /// The working folder, without links in its path.
    pub folder: io::Result<PathBuf>,
    pub home: Option<PathBuf>,
}

/// The folders whose rule files hold at a place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// From the working folder upward.
    pub folders: Vec<PathBuf>,
    pub repository: Option<PathBuf>,
    pub home: Option<PathBuf>,
}

impl WorkingPlace {
    pub(crate) fn current() -> Self {
        let home = BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        Self {
            folder: working_folder(),
            home: home
                .filter(|home| home.is_absolute())
                .map(|home| fs::canonicalize(&home).unwrap_or(home)),
        }
    }

    /// Goes from the working folder up to the first folder that holds `.git`, or the home. Within neither
    /// there is the working folder alone: its parents may be everybody's, as `/tmp` is.
    pub(crate) fn reach(&self) -> Result<Reach> {
        let folder = self.folder.as_ref().map_err(|error| {
            Error::io(
                "cannot tell which folder this is run in, and so which rule",
                error,
            )
            .hint("change to a folder that is there, or name the account as PROVIDER/NAME")
        })?;
        let home = self.home.as_deref();
        let home = home.filter(|home| folder.starts_with(home));
        let (mut folders, repository) = climb(folder, home);
        if home.is_none() && repository.is_none() {
            folders.truncate(1);
        }
        Ok(Reach {
            folders,
            repository,
            home: self.home.clone(),
        })
    }
}

impl Reach {
    pub(crate) fn is_alone(&self) -> bool {
        let below_home = |home: &PathBuf| self.folder().starts_with(home);
        self.repository.is_none() && !self.home.as_ref().is_some_and(below_home)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folders[0]
    }
}

/// The folders on the way up, and the repository where it ended in one.
fn climb(folder: &Path, home: Option<&Path>) -> (Vec<PathBuf>, Option<PathBuf>) {
    let mut folders = Vec::new();
    for at in folder.ancestors() {
        folders.push(at.to_owned());
        match fs::symlink_metadata(at.join(".git")) {
            Ok(_) => return (folders, Some(at.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => break, // it may be a repository
        }
        if home == Some(at) {
            break;
        }
    }
    (folders, None)
}

/// The system has it without links, but on Windows.
fn working_folder() -> io::Result<PathBuf> {
    let folder = std::env::current_dir()?;
    if cfg!(windows) {
        fs::canonicalize(folder)
    } else {
        Ok(folder)
    }
}
