//! What the person accepted of a provider: servers that nothing vouches for, and variables that do not look like its
//! own. It is a file of keyfob's beside the definitions and not in them, so that a definition from elsewhere cannot
//! bring its own; a backup does not carry it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::edit;
use super::registry::Registry;
use crate::error::{Error, Result};
use crate::names::is_provider_name;
use crate::paths::Paths;
use keyfob_base::files;

/// The format written here; a file of another one accepts nothing.
const VERSION: u32 = 1;

const LIMIT: u64 = 64 * 1024;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Acceptance {
    version: u32,
    pub origins: BTreeSet<String>,
    pub variables: BTreeSet<String>,
}

impl Acceptance {
    pub(super) fn of(variables: Vec<String>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            ..Self::default()
        }
    }

    /// One that cannot be read accepts nothing: the person is asked again.
    pub(super) fn read(paths: &Paths, provider: &str) -> Self {
        let found = files::read(&file(paths, provider), LIMIT).ok().flatten();
        let found = found.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        found
            .filter(|found| found.version == VERSION)
            .unwrap_or_default()
    }
}

fn file(paths: &Paths, provider: &str) -> PathBuf {
    paths.accepted().join(format!("{provider}.json"))
}

impl Registry {
    /// Remembers that the person accepted these servers at a provider, and these variables.
    pub(crate) fn accept(
        &self,
        provider: &str,
        hosts: &[String],
        variables: &[String],
    ) -> Result<()> {
        if hosts.is_empty() && variables.is_empty() {
            return Ok(()); // and no lock is wanted
        }
        let _lock = edit::lock(&self.paths.locks(), edit::PATIENCE)?;
        self.extend_acceptance(provider, hosts, variables)
    }

    /// The same under the lock.
    pub(super) fn extend_acceptance(
        &self,
        provider: &str,
        hosts: &[String],
        variables: &[String],
    ) -> Result<()> {
        let mut now = Acceptance::read(&self.paths, provider);
        let known = hosts.iter().all(|host| now.origins.contains(host))
            && variables.iter().all(|one| now.variables.contains(one));
        if known || !is_provider_name(provider) {
            return Ok(());
        }
        now.version = VERSION;
        now.origins.extend(hosts.iter().cloned());
        now.variables.extend(variables.iter().cloned());
        let file = file(&self.paths, provider);
        let json = serde_json::to_vec_pretty(&now).expect("strings serialise");
        files::replace(&file, &json)
            .map_err(|error| Error::io(format!("cannot write {}", file.display()), &error))
    }

    /// Under the lock: it goes with its definition.
    pub(super) fn forget_acceptance(&self, provider: &str) -> Result<()> {
        let file = file(&self.paths, provider);
        let removed = files::remove(&file).map(|_| ());
        removed.map_err(|error| Error::io(format!("cannot remove {}", file.display()), &error))
    }

    /// Under the lock: another name is still the same definition.
    pub(super) fn move_acceptance(&self, from: &str, to: &str) -> Result<()> {
        self.forget_acceptance(to)?;
        let kept = Acceptance::read(&self.paths, from);
        let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<String>>();
        self.extend_acceptance(to, &list(kept.origins), &list(kept.variables))?;
        self.forget_acceptance(from)
    }
}
