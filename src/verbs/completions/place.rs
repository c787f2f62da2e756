//! Where each shell looks for completions.

use std::env;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

use super::{Shell, ask};
use crate::error::{Code, Error, Result};

/// What packagers install is what is put into a person's own folders.
pub(crate) const BASH: &str = include_str!("../../../completions/keyfob.bash");
const ELVISH: &str = include_str!("../../../completions/keyfob.elv");
pub(crate) const FISH: &str = include_str!("../../../completions/keyfob.fish");
/// Nushell asks at run time too; that file is all there is.
pub(crate) const NUSHELL: &str = include_str!("../../../completions/keyfob.nu");
const POWERSHELL: &str = include_str!("../../../completions/keyfob.ps1");
pub(crate) const ZSH: &str = include_str!("../../../completions/_keyfob");

/// zsh's line, for a start file that may have started its completion or not.
const ZSH_LINE: &str = "(( $+functions[compdef] )) || { autoload -Uz compinit; compinit -i }; \
    eval \"$(keyfob completions zsh 2>/dev/null)\"";

/// A file that is keyfob's whole, in a folder that a shell reads.
pub(crate) struct CompletionFile {
    pub path: PathBuf,
    pub text: &'static str,
    /// Whether the shell looks there.
    pub read: bool,
}

/// The line for a start file, which is the person's own.
pub(crate) struct StartLine {
    pub file: PathBuf,
    pub text: &'static str,
}

/// Every place for a shell's completion.
#[derive(Default)]
pub(crate) struct Places {
    /// Of the person, the best of those that the shell reads first.
    pub files: Vec<CompletionFile>,
    /// Where the shell has no such folder, or may have none.
    pub line: Option<StartLine>,
    /// Of a package or a plugin.
    pub packaged: Vec<PathBuf>,
    /// What zsh remembers of its folders.
    pub dump: Option<PathBuf>,
}

impl Places {
    /// Finds them; bash, zsh and PowerShell are asked themselves.
    pub(crate) fn find(shell: Shell) -> Result<Self> {
        let base = BaseDirs::new().ok_or_else(|| {
            Error::new(Code::ConfigInvalid, "this user has no home folder")
                .hint("set HOME, and run it again")
        })?;
        let home = base.home_dir();
        let named = absolute("XDG_CONFIG_HOME");
        let config = named.clone().unwrap_or_else(|| home.join(".config"));
        Ok(match shell {
            Shell::Bash => bash(home),
            Shell::Zsh => zsh(home),
            Shell::Fish => Self {
                files: vec![file(config.join("fish/completions/keyfob.fish"), FISH)],
                packaged: packaged("fish/vendor_completions.d/keyfob.fish"),
                ..Self::default()
            },
            Shell::Nushell => {
                let config = named.unwrap_or_else(|| base.config_dir().into());
                Self {
                    files: vec![file(config.join("nushell/autoload/keyfob.nu"), NUSHELL)],
                    packaged: packaged("nushell/vendor/autoload/keyfob.nu"),
                    ..Self::default()
                }
            }
            Shell::Elvish => {
                let folder = if cfg!(windows) {
                    base.config_dir()
                } else {
                    &config
                };
                let usual = folder.join("elvish/rc.elv");
                let before = home.join(".elvish/rc.elv"); // read where the other is not there
                let file = if before.exists() && !usual.exists() {
                    before
                } else {
                    usual
                };
                Self::line(file, last_line(ELVISH))
            }
            Shell::PowerShell => {
                let file = ask::powershell().unwrap_or_else(|| "$PROFILE".into());
                Self::line(file, last_line(POWERSHELL))
            }
        })
    }

    fn line(file: PathBuf, text: &'static str) -> Self {
        Self {
            line: Some(StartLine { file, text }),
            ..Self::default()
        }
    }
}

/// bash-completion's folder where the person's bash loads that; otherwise, and where bash does not tell, a line.
fn bash(home: &Path) -> Places {
    let asked = ask::bash();
    let loads = asked.as_ref().is_some_and(|bash| bash.loads);
    let folder = asked.and_then(|bash| bash.user_dir).unwrap_or_else(|| {
        let data = absolute("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
        data.join("bash-completion")
    });
    let own = CompletionFile {
        read: loads,
        ..file(folder.join("completions/keyfob"), BASH)
    };
    Places {
        files: vec![own],
        packaged: if loads {
            packaged("bash-completion/completions/keyfob")
        } else {
            Vec::new()
        },
        ..Places::line(home.join(".bashrc"), last_line(BASH))
    }
}

/// The folders of zsh's `fpath` that are the person's own and meant for completions; else a line.
fn zsh(home: &Path) -> Places {
    let asked = ask::zsh();
    let started_in = asked.as_ref().and_then(|zsh| zsh.zdotdir.clone());
    let started_in = started_in
        .or_else(|| absolute("ZDOTDIR"))
        .unwrap_or_else(|| home.into());
    let places = Places::line(started_in.join(".zshrc"), ZSH_LINE);
    let Some(zsh) = asked else {
        return places;
    };
    let (mut own, others): (Vec<_>, Vec<_>) = zsh
        .fpath
        .iter()
        .filter(|folder| folder.is_absolute())
        .partition(|folder| folder.starts_with(home) && is_for_completions(folder));
    own.sort_by_key(|folder| !folder_name(folder).contains("comp")); // stable: zsh's order is kept
    let files = own.into_iter().map(|folder| CompletionFile {
        read: zsh.completes,
        ..file(folder.join("_keyfob"), ZSH)
    });
    let read = others
        .iter()
        .filter(|folder| zsh.completes && (zsh.knows || !folder.starts_with(home)));
    Places {
        files: files.collect(),
        packaged: read.map(|folder| folder.join("_keyfob")).collect(),
        dump: zsh.dump,
        ..places
    }
}

/// Whether a folder of functions is for completions, and no plugin's own.
fn is_for_completions(folder: &Path) -> bool {
    let name = folder_name(folder);
    let is_theirs = folder
        .components()
        .any(|part| part.as_os_str() == "plugins");
    let can_be = folder.is_dir() || folder.parent().is_some_and(Path::is_dir) && !folder.exists();
    (name.contains("comp") || name.contains("func")) && !is_theirs && can_be
}

fn folder_name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase()
}

fn file(path: PathBuf, text: &'static str) -> CompletionFile {
    CompletionFile {
        path,
        text,
        read: true,
    }
}

/// The one line of a file for packagers that is no comment.
fn last_line(text: &'static str) -> &'static str {
    text.lines().last().unwrap_or_default()
}

/// Where packages of the system put a file.
fn packaged(file: &str) -> Vec<PathBuf> {
    let folders = env::var_os("XDG_DATA_DIRS").filter(|folders| !folders.is_empty());
    let folders = folders.unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(file))
        .collect()
}

/// A variable that holds an absolute path; another counts as none, as the XDG specification has it.
fn absolute(variable: &str) -> Option<PathBuf> {
    let path = env::var_os(variable).map(PathBuf::from);
    path.filter(|path| path.is_absolute())
}
