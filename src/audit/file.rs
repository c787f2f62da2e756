//! The log's two files. A line is one write to a file opened for appending, so lines of processes that
//! write at the same time never mix, and nothing is locked. A full file is renamed, by one process at a
//! time; the others go on writing to the one they have.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::paths::Paths;
use keyfob_base::files::{self, NotLocked};

/// The size in bytes at which a file is full: some five thousand lines.
pub(crate) const LIMIT: u64 = 1024 * 1024;

/// How often a line is tried again that went into a file that was about to be removed.
const ATTEMPTS: usize = 8;

/// Longer than a rename takes.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct LogFile {
    current: PathBuf,
    rotated: PathBuf,
    lock: PathBuf,
    limit: u64,
}

impl LogFile {
    pub(crate) fn new(paths: &Paths) -> Self {
        Self {
            current: paths.events(),
            rotated: paths.rotated_events(),
            lock: paths.events_lock(),
            limit: LIMIT,
        }
    }

    #[cfg(test)]
    pub(crate) fn with_limit(self, limit: u64) -> Self {
        Self { limit, ..self }
    }

    pub(crate) fn display(&self) -> std::path::Display<'_> {
        self.current.display()
    }

    /// Appends a line. A file that is full and cannot be rotated takes none.
    pub(crate) fn append(&self, line: &[u8]) -> io::Result<()> {
        for _ in 0..ATTEMPTS {
            let file = self.open_current()?;
            let size = file.metadata()?.len();
            if self.is_full(size, line) && self.rotate(line)? {
                continue;
            }
            if !is_allowed(size, line) {
                return Err(ErrorKind::FileTooLarge.into());
            }
            write_at_once(&file, line)?;
            if !is_removed(&file) {
                return Ok(());
            }
        }
        Err(io::Error::other("it is rotated too quickly"))
    }

    /// Opens both files, the older one first. Neither has to be there.
    pub(crate) fn open_both(&self) -> io::Result<[Option<File>; 2]> {
        let there = |path: &Path| fs::symlink_metadata(path).is_ok();
        if !there(&self.current) && !there(&self.rotated) {
            return Ok([None, None]);
        }
        let _unmoved = files::lock(&self.lock, LOCK_TIMEOUT); // at worst a file that moves meanwhile is missed
        let open = |path: &Path| match files::open_regular(path, OpenOptions::new().read(true)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        Ok([open(&self.rotated)?, open(&self.current)?])
    }

    pub(crate) fn is_writable(&self) -> io::Result<()> {
        match files::open_regular(&self.current, OpenOptions::new().append(true)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                files::is_writable(self.current.parent().unwrap_or(Path::new(".")))
            }
            opened => opened.map(drop),
        }
    }

    fn open_current(&self) -> io::Result<File> {
        let append = || files::open_own(&self.current, OpenOptions::new().append(true));
        match append() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                files::create_dir(self.current.parent().unwrap_or(Path::new(".")))?;
                append()
            }
            opened => opened,
        }
    }

    fn is_full(&self, size: u64, line: &[u8]) -> bool {
        size > 0 && size + line.len() as u64 > self.limit
    }

    /// Renames the full file over the older one; `false` where another process is at it, which is not
    /// waited for: until it is done the file grows beyond its limit.
    fn rotate(&self, line: &[u8]) -> io::Result<bool> {
        let _turn = match files::lock(&self.lock, Duration::ZERO) {
            Ok(guard) => guard,
            Err(NotLocked::Held) => return Ok(false),
            Err(NotLocked::Unopened(cause) | NotLocked::Refused(cause)) => return Err(cause),
        };
        let size = fs::symlink_metadata(&self.current).map_or(0, |found| found.len());
        if self.is_full(size, line) {
            fs::rename(&self.current, &self.rotated)?;
        }
        Ok(true)
    }
}

/// Whether `ulimit -f` lets a file grow by this line; the attempt would else end the process.
fn is_allowed(size: u64, line: &[u8]) -> bool {
    #[cfg(unix)]
    let most = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    #[cfg(not(unix))]
    let most = None;
    most.is_none_or(|most: u64| size + line.len() as u64 <= most)
}

/// One write. What a full disk cuts off is not continued, for another line may follow by then.
fn write_at_once(mut file: &File, line: &[u8]) -> io::Result<()> {
    if file.write(line)? < line.len() {
        return Err(ErrorKind::StorageFull.into());
    }
    Ok(())
}

/// Whether the file was rotated twice since it was opened, and what was written to it went with it.
fn is_removed(file: &File) -> bool {
    #[cfg(unix)]
    return file
        .metadata()
        .is_ok_and(|found| std::os::unix::fs::MetadataExt::nlink(&found) == 0);
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}
