//! Whose the folders are that keyfob works in. Whoever else can write in one of them, or in one above, can put another
//! in its place, and so have your tokens sent elsewhere.

use crate::error::Result;
use crate::paths::Paths;

#[cfg(unix)]
pub(crate) use unix::{is_root, quote, report};

/// Refuses such folders; gives what to say where root works in those of a user, whom its files would lock out.
#[cfg(unix)]
pub(crate) fn check(paths: &Paths) -> Result<Option<String>> {
    match unix::find_flaw(paths) {
        Some(flaw) if is_root() && unix::is_of_a_user(&flaw) => Ok(Some(unix::warning(&flaw))),
        Some(flaw) => Err(report(&flaw)),
        None => Ok(None),
    }
}

/// Folders have the permissions of the user's own.
#[cfg(not(unix))]
pub(crate) fn check(_paths: &Paths) -> Result<Option<String>> {
    Ok(None)
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    use crate::error::{Code, Error};
    use crate::paths::Paths;
    use keyfob_base::files::{self, OwnerFlaw};

    pub(crate) fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// On the way to each root through all that is above it; of what is in a root the entries that decide something.
    pub(super) fn find_flaw(paths: &Paths) -> Option<OwnerFlaw> {
        let home = paths.home().map(Path::to_owned);
        let mut roots = home.into_iter().chain(paths.roots());
        let own = || {
            let inside = [paths.providers(), paths.identity()];
            let inside = inside.iter().filter_map(|folder| fs::read_dir(folder).ok());
            let inside = inside.flatten().flatten().map(|entry| entry.path());
            let mut all = paths.own().into_iter().chain(inside);
            all.find_map(|path| judge(&path))
        };
        roots.find_map(|root| files::find_flaw(&root)).or_else(own)
    }

    fn judge(path: &PathBuf) -> Option<OwnerFlaw> {
        let found = fs::symlink_metadata(path).ok()?;
        if found.is_symlink() {
            return files::find_flaw(path);
        }
        files::judge_owner(path, &found)
    }

    pub(super) fn is_of_a_user(flaw: &OwnerFlaw) -> bool {
        !matches!(flaw, OwnerFlaw::Writable(_))
    }

    pub(super) fn warning(flaw: &OwnerFlaw) -> String {
        let (OwnerFlaw::Foreign(path, owner) | OwnerFlaw::Closed(path, owner)) = flaw else {
            return report(flaw).message;
        };
        format!(
            "this runs as root, and `{}` belongs to user {owner}, who cannot read what root writes there; run keyfob without `sudo`",
            path.display()
        )
    }

    /// The failure, with the command that mends it.
    pub(crate) fn report(flaw: &OwnerFlaw) -> Error {
        let me = rustix::process::geteuid().as_raw();
        let (message, mend) = match flaw {
            OwnerFlaw::Foreign(path, owner) => (
                format!(
                    "`{}` belongs to user {owner}, who could replace what keyfob keeps there",
                    path.display()
                ),
                take_back(path),
            ),
            OwnerFlaw::Writable(path) => (
                format!(
                    "others may write in `{}`, and so have your tokens sent elsewhere",
                    path.display()
                ),
                format!("`{}chmod go-w {}`", sudo_for(path), quote(path)),
            ),
            OwnerFlaw::Closed(path, owner) => (
                format!(
                    "cannot enter the folder `{}` of user {owner}",
                    path.display()
                ),
                if *owner == me {
                    format!("`chmod u+rwx {}`", quote(path))
                } else {
                    take_back(path)
                },
            ),
        };
        Error::new(Code::ConfigInvalid, message).hint(format!(
            "{mend}, or set KEYFOB_HOME to a folder that only you can write in"
        ))
    }

    /// What comes before a command that only the owner of a path may run.
    fn sudo_for(path: &Path) -> &'static str {
        let me = rustix::process::geteuid().as_raw();
        let owner = fs::symlink_metadata(path).map(|found| MetadataExt::uid(&found));
        if me == 0 || owner.is_ok_and(|owner| owner == me) {
            ""
        } else {
            "sudo "
        }
    }

    fn take_back(path: &Path) -> String {
        format!("`sudo chown \"$(id -u):$(id -g)\" {}`", quote(path))
    }

    pub(crate) fn quote(path: &Path) -> String {
        let shown = path.display().to_string();
        shlex::try_quote(&shown).map_or_else(|_| shown.clone(), Into::into)
    }
}
