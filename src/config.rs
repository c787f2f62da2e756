//! `config.toml`: the few settings that hold for every command.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::ValueEnum;
use serde::Deserialize;

use crate::error::{Code, Error, Result};
use crate::paths::Paths;
use crate::rules::Configured;
use crate::store::Kind;
use crate::toml_text::{invalid_toml, read_text};

/// The settings. A missing file is all defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The store for new accounts, unless `--store` or `KEYFOB_STORE` names one.
    pub store: Option<Kind>,
    /// Certificate authorities to trust besides the system's, as PEM; relative to this file.
    pub ca_file: Option<PathBuf>,
    /// Where locks and other state are, if the usual folder is on a file system without locks.
    pub state_dir: Option<PathBuf>,
    /// Whether it is written down who signed in and what was handed out.
    pub audit_log: bool,
    pub rules: Vec<Configured>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: None,
            ca_file: None,
            state_dir: None,
            audit_log: true,
            rules: Vec::new(),
        }
    }
}

impl Config {
    /// Reads `config.toml`. An error names the file, the line and the key.
    pub(crate) fn load(paths: &Paths) -> Result<Self> {
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

/// Whether a variable such as `CI` says yes: anything but nothing, `0` and `false`.
pub(crate) fn says_yes(value: &OsStr) -> bool {
    !matches!(value.as_encoded_bytes(), b"" | b"0" | b"false")
}

/// The store that `KEYFOB_STORE` names; empty, as every variable, it names none.
pub(crate) fn store_variable() -> Result<Option<Kind>> {
    let named = std::env::var_os("KEYFOB_STORE").unwrap_or_default();
    let named = named.to_string_lossy();
    if named.is_empty() {
        return Ok(None);
    }
    Kind::from_str(&named, false).map(Some).map_err(|_| {
        let known = Kind::value_variants().iter();
        let known: Vec<_> = known.map(|kind| format!("`{kind}`")).collect();
        Error::new(
            Code::ConfigInvalid,
            format!("KEYFOB_STORE is `{named}`, which is no store"),
        )
        .hint(format!("set it to one of {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyfob_base::files;

    fn refusal(text: &str) -> String {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        files::replace(&paths.config_file(), text.as_bytes()).unwrap();
        let error = Config::load(&paths).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid);
        error.message
    }

    #[test]
    fn a_mistake_is_named_by_file_line_and_key() {
        let message = refusal("# settings\nstor = \"file\"\n");
        assert!(
            message.contains("config.toml:2: `stor`: unknown field"),
            "{message}"
        );
        let message = refusal("store = [");
        assert!(message.contains("config.toml:1:"), "{message}");
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_shown() {
        for text in [
            "store = \"hunter2\"",
            "ca_file = { hunter2 = 1 }",
            "state_dir = [\"hunter2\"]",
        ] {
            let message = refusal(text);
            assert!(!message.contains("hunter2"), "{message}");
            assert!(message.contains(":1: `"), "{message}");
        }
    }

    #[test]
    fn the_audit_log_is_kept_unless_it_is_turned_off() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let load = |text: &str| {
            files::replace(&paths.config_file(), text.as_bytes()).unwrap();
            Config::load(&paths).unwrap().audit_log
        };
        assert!(Config::load(&paths).unwrap().audit_log);
        assert!(load("store = \"file\"") && load("audit_log = true"));
        assert!(!load("audit_log = false"));
        assert!(refusal("audit_log = \"no\"").contains(":1: `audit_log`:"));
    }

    #[test]
    fn folders_are_relative_to_the_file() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        files::replace(
            &paths.config_file(),
            b"ca_file = \"ca.pem\"\nstore = \"file\"",
        )
        .unwrap();
        let config = Config::load(&paths).unwrap();
        assert_eq!(config.ca_file.unwrap(), home.path().join("config/ca.pem"));
        assert_eq!(config.store, Some(Kind::File));
    }
}
