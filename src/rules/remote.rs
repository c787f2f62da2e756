//! A remote of a repository, and what `remote` in `config.toml` covers.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{fmt, io};

use serde::Deserialize;

use super::file::check_owner;
use crate::error::{Code, Error, Result};
use crate::process::{self, Failure};

/// What a URL is of, to which it is compared: the host and the path, however it is reached. Letters of either
/// case are the same, as they are at the well-known hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Remote {
    host: String,
    path: Vec<String>,
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.path.iter().try_for_each(|part| write!(f, "/{part}"))
    }
}

impl TryFrom<String> for Remote {
    type Error = &'static str;

    fn try_from(written: String) -> std::result::Result<Self, Self::Error> {
        let (host, path) = written.split_once('/').unwrap_or((&written, ""));
        let remote = Self::new(host, path).filter(|_| is_host(host));
        remote.ok_or("a remote is written as host and path, such as `github.com/acme`")
    }
}

impl Remote {
    fn new(host: &str, path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).to_lowercase();
        let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        let parts = if path.is_empty() { Vec::new() } else { parts };
        let odd = |part: &String| matches!(part.as_str(), "" | "." | "..");
        (!host.is_empty() && !parts.iter().any(odd)).then(|| Self {
            host: host.to_lowercase(),
            path: parts,
        })
    }

    /// What a URL is of; `None` for a folder and what else has no host. Neither the way nor who asks counts,
    /// so the password in a URL is in none.
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let (authority, path) = match url.split_once("://") {
            Some(("http" | "https" | "ssh" | "git" | "git+ssh" | "ssh+git", rest)) => {
                let rest = rest.split(['?', '#']).next().unwrap_or(rest);
                rest.split_once('/').unwrap_or((rest, ""))
            }
            Some(_) => return None,
            None => url
                .split_once(':')
                .filter(|(host, path)| !host.contains('/') && !path.starts_with(':'))?,
        };
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => host,
        };
        Self::new(host, path)
    }

    /// Whether another is this one, or below it by whole parts of the path.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.host == other.host && other.path.starts_with(&self.path)
    }
}

fn is_host(host: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !host.is_empty() && host.bytes().all(known)
}

/// git reads one file; what takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than the remotes of any repository.
const LIMIT: usize = 256 * 1024;

/// The remotes in the configuration of a repository, sorted. git reads it, for there are worktrees and
/// submodules; it is told where, so that it looks nowhere else, and the environment says nothing to it.
pub(crate) fn read_remotes(repository: &Path) -> Result<Vec<Remote>> {
    let folder = repository.join(".git");
    std::fs::symlink_metadata(&folder)
        .and_then(|found| check_owner(&found))
        .map_err(|why| git_failed(repository, &why.to_string()))?;
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
        Ok(written) => Ok(parse_remotes(&written)),
        Err(Failure::Status(status)) if status.code() == Some(1) => Ok(Vec::new()), // none
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::NotFound => Err(Error::new(
            Code::ConfigInvalid,
            "git was not found, which tells the remotes of a repository",
        )
        .hint("install git, or write the rule with `path`; or name the account as PROVIDER/NAME")),
        Err(failure) => Err(git_failed(
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

fn git_failed(repository: &Path, why: &str) -> Error {
    let repository = repository.display();
    Error::new(
        Code::ConfigInvalid,
        format!("git cannot tell the remotes of {repository}: {why}"),
    )
    .hint("see what `git remote -v` says there, or name the account as PROVIDER/NAME")
}

/// Lines of `KEY\nURL`, ended by NUL each.
fn parse_remotes(written: &[u8]) -> Vec<Remote> {
    let written = String::from_utf8_lossy(written);
    let entries = written
        .split('\0')
        .filter_map(|entry| entry.split_once('\n'));
    let mut remotes: Vec<_> = entries.filter_map(|(_, url)| Remote::of_url(url)).collect();
    remotes.sort();
    remotes.dedup();
    remotes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> String {
        Remote::of_url(url).map_or("none".into(), |remote| remote.to_string())
    }

    #[test]
    fn every_form_of_a_url_is_the_same_remote() {
        for url in [
            "https://github.com/acme/model",
            "https://github.com/acme/model.git",
            "https://github.com/acme/model.git/",
            "https://GitHub.com/Acme/model/",
            "https://ada:hunter2@github.com/acme/model.git",
            "https://github.com:443/acme/model?x=1#y",
            "http://github.com/acme/model",
            "ssh://git@github.com/acme/model.git",
            "ssh://git@github.com:2222/acme/model.git",
            "git://github.com/acme/model.git",
            "git+ssh://git@github.com/acme/model",
            "git@github.com:acme/model.git",
            "github.com:acme/model",
            "github.com:/acme/model.git",
        ] {
            assert_eq!(of(url), "github.com/acme/model", "{url}");
        }
        assert_eq!(of("https://github.com"), "github.com");
    }

    #[test]
    fn what_has_no_host_or_an_odd_path_is_none() {
        for url in [
            "",
            "/srv/git/model.git",
            "../model",
            "./github.com:acme/model",
            "file:///srv/git/model.git",
            "ext::sh -c true github.com/acme",
            "https:///acme/model",
            "https://evil.example/@github.com/../acme",
            "https://github.com/acme/../evil/model",
            "git@github.com:acme/../evil/model",
            "https://github.com//acme//model",
        ] {
            assert_eq!(of(url), "none", "{url}");
        }
        assert_eq!(
            of("https://github.com:80@evil.example/acme"),
            "evil.example/acme"
        );
    }

    #[test]
    fn a_rule_covers_whole_parts() {
        let rule = |text: &str| Remote::try_from(text.to_owned()).unwrap();
        let model = Remote::of_url("git@github.com:acme/tools/model.git").unwrap();
        for covers in [
            "github.com",
            "github.com/",
            "github.com/acme",
            "GitHub.com/Acme/",
            "github.com/acme/tools/model.git",
        ] {
            assert!(rule(covers).covers(&model), "{covers}");
        }
        for not in [
            "github.com/acm",
            "github.com/acme/tool",
            "github.com/acme/tools/model/x",
            "hub.com/acme",
            "gitlab.com/acme",
        ] {
            assert!(!rule(not).covers(&model), "{not}");
        }
        for wrong in [
            "",
            "/acme",
            "https://github.com/acme",
            "git@github.com/acme",
            "github.com:acme",
            "github.com:443/acme",
            "github.com/a//b",
            "github.com/../acme",
            "*/acme",
        ] {
            assert!(Remote::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_git_writes_is_sorted_and_each_once() {
        let written = b"remote.up.url\nssh://git@b.example/x\0remote.a b.url\na.example:x\0\
        remote.again.url\nhttps://b.example/x.git\0remote.disk.url\n/srv/x\0remote.odd\0";
        let remotes = parse_remotes(written);
        let shown: Vec<_> = remotes.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["a.example/x", "b.example/x"]);
    }
}
