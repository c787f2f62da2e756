//! Finds provider definitions: the built-in rows, and the user's files that overlay them key by key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Provider;
use crate::error::Result;
use crate::paths::Paths;

/// Where a key of a definition came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The row compiled in.
    BuiltIn,
    /// The user's file, and the line in it.
    File(PathBuf, usize),
}

/// The source of each key that a file or row sets, by its dotted path such as `redirect.host`.
pub type Sources = BTreeMap<String, Source>;

/// All known providers, read when asked for.
#[derive(Debug, Clone)]
pub struct Registry {
    paths: Paths,
}

impl Registry {
    /// Looks into the user's folder only when asked.
    pub fn new(paths: Paths) -> Self {
        Self { paths }
    }

    /// The names of all providers, sorted: built-in rows and the user's files.
    pub fn names(&self) -> Vec<String> {
        let _ = &self.paths;
        todo!()
    }

    /// The effective definition. An unknown name is `unknown_provider` with the nearest one; a wrong
    /// file is `config_invalid` with file, line and key.
    pub fn get(&self, _name: &str) -> Result<Provider> {
        todo!()
    }

    /// Where each key of the effective definition came from.
    pub fn sources(&self, _name: &str) -> Result<Sources> {
        todo!()
    }

    /// Writes a client id into the user's file for `name`, keeping its comments and its other keys.
    /// Returns the file.
    pub fn set_client_id(&self, _name: &str, _client_id: &str) -> Result<PathBuf> {
        todo!()
    }
}
