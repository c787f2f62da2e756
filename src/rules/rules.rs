//! The rules that hold at a place, and the account that they choose.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use super::configured::{Configured, Scope};
use super::place::{Reach, WorkingPlace};
use super::remote::{Remote, read_remotes};
use super::rule::{Accounts, Rule, Ruled};
use super::trust::{
    FoundFile, Trust, file_unaccepted, is_used, read_with_trust, repository_unaccepted,
    trust_in_repository,
};
use crate::error::{Error, Result};
use crate::paths::Paths;

/// The rules that hold where a command is run. Nothing is looked at before somebody asks, and nothing twice.
pub(crate) struct Rules {
    pub(super) paths: Paths,
    pub(super) configured: Vec<Configured>,
    place: OnceLock<WorkingPlace>,
    here: OnceLock<Result<Option<Here>>>,
    remotes: OnceLock<Result<Vec<Remote>>>,
}

pub(super) struct Here {
    pub(super) reach: Reach,
    /// The rule files, the nearest first, and those that are refused.
    pub(super) files: Vec<Result<FoundFile>>,
}

type Named = BTreeMap<String, Ruled>;

impl Rules {
    pub(crate) fn new(paths: Paths, configured: Vec<Configured>) -> Self {
        Self {
            paths,
            configured,
            place: OnceLock::new(),
            here: OnceLock::new(),
            remotes: OnceLock::new(),
        }
    }

    #[cfg(test)]
    pub(crate) fn at(paths: Paths, configured: Vec<Configured>, place: WorkingPlace) -> Self {
        Self {
            place: OnceLock::from(place),
            ..Self::new(paths, configured)
        }
    }

    pub(crate) fn account(&self, provider: &str) -> Result<Option<Ruled>> {
        Ok(self.named(Some(provider))?.remove(provider))
    }

    pub(crate) fn accounts(&self) -> Result<Named> {
        self.named(None)
    }

    /// The accounts, or that of one provider alone. What names nothing that is still wanted has no say.
    fn named(&self, only: Option<&str>) -> Result<Named> {
        let mut named = Named::new();
        let Some(here) = self.here()? else {
            return Ok(named);
        };
        let files = here.files.iter().map(|file| file.as_ref().map(Layer::File));
        let configured = self
            .configured
            .iter()
            .map(|rule| Ok(Layer::Configured(rule)));
        for layer in files.chain(configured) {
            if only.is_some_and(|provider| named.contains_key(provider)) {
                break;
            }
            let wanted = |provider: &str| {
                only.is_none_or(|only| only == provider) && !named.contains_key(provider)
            };
            let layer = layer.map_err(Error::clone)?; // it may name anybody
            let fresh = layer.accounts().only(wanted);
            if !fresh.is_empty() && self.holds(here, layer, &fresh)? {
                let rule = layer.rule(&self.paths);
                named.extend(fresh.into_iter().map(|(provider, name)| {
                    let rule = rule.clone();
                    (provider, Ruled { name, rule })
                }));
            }
        }
        Ok(named)
    }

    /// Whether a rule is in effect; one that waits for its acceptance is a failure.
    fn holds(&self, here: &Here, layer: Layer<'_>, named: &Accounts) -> Result<bool> {
        match layer {
            Layer::File(FoundFile { file, trust }) => match trust {
                Trust::Accepted => Ok(true),
                trust => Err(file_unaccepted(file, *trust, named)),
            },
            Layer::Configured(rule) => match &rule.scope {
                Scope::Path(folder) => Ok(folder.holds(&here.reach)),
                Scope::Remote(remote) => self.holds_for_repository(here, rule, remote, named),
            },
        }
    }

    fn holds_for_repository(
        &self,
        here: &Here,
        rule: &Configured,
        remote: &Remote,
        named: &Accounts,
    ) -> Result<bool> {
        let Some(repository) = &here.reach.repository else {
            return Ok(false);
        };
        let remotes = self.remotes(repository).map_err(|error| Error {
            message: format!("{}: {}", rule.rule(&self.paths), error.message),
            ..error
        })?;
        let covered = remotes.iter().filter(|one| remote.covers(one));
        let trust = |one| trust_in_repository(&self.paths, repository, one);
        let trusts: Vec<_> = covered.map(trust).collect();
        match trusts.first() {
            None => Ok(false),
            Some(_) if trusts.contains(&Trust::Accepted) => Ok(true),
            Some(_) => {
                let rule = rule.rule(&self.paths);
                Err(repository_unaccepted(&rule, repository, named))
            }
        }
    }

    pub(super) fn remotes(&self, repository: &Path) -> Result<&[Remote]> {
        let read = || read_remotes(repository);
        self.remotes
            .get_or_init(read)
            .as_deref()
            .map_err(Error::clone)
    }

    pub(super) fn place(&self) -> &WorkingPlace {
        self.place.get_or_init(WorkingPlace::current)
    }

    /// The place; `None` where it cannot be told, and nobody has made a rule that might hold there.
    pub(super) fn here(&self) -> Result<Option<&Here>> {
        let look = || match self.place().reach() {
            Ok(reach) => {
                let folders = reach.folders.iter();
                let files = folders.map(|folder| read_with_trust(&self.paths, folder));
                let files = files.filter_map(Result::transpose).collect();
                Ok(Some(Here { reach, files }))
            }
            Err(_) if self.configured.is_empty() && !is_used(&self.paths) => Ok(None),
            Err(error) => Err(error),
        };
        let here = self.here.get_or_init(look);
        here.as_ref().map(Option::as_ref).map_err(Error::clone)
    }
}

#[derive(Clone, Copy)]
enum Layer<'a> {
    File(&'a FoundFile),
    Configured(&'a Configured),
}

impl Layer<'_> {
    fn accounts(&self) -> &Accounts {
        match self {
            Self::File(found) => &found.file.accounts,
            Self::Configured(rule) => &rule.accounts,
        }
    }

    fn rule(&self, paths: &Paths) -> Rule {
        match self {
            Self::File(found) => Rule::file(found.file.path.clone()),
            Self::Configured(rule) => rule.rule(paths),
        }
    }
}
