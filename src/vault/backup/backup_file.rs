//! The file of a backup: what it may be, and how it is written and read.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};
use keyfob_base::files;

pub(crate) const LIMIT: u64 = 16 * 1024 * 1024;

/// The absolute path of a file that can be written: its folder is there, and nothing is in its place, or
/// with `replace` nothing but a file.
pub(crate) fn place(file: &Path, replace: bool) -> Result<PathBuf> {
    let path = absolute(file)?;
    let shown = file.display();
    let folder = path.parent().filter(|folder| folder.is_dir());
    if folder.is_none() {
        let what = format!("the folder of `{shown}` is not there");
        return Err(Error::new(Code::Usage, what).hint("make it first, or name another file"));
    }
    match fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => Err(irregular(file)),
        Ok(_) if !replace => Err(
            Error::new(Code::Usage, format!("`{shown}` is there already"))
                .hint("name another file, or write over it with `--replace`"),
        ),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::io(format!("cannot look at `{shown}`"), &error))
        }
        _ => Ok(path),
    }
}

/// Writes it whole or not at all, and reads it back.
pub(crate) fn write(path: &Path, contents: &[u8], replace: bool) -> Result<()> {
    let shown = path.display();
    if contents.len() as u64 > LIMIT {
        let what = format!("the backup would be larger than {} MiB", LIMIT >> 20);
        return Err(Error::new(Code::Usage, what).hint("name some of the accounts"));
    }
    files::deliver(path, contents, replace).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::new(Code::Usage, format!("`{shown}` is there already"))
            .hint("name another file, or write over it with `--replace`"),
        _ => Error::io(format!("cannot write {shown}"), &error),
    })?;
    if read(path)? != contents {
        let what = format!("{shown} does not read back as it was written");
        return Err(Error::new(Code::InternalError, what)
            .hint("write it to another disk; nothing was changed here"));
    }
    Ok(())
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>> {
    let path = absolute(file)?;
    let shown = file.display();
    let opened = files::open_regular(&path, OpenOptions::new().read(true));
    let mut contents = Vec::new();
    let read = opened.and_then(|opened| opened.take(LIMIT + 1).read_to_end(&mut contents));
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let what = format!("there is no file `{shown}`");
            Err(Error::new(Code::Usage, what).hint("name the file that `keyfob backup` wrote"))
        }
        Err(_) if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) => {
            Err(irregular(file))
        }
        Err(error) => Err(Error::io(format!("cannot read `{shown}`"), &error)),
        Ok(_) if contents.len() as u64 > LIMIT => {
            let what = format!(
                "`{shown}` is larger than {} MiB, and no backup is",
                LIMIT >> 20
            );
            Err(Error::new(Code::BackupInvalid, what)
                .hint("name the file that `keyfob backup` wrote"))
        }
        Ok(_) => Ok(contents),
    }
}

fn absolute(file: &Path) -> Result<PathBuf> {
    if file.as_os_str() == "-" {
        let what = "a backup is a file, and goes through no pipe";
        return Err(Error::new(Code::Usage, what).hint("name a file; one called `-` is `./-`"));
    }
    std::path::absolute(file)
        .map_err(|error| Error::io(format!("cannot use `{}`", file.display()), &error))
}

fn irregular(file: &Path) -> Error {
    let what = format!("`{}` is no regular file", file.display());
    Error::new(Code::Usage, what).hint("name a file; a link, a folder or a device is not followed")
}
