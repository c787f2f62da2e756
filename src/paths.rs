//! Where keyfob keeps its files, by the platform's conventions or under `KEYFOB_HOME`.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::error::{Code, Error, Result};

/// The three folders, and the files in them by what they are for.
#[derive(Debug, Clone)]
pub struct Paths {
    home: Option<PathBuf>,
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

impl Paths {
    /// `KEYFOB_HOME` replaces all folders; otherwise the platform's.
    pub(crate) fn discover() -> Result<Self> {
        if let Some(home) = std::env::var_os("KEYFOB_HOME").filter(|home| !home.is_empty()) {
            return Ok(Self::under(folder(Path::new(&home))?));
        }
        let dirs = ProjectDirs::from("", "", "keyfob").ok_or_else(|| {
            Error::new(Code::ConfigInvalid, "this user has no home folder")
                .hint("set KEYFOB_HOME to a folder that only you can read")
        })?;
        Ok(Self {
            home: None,
            config: dirs.config_dir().into(),
            data: dirs.data_local_dir().into(),
            state: dirs.state_dir().unwrap_or(dirs.data_local_dir()).into(),
        })
    }

    pub fn under(home: &Path) -> Self {
        Self {
            home: Some(home.to_owned()),
            config: home.join("config"),
            data: home.join("data"),
            state: home.join("state"),
        }
    }

    /// The same with another state folder (`state_dir` in `config.toml`).
    #[must_use]
    pub(crate) fn with_state(self, state: PathBuf) -> Self {
        Self { state, ..self }
    }

    /// The folders that everything is in, each once. They may hold what is not keyfob's: `state_dir` can be any.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        let mut roots = vec![self.config.clone(), self.data.clone(), self.state.clone()];
        roots.sort();
        roots.dedup(); // some platforms have one for two
        roots
    }

    /// All that keyfob writes in these folders, and the user's definitions: files, and folders that hold nothing else.
    pub(crate) fn own(&self) -> [PathBuf; 13] {
        [
            self.config_file(),
            self.providers(),
            self.accepted(),
            self.identity(),
            self.accounts(),
            self.clients(),
            self.defaults_file(),
            self.secrets(),
            self.locks(),
            self.events(),
            self.rotated_events(),
            self.trust(),
            self.sandbox(),
        ]
    }

    /// The folder that `KEYFOB_HOME` names.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    pub(crate) fn providers(&self) -> PathBuf {
        self.config.join("providers")
    }

    /// What the person accepted of a provider: a file each.
    pub(crate) fn accepted(&self) -> PathBuf {
        self.config.join("accepted")
    }

    /// The file store's identity.
    pub(crate) fn identity(&self) -> PathBuf {
        self.config.join("identity")
    }

    /// The index: a folder a provider, a file an account.
    pub(crate) fn accounts(&self) -> PathBuf {
        self.data.join("accounts")
    }

    /// Our clients at providers: a file each.
    pub(crate) fn clients(&self) -> PathBuf {
        self.data.join("clients")
    }

    pub(crate) fn defaults_file(&self) -> PathBuf {
        self.data.join("defaults.json")
    }

    /// The file store's encrypted files.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.data.join("secrets")
    }

    /// Lock files; they stay, so that a lock is never lost with its file.
    pub(crate) fn locks(&self) -> PathBuf {
        self.state.join("locks")
    }

    pub(crate) fn events(&self) -> PathBuf {
        self.state.join("events.jsonl")
    }

    pub(crate) fn rotated_events(&self) -> PathBuf {
        self.state.join("events.1.jsonl")
    }

    /// What is locked while the one becomes the other.
    pub(crate) fn events_lock(&self) -> PathBuf {
        self.locks().join("events.lock")
    }

    /// Which directory rules were accepted: a file each.
    pub(crate) fn trust(&self) -> PathBuf {
        self.state.join("trust")
    }

    /// What is locked while a rule file and its acceptance change together.
    pub(crate) fn trust_lock(&self) -> PathBuf {
        self.locks().join("trust.lock")
    }

    pub(crate) fn sandbox(&self) -> PathBuf {
        self.state.join("sandbox")
    }
}

/// `KEYFOB_HOME` as a folder, there or to be made. A relative one would be another in every working
/// folder, each with accounts and keys of its own.
fn folder(home: &Path) -> Result<&Path> {
    let wrong = |what: &str| {
        Error::new(
            Code::ConfigInvalid,
            format!("KEYFOB_HOME is `{}`, {what}", home.display()),
        )
        .hint("set it to the absolute path of a folder that only you can read, or unset it")
    };
    if !home.is_absolute() {
        return Err(wrong("which is no absolute path"));
    }
    match std::fs::metadata(home) {
        Ok(found) if !found.is_dir() => Err(wrong("which is no folder")),
        // Which folder is closed is said with what opens it.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(home),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(wrong(&format!("which cannot be used: {error}")))
        }
        _ => Ok(home),
    }
}
