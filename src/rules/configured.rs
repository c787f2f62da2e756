//! `[[rules]]` in `config.toml`: accounts for a folder, or for repositories with a remote. The file is the
//! user's own, so a rule by path needs no acceptance.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::place::Reach;
use super::remote::Remote;
use super::rule::{Accounts, Rule};
use crate::paths::Paths;

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RuleText")]
pub(crate) struct Configured {
    pub(super) scope: Scope,
    pub(super) accounts: Accounts,
}

#[derive(Debug, Clone)]
pub(super) enum Scope {
    Path(Folder),
    Remote(Remote),
}

/// A folder as it is written: absolute, or below `~`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Folder(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    path: Option<Folder>,
    remote: Option<Remote>,
    accounts: Accounts,
}

impl TryFrom<RuleText> for Configured {
    type Error = &'static str;

    fn try_from(written: RuleText) -> Result<Self, Self::Error> {
        let scope = match (written.path, written.remote) {
            (Some(path), None) => Scope::Path(path),
            (None, Some(remote)) => Scope::Remote(remote),
            _ => return Err("a rule has either `path` or `remote`"),
        };
        Ok(Self {
            scope,
            accounts: written.accounts,
        })
    }
}

impl Configured {
    pub(super) fn rule(&self, paths: &Paths) -> Rule {
        Rule {
            file: paths.config_file(),
            scope: Some(match &self.scope {
                Scope::Path(folder) => folder.0.clone(),
                Scope::Remote(remote) => remote.to_string(),
            }),
        }
    }
}

impl TryFrom<String> for Folder {
    type Error = &'static str;

    fn try_from(written: String) -> Result<Self, Self::Error> {
        if written.contains(['*', '?']) {
            return Err(
                "a folder is written as it is, without patterns; all below it is meant too",
            );
        }
        let known = below_home(&written).is_some() || Path::new(&written).is_absolute();
        if known {
            Ok(Self(written))
        } else {
            Err("a folder is written as an absolute path, or one that begins with `~/`")
        }
    }
}

impl Folder {
    /// Whether the working folder is this one or below it. Links in the path written are followed.
    pub(super) fn holds(&self, reach: &Reach) -> bool {
        let Some(folder) = self.resolve(reach.home.as_deref()) else {
            return false;
        };
        let here = reach.folder();
        here.starts_with(&folder)
            || fs::canonicalize(&folder).is_ok_and(|folder| here.starts_with(folder))
    }

    fn resolve(&self, home: Option<&Path>) -> Option<PathBuf> {
        match below_home(&self.0) {
            Some("") => home.map(Path::to_owned),
            Some(below) => home.map(|home| home.join(below)),
            None => Some(PathBuf::from(&self.0)),
        }
    }
}

fn below_home(written: &str) -> Option<&str> {
    let below = written.strip_prefix('~')?;
    let separated = below.is_empty() || below.starts_with(std::path::is_separator);
    separated.then(|| below.trim_start_matches(std::path::is_separator))
}
