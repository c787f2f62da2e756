//! The set-up that is looked at.

use std::sync::Arc;

use crate::config::{self, Config};
use crate::paths::Paths;
use crate::provider::Registry;
use crate::store::Kind;
use crate::term::Terminal;
use crate::vault::Vault;

#[derive(Clone)]
pub(crate) struct Setup {
    pub paths: Paths,
    /// `config.toml`, or the defaults where it cannot be read.
    pub config: Config,
    pub registry: Registry,
    pub vault: Arc<Vault>,
    pub term: Arc<dyn Terminal>,
    /// The only provider that is asked about.
    pub provider: Option<String>,
    /// `--no-input` or `CI`.
    pub no_input: bool,
}

impl Setup {
    pub(super) fn usual_store(&self) -> Kind {
        let named = config::store_variable().ok().flatten();
        named.or(self.config.store).unwrap_or(Kind::Keyring)
    }

    pub(super) fn concerns(&self, provider: &str) -> bool {
        self.provider.as_deref().is_none_or(|only| only == provider)
    }
}
