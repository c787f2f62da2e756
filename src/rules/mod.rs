//! Directory rules: the accounts that the folder in which a command is run chooses, one a provider. In order,
//! the first that names the provider:
//!
//! | rule | holds | works |
//! | --- | --- | --- |
//! | `.keyfob.toml` | in its folder and below, to the end of the repository; the nearest first | once `use --here` wrote it or `use --trust` accepted it |
//! | `path` in `config.toml` | in that folder and below | at once: the file is the user's own |
//! | `remote` in `config.toml` | in repositories with such a remote | once `use --trust` accepted the repository, for an unpacked archive may claim any remote |
//!
//! What was not accepted, or cannot be read, is a failure for whoever would have used it, and nothing to others.

mod accept;
mod accounts;
mod configured;
mod edit;
mod file;
mod met;
mod reach;
mod remote;
mod repository;
mod trust;
mod unaccepted;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::paths::Paths;

pub use accept::{Acceptance, Accepted};
pub use configured::Configured;
pub use reach::Place;
pub use write::Written;

use accounts::Accounts;
use configured::Scope;
use met::Met;
use reach::Reach;
use remote::Remote;
use trust::Standing;

/// The rules that hold where a command is run. Nothing is looked at before somebody asks, and nothing twice.
pub struct Rules {
    paths: Paths,
    configured: Vec<Configured>,
    place: OnceLock<Place>,
    here: OnceLock<Result<Option<Here>>>,
    remotes: OnceLock<Result<Vec<Remote>>>,
}

/// What there is at the place.
struct Here {
    reach: Reach,
    /// The rule files, the nearest first, and those that are refused.
    files: Vec<Result<Met>>,
}

/// An account that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled {
    /// The account's name, without the provider.
    pub name: String,
    /// What names it.
    pub rule: Rule,
}

/// Which rule it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The file that holds it.
    pub file: PathBuf,
    /// What it is for, as `config.toml` has it.
    scope: Option<String>,
}

impl Rule {
    /// A rule file.
    pub fn file(path: PathBuf) -> Self {
        Self {
            file: path,
            scope: None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.scope {
            Some(scope) => write!(f, "the rule for `{scope}` in {file}"),
            None => write!(f, "{file}"),
        }
    }
}

/// Accounts by provider, and the rule that names each.
type Named = BTreeMap<String, Ruled>;

impl Rules {
    /// The rules for this process, besides rule files those that `config.toml` has.
    pub fn new(paths: Paths, configured: Vec<Configured>) -> Self {
        Self {
            paths,
            configured,
            place: OnceLock::new(),
            here: OnceLock::new(),
            remotes: OnceLock::new(),
        }
    }

    /// The same for another place.
    pub fn at(paths: Paths, configured: Vec<Configured>, place: Place) -> Self {
        Self {
            place: OnceLock::from(place),
            ..Self::new(paths, configured)
        }
    }

    /// The account of a provider that a rule names.
    pub fn account(&self, provider: &str) -> Result<Option<Ruled>> {
        Ok(self.named(Some(provider))?.remove(provider))
    }

    /// Every account that a rule names.
    pub fn accounts(&self) -> Result<Named> {
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
            Layer::File(Met { file, standing }) => match standing {
                Standing::Accepted => Ok(true),
                standing => Err(unaccepted::file(file, *standing, named)),
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
        let standing = |one| accept::standing(&self.paths, repository, one);
        let standings: Vec<_> = covered.map(standing).collect();
        match standings.first() {
            None => Ok(false),
            Some(_) if standings.contains(&Standing::Accepted) => Ok(true),
            Some(_) => {
                let rule = rule.rule(&self.paths);
                Err(unaccepted::repository(&rule, repository, named))
            }
        }
    }

    /// The remotes of the repository, which git is asked for once.
    fn remotes(&self, repository: &Path) -> Result<&[Remote]> {
        let read = || repository::remotes(repository);
        self.remotes
            .get_or_init(read)
            .as_deref()
            .map_err(Error::clone)
    }

    fn place(&self) -> &Place {
        self.place.get_or_init(Place::current)
    }

    /// The place; `None` where it cannot be told, and nobody has made a rule that might hold there.
    fn here(&self) -> Result<Option<&Here>> {
        let look = || match self.place().reach() {
            Ok(reach) => {
                let folders = reach.folders.iter();
                let files = folders.map(|folder| met::meet(&self.paths, folder));
                let files = files.filter_map(Result::transpose).collect();
                Ok(Some(Here { reach, files }))
            }
            Err(_) if self.configured.is_empty() && !trust::is_used(&self.paths) => Ok(None),
            Err(error) => Err(error),
        };
        let here = self.here.get_or_init(look);
        here.as_ref().map(Option::as_ref).map_err(Error::clone)
    }
}

/// One place where accounts may be named.
#[derive(Clone, Copy)]
enum Layer<'a> {
    File(&'a Met),
    Configured(&'a Configured),
}

impl Layer<'_> {
    fn accounts(&self) -> &Accounts {
        match self {
            Self::File(met) => &met.file.accounts,
            Self::Configured(rule) => &rule.accounts,
        }
    }

    fn rule(&self, paths: &Paths) -> Rule {
        match self {
            Self::File(met) => Rule::file(met.file.path.clone()),
            Self::Configured(rule) => rule.rule(paths),
        }
    }
}
