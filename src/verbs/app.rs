//! What every verb that knows accounts starts with.

use std::sync::Arc;

use crate::audit::AuditLog;
use crate::choose::Chooser;
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::paths::Paths;
use crate::provider::Registry;
use crate::rules::Rules;
use crate::store::Prompter;
use crate::term::{Console, Manner, Terminal};
use crate::vault::Vault;
use crate::{names, owners};
use keyfob_base::files;
use keyfob_base::secret::Secret;

pub(crate) struct App {
    pub manner: Manner,
    pub term: Arc<dyn Terminal>,
    pub config: Config,
    pub paths: Paths,
    pub registry: Registry,
    pub vault: Arc<Vault>,
    /// Which accounts this folder chooses.
    pub rules: Rules,
    pub audit: Arc<AuditLog>,
}

impl App {
    /// Reads `config.toml` and nothing else. With `ask_passphrase` a new file store asks for one. `verb` is what the
    /// audit log calls the command.
    pub(crate) fn new(manner: Manner, ask_passphrase: bool, verb: &'static str) -> Result<Self> {
        let paths = Paths::discover()?;
        owners::check(&paths)?; // before anything in them is believed
        let config = Config::load(&paths)?;
        let app = Self::with(manner, paths, config, ask_passphrase, verb);
        if let Some(warning) = owners::check(&app.paths)? {
            app.term.warn(&warning);
        }
        Ok(app)
    }

    /// The same with settings that were read already. Reads nothing.
    pub(crate) fn with(
        manner: Manner,
        paths: Paths,
        config: Config,
        ask_passphrase: bool,
        verb: &'static str,
    ) -> Self {
        let paths = match &config.state_dir {
            Some(folder) => paths.with_state(folder.clone()),
            None => paths,
        };
        let term: Arc<dyn Terminal> = Arc::new(Console::new(manner));
        let prompter = Arc::new(Person(Arc::clone(&term)));
        let logged = config.audit_log.then_some(&paths);
        let audit = Arc::new(AuditLog::new(logged, verb, Arc::clone(&term)));
        Self {
            manner,
            term,
            registry: Registry::new(paths.clone()),
            rules: Rules::new(paths.clone(), config.rules.clone()),
            vault: Arc::new(Vault::new(paths.clone(), ask_passphrase, prompter)),
            audit,
            config,
            paths,
        }
    }

    pub(crate) fn chooser(&self) -> Chooser<'_> {
        Chooser::new(&self.vault, &self.registry, &self.rules)
    }

    /// The variables of a provider's row, of which there is one at least; the usual one where the definition
    /// has gone.
    pub(crate) fn token_variables(&self, provider: &str) -> Result<Vec<String>> {
        match self.registry.describe(provider) {
            Ok(described) => Ok(described.token_variables()),
            Err(error) if error.code == Code::UnknownProvider => {
                Ok(vec![names::token_variable(provider)])
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn ca_pem(&self) -> Result<Option<Vec<u8>>> {
        let Some(file) = &self.config.ca_file else {
            return Ok(None);
        };
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let read = files::read(file, 4 * 1024 * 1024);
        read.and_then(|pem| pem.ok_or_else(missing))
            .map(Some)
            .map_err(|error| {
                Error::new(
                    Code::ConfigInvalid,
                    format!("cannot read `ca_file` {}: {error}", file.display()),
                )
                .hint(format!(
                    "mend `ca_file` in {}",
                    self.paths.config_file().display()
                ))
            })
    }
}

struct Person(Arc<dyn Terminal>);

impl Prompter for Person {
    fn attended(&self) -> bool {
        let display = cfg!(any(windows, target_os = "macos"))
            || ["DISPLAY", "WAYLAND_DISPLAY"]
                .iter()
                .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        display && self.0.can_ask()
    }

    fn unlock_pending(&self) {
        self.0
            .say("waiting for the keyring; its unlock prompt may be behind another window");
    }

    fn passphrase(&self, new: bool) -> Option<Secret> {
        if !self.0.can_ask() {
            return None;
        }
        ask_passphrase(self.0.as_ref(), "the file store", "KEYFOB_PASSPHRASE", new).ok()
    }
}

/// Asks for the passphrase of `owner`; for a new one twice. `variable` could have given it.
pub(crate) fn ask_passphrase(
    term: &dyn Terminal,
    owner: &str,
    variable: &str,
    new: bool,
) -> Result<Secret> {
    let ask = |question: &str| term.ask_secret(question, &format!("set {variable}"));
    if !new {
        return ask(&format!("passphrase of {owner}:"));
    }
    loop {
        let first = ask(&format!("new passphrase for {owner}:"))?;
        if first.expose().is_empty() {
            term.warn("it cannot be empty; once more");
        } else if ask("the same again:")? == first {
            return Ok(first);
        } else {
            term.warn("the two differ; once more");
        }
    }
}
