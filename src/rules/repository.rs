//! The remotes of a repository, as its own configuration has them.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::remote::Remote;
use crate::error::{Code, Error, Result};
use crate::process::{self, Failure};

/// git reads one file; what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than the remotes of any repository.
const LIMIT: usize = 256 * 1024;

/// The remotes in the configuration of a repository, sorted. git reads it, for there are worktrees and
/// submodules; it is told where, so that it looks nowhere else, and the environment says nothing to it.
pub fn remotes(repository: &Path) -> Result<Vec<Remote>> {
    let folder = repository.join(".git");
    check_owner(&folder).map_err(|why| failed(repository, &why))?;
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let upper = name.as_encoded_bytes().to_ascii_uppercase();
        if upper.starts_with(b"GIT_") {
            git.env_remove(name);
        }
    }
    git.arg("--no-pager")
        .arg("--git-dir")
        .arg(folder)
        .args(["config", "--local", "--no-includes", "--null"])
        .args(["--get-regexp", r"^remote\..*\.url$"]);
    match process::output(git, LIMIT, PATIENCE) {
        Ok(written) => Ok(parse(&written)),
        Err(Failure::Status(status)) if status.code() == Some(1) => Ok(Vec::new()), // none
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::NotFound => Err(Error::new(
            Code::ConfigInvalid,
            "git was not found, which tells the remotes of a repository",
        )
        .hint("install git, or write the rule with `path`; or name the account as PROVIDER/NAME")),
        Err(failure) => Err(failed(
            repository,
            &match failure {
                Failure::Io(error) => error.to_string(),
                Failure::Status(status) => status.to_string(),
                Failure::Time => format!("it took longer than {} s", PATIENCE.as_secs()),
                Failure::Length => "it wrote too much".into(),
            },
        )),
    }
}

fn failed(repository: &Path, why: &str) -> Error {
    let repository = repository.display();
    Error::new(
        Code::ConfigInvalid,
        format!("git cannot tell the remotes of {repository}: {why}"),
    )
    .hint("see what `git remote -v` says there, or name the account as PROVIDER/NAME")
}

/// Lines of `KEY\nURL`, ended by NUL each.
fn parse(written: &[u8]) -> Vec<Remote> {
    let written = String::from_utf8_lossy(written);
    let entries = written
        .split('\0')
        .filter_map(|entry| entry.split_once('\n'));
    let mut remotes: Vec<_> = entries.filter_map(|(_, url)| Remote::of_url(url)).collect();
    remotes.sort();
    remotes.dedup();
    remotes
}

/// What another user has written is no remote of one's own.
#[cfg(unix)]
fn check_owner(folder: &Path) -> std::result::Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    match std::fs::symlink_metadata(folder) {
        Ok(found) if found.uid() == rustix::process::geteuid().as_raw() => Ok(()),
        Ok(found) => Err(format!("it belongs to another user (uid {})", found.uid())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // on Unix there may be an error
fn check_owner(_: &Path) -> std::result::Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_writes_is_sorted_and_each_once() {
        let written = b"remote.up.url\nssh://git@b.example/x\0remote.a b.url\na.example:x\0\
            remote.again.url\nhttps://b.example/x.git\0remote.disk.url\n/srv/x\0remote.odd\0";
        let remotes = parse(written);
        let shown: Vec<_> = remotes.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a.example/x", "b.example/x"]);
    }
}
