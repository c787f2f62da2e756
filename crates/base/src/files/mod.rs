//! Files that hold something worth keeping: private, written whole or not at all.

mod lock;
#[cfg(unix)]
mod owner;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

pub use lock::{Acquired, Guard, NotLocked, lock, lock_unless, rehearse as rehearse_locks};
#[cfg(unix)]
pub use owner::{OwnerFlaw, find_flaw, judge_owner};

/// Most files here fit into it, so that one read takes them whole; small enough for quick allocation.
const USUAL_SIZE: usize = 1000;

/// How the names of files begin that are not whole yet; a crash leaves one behind.
pub const TEMPORARY: &str = ".new-";

/// Makes a folder and its parents, for this user alone (0700) where it is made here, whatever the umask takes away.
pub fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => give_owner(path, 0o700),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match path.parent().filter(|parent| *parent != Path::new("")) {
                Some(parent) => create_dir(parent).and_then(|()| create_dir(path)),
                None => Err(error),
            }
        }
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Gives the owner what a umask has taken; some file systems refuse every change of a mode.
#[cfg(unix)]
fn give_owner(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path)?.permissions().mode() & mode == mode {
        return Ok(());
    }
    fs::set_permissions(path, PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn give_owner(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Opens a file of keyfob's own for writing, made for this user alone (0600) where it is missing: a regular one
/// that belongs to this user, whatever somebody else has put in its place.
pub fn open_own(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = open_regular(path, options)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let found = file.metadata()?;
        let me = rustix::process::geteuid().as_raw();
        if found.uid() != me && me != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("it belongs to user {}", found.uid()),
            ));
        }
        if found.mode() & 0o600 != 0o600 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?; // a umask took that away
        }
    }
    Ok(file)
}

/// Replaces a file, for this user alone (0600): a sibling is written, synced and renamed over it.
/// Its folder is made where missing.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_dir(folder)?;
    let sibling = write_sibling(folder, contents)?;
    sibling.persist(path).map_err(|error| error.error)?;
    sync_dir(folder)
}

/// Writes a file for this user alone (0600) where none is, or with `replace` over the one there is. A sibling
/// is written, synced and read back before it gets the name; the folder has to be there.
pub fn deliver(path: &Path, contents: &[u8], replace: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let sibling = write_sibling(folder, contents)?;
    if read_regular(sibling.path(), contents.len() as u64)?.as_deref() != Some(contents) {
        return Err(io::Error::other("it does not read back as it was written"));
    }
    let named = if replace {
        sibling.persist(path)
    } else {
        sibling.persist_noclobber(path).or_else(|error| {
            // Some file systems can rename, and can neither link nor promise to replace nothing.
            let taken = error.error.kind() == io::ErrorKind::AlreadyExists;
            if taken || fs::symlink_metadata(path).is_ok() {
                Err(error)
            } else {
                error.file.persist(path)
            }
        })
    };
    named.map_err(|error| error.error)?;
    sync_dir(folder)
}

/// Reads a file of at most `limit` bytes; `None` where there is none. Anything but a regular file is
/// refused before it is opened: a named pipe would wait for ever.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => read_regular(path, limit),
        Ok(_) => Err(irregular()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same for a file that its folder has said to be a regular one.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    read_bounded(&file, limit).map(Some)
}

pub fn read_bounded(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let mut contents = Vec::with_capacity(USUAL_SIZE);
    file.take(limit + 1).read_to_end(&mut contents)?;
    if contents.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {limit} bytes"),
        ));
    }
    Ok(contents)
}

/// A link would lead elsewhere, and a named pipe without a reader would wait for ever.
pub fn open_regular(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let guarded = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let guarded = guarded.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, guarded);
    }
    #[cfg(not(unix))]
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(irregular());
    }
    let file = options.open(path).map_err(|error| match error {
        #[cfg(unix)]
        link if link.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => irregular(),
        error => error,
    })?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(irregular())
    }
}

fn irregular() -> io::Error {
    io::Error::other("not a regular file")
}

/// `false` where there was none.
pub fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => {
            sync_dir(path.parent().unwrap_or(Path::new(".")))?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a file could be removed: its folder lets entries come and go. A full disk is no obstacle.
pub fn is_removable(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    match temporary_in(folder) {
        Err(error) if error.kind() != io::ErrorKind::StorageFull => Err(error),
        _ => Ok(()),
    }
}

/// Whether files could be made in a folder, or where it is missing, the folder itself. Leaves nothing behind.
pub fn is_writable(folder: &Path) -> io::Result<()> {
    temporary(folder).map(drop)
}

/// Whether a file of these contents could be made there. Leaves nothing behind.
pub fn takes(folder: &Path, contents: &[u8]) -> io::Result<()> {
    write_sibling(nearest(folder), contents).map(drop)
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    temporary_in(nearest(folder))
}

fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)?;
    give_owner(file.path(), 0o600)?;
    Ok(file)
}

fn write_sibling(folder: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    let mut sibling = temporary_in(folder)?;
    sibling.write_all(contents)?;
    sibling.as_file().sync_all()?;
    Ok(sibling)
}

/// The folder, or the first above it that is there.
fn nearest(folder: &Path) -> &Path {
    let mut folders = folder.ancestors();
    folders
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."))
}

/// Makes a rename or removal survive a power cut; Windows has no such call and needs none.
fn sync_dir(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_and_folders_are_private_and_replaced_whole() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/file");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path, 3).unwrap().unwrap(), b"two");
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn reading_is_bounded_and_absence_is_no_error() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        assert!(read(&path, 1).unwrap().is_none());
        replace(&path, b"12").unwrap();
        assert!(read(&path, 1).is_err());
        assert!(remove(&path).unwrap());
        assert!(!remove(&path).unwrap());
    }
}
