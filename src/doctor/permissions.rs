//! Whose the files are, and what others may do with them. Whoever can write a definition or an entry of the
//! index can choose where tokens are sent, and whoever can read the identity has them.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::finding::list_paths;
use super::{Finding, Mend, Setup, Status, Topic};
use crate::owners::{self, is_root, quote};
use crate::paths::Paths;
use keyfob_base::files::{self, OwnerFlaw};

const CHECK: Topic = Topic("permissions");

/// The one file beside the identity that everybody may read: secrets are only encrypted to it.
const PUBLIC: &str = "recipient.txt";

const OTHERS: u32 = 0o077;

const OTHERS_WRITE: u32 = 0o022;

const DEPTH: usize = 3;

#[derive(Default)]
struct Faults {
    identity: Vec<PathBuf>,
    readable: Vec<PathBuf>,
    writable: Vec<PathBuf>,
    writable_by_group: Vec<PathBuf>,
    foreign: Vec<(PathBuf, u32)>,
    closed: Vec<(PathBuf, String)>,
}

pub(crate) fn permissions(setup: &Setup) -> Vec<Finding> {
    let paths = &setup.paths;
    let mut faults = Faults::default();
    let roots = paths.roots();
    let home = paths.home().map(Path::to_owned);
    let given: Vec<PathBuf> = home
        .into_iter()
        .chain(setup.config.state_dir.clone())
        .collect();
    let folders: BTreeSet<&PathBuf> = given.iter().chain(&roots).collect();
    for folder in folders {
        if let Ok(found) = fs::metadata(folder) {
            faults.look(paths, folder, &found, 0); // it may be a link, as in a folder of dotfiles
        }
    }
    for root in roots.iter().filter(|root| root.exists()) {
        faults.inside(root); // whether it can be read; what it holds may be others'
    }
    for path in paths.own() {
        faults.look_below(paths, &path, DEPTH);
    }
    let mut findings = faults.findings(&given, &paths.own());
    findings.extend(above(&given, &roots));
    if !findings.is_empty() {
        return findings;
    }
    let there: Vec<String> = roots
        .iter()
        .filter(|root| root.exists())
        .map(|root| root.display().to_string())
        .collect();
    vec![CHECK.pass(if there.is_empty() {
        "no folder is there yet; they are made for you alone".into()
    } else {
        format!("nobody else can write in {}", there.join(", "))
    })]
}

/// The first folder above keyfob's own that cannot be entered, or that others could put another one in.
fn above(given: &[PathBuf], roots: &[PathBuf]) -> Option<Finding> {
    let mut all = given.iter().chain(roots);
    let flaw = all.find_map(|root| files::find_flaw(root))?;
    let (OwnerFlaw::Foreign(path, _) | OwnerFlaw::Writable(path) | OwnerFlaw::Closed(path, _)) =
        &flaw;
    let looked_at = given.contains(path) || roots.contains(path);
    let entered = !matches!(flaw, OwnerFlaw::Closed(..));
    if entered && (looked_at || is_root()) {
        return None;
    }
    Some(CHECK.report(Status::Fail, &owners::report(&flaw)))
}

/// Whether this runs as root in the folders of somebody else: what was made here would shut them out.
pub(crate) fn is_guest(paths: &Paths) -> bool {
    me() == 0
        && paths
            .roots()
            .iter()
            .any(|root| fs::metadata(root).is_ok_and(|found| found.uid() != 0))
}

fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

impl Faults {
    fn look(&mut self, paths: &Paths, path: &Path, found: &Metadata, depth: usize) {
        if found.uid() == me() {
            self.judge(paths, path, found.mode());
        } else {
            self.foreign.push((path.to_owned(), found.uid()));
        }
        if found.is_dir() && depth > 0 {
            for path in self.inside(path) {
                self.look_below(paths, &path, depth - 1);
            }
        }
    }

    fn look_below(&mut self, paths: &Paths, path: &Path, depth: usize) {
        match fs::symlink_metadata(path) {
            Ok(found) if !found.is_symlink() => self.look(paths, path, &found, depth),
            _ => {} // not there, or leads elsewhere
        }
    }

    fn inside(&mut self, folder: &Path) -> Vec<PathBuf> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.closed.push((folder.to_owned(), error.to_string()));
                return Vec::new();
            }
        };
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.sort_unstable();
        inside
    }

    fn judge(&mut self, paths: &Paths, path: &Path, mode: u32) {
        let public = path.file_name().is_some_and(|name| name == PUBLIC);
        let secret = path.starts_with(paths.secrets()) && path != paths.secrets();
        let log = path == paths.events() || path == paths.rotated_events();
        let faults = if path.starts_with(paths.identity()) && !public && mode & OTHERS != 0 {
            &mut self.identity
        } else if (secret || log) && mode & OTHERS != 0 {
            &mut self.readable
        } else if mode & 0o002 != 0 && mode & 0o1000 == 0 {
            &mut self.writable
        } else if mode & OTHERS_WRITE != 0 && mode & 0o1000 == 0 {
            &mut self.writable_by_group
        } else {
            return;
        };
        faults.push(path.to_owned());
    }

    /// `given` are the folders that the user has named, which may hold other things too: they are not mended.
    fn findings(self, given: &[PathBuf], own: &[PathBuf]) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(foreign(&self.foreign, own, me()));
        for (path, cause) in &self.closed {
            findings.push(CHECK.fail(
                format!("cannot read the folder {}: {cause}", path.display()),
                format!("`chmod u+rwx {}`", quote(path)),
            ));
        }
        findings.extend(
            loose(
                Status::Fail,
                "can be read by others, and opens the file store",
                "go-rwx",
                OTHERS,
                self.identity,
            )
            .map(|found| Finding {
                hint: found
                    .hint
                    .map(|hint| format!("{hint}; sign in again if others had access")),
                ..found
            }),
        );
        findings.extend(loose(
            Status::Warn,
            "can be read by others",
            "go-rwx",
            OTHERS,
            self.readable,
        ));
        for (status, who, paths) in [
            (Status::Fail, "anybody here", self.writable),
            (Status::Warn, "its group", self.writable_by_group),
        ] {
            let what =
                format!("can be written by {who}, who could have your tokens sent elsewhere");
            let (given, ours): (Vec<_>, Vec<_>) =
                paths.into_iter().partition(|path| given.contains(path));
            let loose = |paths| loose(status, &what, "go-w", OTHERS_WRITE, paths);
            findings.extend(loose(given).map(|found| Finding {
                mend: None,
                ..found
            }));
            findings.extend(loose(ours));
        }
        findings
    }
}

fn loose(
    status: Status,
    what: &str,
    chmod: &str,
    bits: u32,
    paths: Vec<PathBuf>,
) -> Option<Finding> {
    let message = format!("{} {what}", list_paths(&paths)?);
    let hint = match paths.as_slice() {
        [_, _, _, _, ..] => "`keyfob doctor --mend` takes that away".to_owned(),
        few => {
            let few: Vec<String> = few.iter().map(|path| quote(path)).collect();
            format!("`chmod {chmod} {}`", few.join(" "))
        }
    };
    let found = CHECK.warn(message, hint).mendable(Mend::Modes(paths, bits));
    Some(Finding { status, ..found })
}

/// What belongs to somebody else, after `sudo keyfob` mostly; as root, what belongs to its user.
fn foreign(paths: &[(PathBuf, u32)], own: &[PathBuf], me: u32) -> Option<Finding> {
    let (first, owner) = paths.first()?;
    let others = match paths.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "{}{others} belongs to user {owner}, and this runs as {me}",
        first.display()
    );
    if me == 0 {
        return Some(CHECK.fail(message, "run keyfob as that user, without `sudo`"));
    }
    let is_own = |path: &Path| own.iter().any(|own| path.starts_with(own));
    let whole = own
        .iter()
        .filter(|own| paths.iter().any(|(path, _)| path.starts_with(own)));
    let alone = paths.iter().map(|(path, _)| path);
    let alone = alone.filter(|path| !is_own(path)); // others' files may be in it
    let commands: Vec<String> = [chown("", alone), chown("-R ", whole)]
        .into_iter()
        .flatten()
        .collect();
    let hint = format!("{}, and no `sudo` before keyfob", commands.join(", "));
    Some(CHECK.fail(message, hint))
}

fn chown<'a>(how: &str, paths: impl Iterator<Item = &'a PathBuf>) -> Option<String> {
    let paths: Vec<String> = paths.map(|path| quote(path)).collect();
    let paths = paths.join(" ");
    (!paths.is_empty()).then(|| format!("`sudo chown {how}\"$(id -u):$(id -g)\" {paths}`"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::foreign;

    #[test]
    fn of_folders_that_hold_more_the_files_are_not_given_to_anybody() {
        let own = [
            PathBuf::from("/k/data/accounts"),
            "/k/config/identity".into(),
        ];
        for (paths, commands) in [
            (&["/k"][..], "`sudo chown \"$(id -u):$(id -g)\" /k`, and"),
            (
                &["/k/data/accounts/a/b.json", "/k/data/accounts/a/c.json"],
                "`sudo chown -R \"$(id -u):$(id -g)\" /k/data/accounts`, and",
            ),
            (
                &["/k", "/k/data", "/k/config/identity"],
                "`sudo chown \"$(id -u):$(id -g)\" /k /k/data`, \
                 `sudo chown -R \"$(id -u):$(id -g)\" /k/config/identity`, and",
            ),
        ] {
            let paths: Vec<_> = paths.iter().map(|path| (PathBuf::from(path), 0)).collect();
            let found = foreign(&paths, &own, 1000).unwrap();
            let hint = found.hint.unwrap();
            assert!(hint.starts_with(commands), "{hint}");
        }
    }
}
