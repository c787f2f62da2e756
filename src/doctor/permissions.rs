//! Whose the files are, and what others may do with them. Whoever can write a definition or an entry of the
//! index can choose where tokens are sent, and whoever can read the identity has them.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::shown::{listed, quoted};
use super::{Finding, Mend, Patient, Status};
use crate::paths::Paths;

const CHECK: &str = "permissions";

/// The one file beside the identity that everybody may read: secrets are only encrypted to it.
const PUBLIC: &str = "recipient.txt";

/// Any access of others.
const OTHERS: u32 = 0o077;

/// What lets others write.
const OTHERS_WRITE: u32 = 0o022;

/// How deep keyfob's folders go.
const DEPTH: usize = 4;

/// What is wrong, by kind.
#[derive(Default)]
struct Faults {
    identity: Vec<PathBuf>,
    readable: Vec<PathBuf>,
    writable: Vec<PathBuf>,
    writable_by_group: Vec<PathBuf>,
    foreign: Vec<(PathBuf, u32)>,
    closed: Vec<(PathBuf, String)>,
}

/// Looks at every file of keyfob's.
pub fn permissions(patient: &Patient) -> Vec<Finding> {
    let paths = &patient.paths;
    let mut faults = Faults::default();
    let roots = paths.roots();
    let home = paths.home().into_iter().map(|home| (home, 0)); // it may hold more than keyfob's folders
    let within = roots.iter().map(|root| (root.as_path(), DEPTH));
    for (folder, depth) in home.chain(within) {
        if let Ok(found) = fs::metadata(folder) {
            faults.look(paths, folder, &found, depth); // it may be a link, as in a folder of dotfiles
        }
    }
    let findings = faults.findings(&roots);
    if !findings.is_empty() {
        return findings;
    }
    let there: Vec<String> = roots
        .iter()
        .filter(|root| root.exists())
        .map(|root| root.display().to_string())
        .collect();
    vec![Finding::pass(
        CHECK,
        if there.is_empty() {
            "no folder is there yet; they are made for you alone".into()
        } else {
            format!("nobody else can write in {}", there.join(", "))
        },
    )]
}

/// Whether this runs as root in the folders of somebody else: what was made here would shut them out.
pub fn is_guest(paths: &Paths) -> bool {
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
        if !found.is_dir() || depth == 0 {
            return;
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                self.closed.push((path.to_owned(), error.to_string()));
                return;
            }
        };
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.sort_unstable();
        for path in inside {
            match fs::symlink_metadata(&path) {
                Ok(found) if !found.is_symlink() => self.look(paths, &path, &found, depth - 1),
                _ => {} // gone by now, or leads elsewhere
            }
        }
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

    fn findings(self, roots: &[PathBuf]) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(foreign(&self.foreign, roots));
        for (path, cause) in &self.closed {
            findings.push(Finding::fail(
                CHECK,
                format!("cannot read the folder {}: {cause}", path.display()),
                format!("`chmod u+rwx {}`", quoted(path)),
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
        findings.extend(loose(
            Status::Fail,
            "can be written by anybody here, who could have your tokens sent elsewhere",
            "go-w",
            OTHERS_WRITE,
            self.writable,
        ));
        findings.extend(loose(
            Status::Warn,
            "can be written by its group, who could have your tokens sent elsewhere",
            "go-w",
            OTHERS_WRITE,
            self.writable_by_group,
        ));
        findings
    }
}

/// One finding for all paths that lack the same.
fn loose(
    status: Status,
    what: &str,
    chmod: &str,
    bits: u32,
    paths: Vec<PathBuf>,
) -> Option<Finding> {
    let message = format!("{} {what}", listed(&paths)?);
    let hint = match paths.as_slice() {
        [_, _, _, _, ..] => "`keyfob doctor --mend` takes that away".to_owned(),
        few => {
            let few: Vec<String> = few.iter().map(|path| quoted(path)).collect();
            format!("`chmod {chmod} {}`", few.join(" "))
        }
    };
    let found = Finding::warn(CHECK, message, hint).mendable(Mend::Modes(paths, bits));
    Some(Finding { status, ..found })
}

/// What belongs to somebody else, after `sudo keyfob` mostly; as root, what belongs to its user.
fn foreign(paths: &[(PathBuf, u32)], roots: &[PathBuf]) -> Option<Finding> {
    let (first, owner) = paths.first()?;
    let others = match paths.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "{}{others} belongs to user {owner}, and this runs as {}",
        first.display(),
        me()
    );
    if me() == 0 {
        return Some(Finding::fail(
            CHECK,
            message,
            "run keyfob as that user, without `sudo`",
        ));
    }
    let within: Vec<String> = roots
        .iter()
        .filter(|root| paths.iter().any(|(path, _)| path.starts_with(root)))
        .map(|root| quoted(root))
        .collect();
    let hint = format!(
        "`sudo chown -R \"$(id -u):$(id -g)\" {}`, and no `sudo` before keyfob",
        within.join(" ")
    );
    Some(Finding::fail(CHECK, message, hint))
}
