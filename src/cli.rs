//! The command line, declared. No behaviour: help, man pages and completions all come from here.

mod doctor;
mod hand_out;
mod keep;
mod provider;

use clap::{Args, ValueEnum};

pub use doctor::Doctor;
pub use hand_out::{Exec, Export, Format};
pub use keep::{Backup, Restore};
pub use provider::{
    Provider, ProviderAdd, ProviderMetadata, ProviderRemove, ProviderSet, ProviderShow,
    ProviderTest,
};

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
