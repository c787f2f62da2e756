//! The command line, declared. No behaviour: help, man pages and completions all come from here.

mod audit;
mod doctor;
mod hand_out;
mod keep;
mod list;
mod login;
mod naming;
mod provider;
#[cfg(feature = "sandbox")]
mod sandbox;
use crate::complete;
use crate::verbs::arguments::duration;
pub use audit::{Check, Log, Since, Which};
use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
pub use doctor::Doctor;
pub use hand_out::{Anew, Exec, Export, Format, Token};
pub use keep::{Backup, Move, Restore};
pub use list::{List, Place, Sort};
pub use login::Login;
pub use naming::{Rename, Use};
pub use provider::{
    Provider, ProviderAdd, ProviderMetadata, ProviderRemove, ProviderSet, ProviderShow,
    ProviderTest,
};
#[cfg(feature = "sandbox")]
pub use sandbox::{Sandbox, SandboxServe};
use std::path::PathBuf;
use std::time::Duration;
/// Arguments of `whoami`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob whoami huggingface
  keyfob whoami github/ada --json       the provider's own claims too")]
pub struct Whoami {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob refresh huggingface
  keyfob refresh '*/work'
  keyfob refresh --all --expiring-in 10m")]
pub struct Refresh {
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account that has a refresh token
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Only accounts whose token ends within this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expiring_in: Option<Duration>,
}

/// Arguments of `logout`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob logout huggingface/work
  keyfob logout 'huggingface/*'          asks before it signs out what matches
  keyfob logout --all --yes
  keyfob logout github --local          forget here, tell nobody
  keyfob logout github --local --leave-secret    although its keyring is gone")]
pub struct Logout {
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Do not contact the provider
    #[arg(long)]
    pub local: bool,
    /// Forget it although its store cannot be used, and leave its secret there
    #[arg(long, requires = "local")]
    pub leave_secret: bool,
    /// Revoke tokens too that were given with `login --with-token`
    #[arg(long, conflicts_with = "local")]
    pub revoke: bool,
    /// Do not ask before `--all` or a pattern
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob completions bash --install     where bash looks for it
  keyfob completions zsh --uninstall
  source <(keyfob completions bash)     for this shell alone

Without SHELL, --install and --uninstall mean the shell that they are typed in. A start file is added one \
line to, and only where the shell has no folder for completions.")]
pub struct Completions {
    /// The shell
    #[arg(required_unless_present_any = ["install", "uninstall"])]
    pub shell: Option<Shell>,
    /// Put it where the shell looks for it
    #[arg(long, conflicts_with = "uninstall")]
    pub install: bool,
    /// Take back what --install did
    #[arg(long)]
    pub uninstall: bool,
}

/// The shells that complete keyfob's words at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// Elvish
    Elvish,
    /// fish
    Fish,
    /// Nushell
    #[value(alias = "nu")]
    Nushell,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// Zsh
    Zsh,
}

/// Arguments of `help`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob help                           lists what there is
  keyfob help scripting
  keyfob help provider show             as `keyfob provider show --help`")]
pub struct Help {
    /// A verb, or one of accounts, scripting, stores and providers
    #[arg(value_name = "VERB|PAGE", num_args = 0..=2, add = ArgValueCompleter::new(complete::pages))]
    pub words: Vec<String>,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob man token | man -l -
  keyfob man accounts | man -l -        a page of section 7
  keyfob man --dir man                  write every page

Into a folder that is called man1, only the pages of verbs are written; the others go into man7 beside it.")]
pub struct Man {
    /// The verb or page of `keyfob help` to print; `keyfob`'s own where absent
    #[arg(value_name = "VERB", num_args = 0..=2, add = ArgValueCompleter::new(complete::pages))]
    pub verb: Vec<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub dir: Option<PathBuf>,
}
