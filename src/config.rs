//! `config.toml`: the few settings that hold for every command.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Code, Error, Result};
use crate::files;
use crate::paths::Paths;
use crate::store::Kind;

/// The settings. A missing file is all defaults.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The store for new accounts, unless `--store` or `KEYFOB_STORE` names one.
    pub store: Option<Kind>,
    /// Certificate authorities to trust besides the system's, as PEM; relative to this file.
    pub ca_file: Option<PathBuf>,
    /// Where locks and other state are, if the usual folder is on a file system without locks.
    pub state_dir: Option<PathBuf>,
}

impl Config {
    /// Reads `config.toml`. An error names the file, the line and the key.
    pub fn load(paths: &Paths) -> Result<Self> {
        let path = paths.config_file();
        let Some(text) = read_text(&path)? else {
            return Ok(Self::default());
        };
        let mut config: Self =
            toml::from_str(&text).map_err(|error| invalid_toml(&path, &text, &error))?;
        if let Some(folder) = path.parent() {
            for relative in [&mut config.ca_file, &mut config.state_dir] {
                *relative = relative.take().map(|path| folder.join(path));
            }
        }
        Ok(config)
    }
}

/// The largest TOML file that is read, in bytes.
const LIMIT: u64 = 256 * 1024;

/// Reads a TOML file as text; `None` where there is none.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    let invalid = |cause: &dyn std::fmt::Display| {
        Error::new(
            Code::ConfigInvalid,
            format!("cannot read {}: {cause}", path.display()),
        )
        .hint("mend or remove that file")
    };
    let Some(bytes) = files::read(path, LIMIT).map_err(|error| invalid(&error))? else {
        return Ok(None);
    };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|error| invalid(&error))
}

/// A TOML error as `FILE:LINE: KEY: message`. Values are not shown: one of them may be a secret in
/// the wrong place.
pub fn invalid_toml(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text[..start].matches('\n').count() + 1;
    let key = text
        .lines()
        .nth(line - 1)
        .and_then(|shown| shown.split_once('='))
        .map(|(key, _)| format!(" `{}`:", key.trim()))
        .unwrap_or_default();
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    Error::new(
        Code::ConfigInvalid,
        format!("{}:{line}:{key} {message}", path.display()),
    )
    .hint("mend that line, or remove it to have the default")
}
