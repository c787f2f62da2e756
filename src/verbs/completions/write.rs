//! Whole files among a person's own settings: written at once or not at all, through links.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Code, Error, Result};

/// Replaces a file, or makes it and its folders. A link is followed, and stays one; mode and group stay; what
/// belongs to somebody else is left alone, for it would become ours.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> Result<()> {
    let failed = |error: io::Error| Error::io(format!("cannot write {}", path.display()), &error);
    let target = follow_link(path).map_err(failed)?;
    let before = match fs::metadata(&target) {
        Ok(found) => {
            check_owner(path, &found)?;
            Some(found)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    write(&target, contents, before.as_ref()).map_err(failed)
}

fn follow_link(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}

fn write(path: &Path, contents: &[u8], before: Option<&Metadata>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut folders = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o755); // zsh passes over what others may write
    folders.recursive(true).create(folder)?;
    let mut sibling = make_sibling(folder, before)?;
    sibling.write_all(contents)?;
    sibling.as_file().sync_all()?;
    sibling.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// An empty file that may be read by whom the one before may: what goes into it may be for nobody else.
fn make_sibling(folder: &Path, before: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keyfob-new-");
    let Some(before) = before else {
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        return builder.tempfile_in(folder);
    };
    let sibling = builder.tempfile_in(folder)?; // 0600 until it has the group
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        if sibling.as_file().metadata()?.gid() != before.gid() {
            fchown(sibling.as_file(), None, Some(before.gid()))?;
        }
    }
    sibling.as_file().set_permissions(before.permissions())?;
    Ok(sibling)
}

#[cfg(unix)]
fn check_owner(path: &Path, found: &fs::Metadata) -> Result<()> {
    let us = rustix::process::geteuid().as_raw();
    if std::os::unix::fs::MetadataExt::uid(found) == us {
        return Ok(());
    }
    let what = format!("{} belongs to another user", path.display());
    Err(Error::new(Code::ConfigInvalid, what).hint("run it as that user"))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_link_stays_one_and_a_mode_stays_what_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (file, link) = (home.path().join("dotfiles/rc"), home.path().join("rc"));
        fs::create_dir(home.path().join("dotfiles")).unwrap();
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
        symlink("dotfiles/rc", &link).unwrap();
        replace(&link, b"after").unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("dotfiles/rc"));
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert_eq!(mode(&file), 0o664);
        assert_eq!(
            fs::read_dir(home.path().join("dotfiles")).unwrap().count(),
            1
        );
    }

    #[test]
    fn what_is_private_is_so_before_anything_is_in_it() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("rc");
        fs::write(&file, "before").unwrap();
        for private in [0o600, 0o400, 0o640] {
            fs::set_permissions(&file, fs::Permissions::from_mode(private)).unwrap();
            let sibling = make_sibling(home.path(), Some(&fs::metadata(&file).unwrap())).unwrap();
            assert_eq!(mode(sibling.path()), private);
            assert_eq!(fs::read(sibling.path()).unwrap(), b"");
        }
    }

    #[test]
    fn a_group_stays() {
        use std::os::unix::fs::{MetadataExt, chown};
        if rustix::process::geteuid().is_root() {
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join("rc");
            fs::write(&file, "before").unwrap();
            chown(&file, None, Some(1234)).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
            replace(&file, b"after").unwrap();
            assert_eq!(fs::metadata(&file).unwrap().gid(), 1234);
            assert_eq!(mode(&file), 0o640);
        }
    }

    #[test]
    fn a_link_to_nothing_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("rc");
        symlink("gone", &link).unwrap();
        let error = replace(&link, b"after").unwrap_err();
        assert!(error.message.contains("rc: "), "{error}");
        assert!(link.is_symlink());
    }

    #[test]
    fn what_is_made_can_be_read_by_all_and_written_by_its_owner() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("a/b/file");
        replace(&file, b"x").unwrap();
        assert_eq!(mode(&file) & !0o644, 0);
        assert_eq!(mode(file.parent().unwrap()) & !0o755, 0);
    }

    #[test]
    fn somebody_elses_file_is_left_alone() {
        if rustix::process::geteuid().is_root() {
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join("rc");
            fs::write(&file, "before").unwrap();
            std::os::unix::fs::chown(&file, Some(1234), None).unwrap();
            assert_eq!(
                replace(&file, b"after").unwrap_err().code,
                Code::ConfigInvalid
            );
            assert_eq!(fs::read(&file).unwrap(), b"before");
        }
    }
}
