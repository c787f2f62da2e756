//! The declarations of the verbs that hand tokens out: `token`, `export` and `exec`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
use crate::login::Flow;
use crate::verbs::arguments::duration;
use crate::verbs::tokens::OneTimeToken;

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("without_account").args(["exchange"]), after_help = "\
Examples:
  eval \"$(keyfob export huggingface github/work)\"
  keyfob export huggingface --format fish | source
  keyfob export gitlab --name CI_TOKEN --format dotenv > .env
  keyfob export huggingface --format github    in a step of GitHub Actions

Through a pipe the format is `sh`; on a terminal it is that of your shell.")]
pub struct Export {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// What reads the assignments
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Assign to this variable instead of the provider's usual one
    #[arg(long, value_name = "VAR")]
    pub name: Option<String>,
    /// With `--format github`: set a step's output instead of variables of the steps that follow
    #[arg(long)]
    pub output: bool,
    /// With `--format gitlab`: write a dotenv report, an artifact of the job, and print nothing
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// A token got for this once.
    #[command(flatten)]
    pub without_account: OneTimeToken,
}

/// What reads assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Any POSIX shell
    Sh,
    /// GNU Bash
    Bash,
    /// Zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// The Windows command prompt
    Cmd,
    /// Nushell
    Nu,
    /// Elvish
    Elvish,
    /// A `.env` file
    Dotenv,
    /// One JSON object: variable to token
    Json,
    /// A step of GitHub Actions
    Github,
    /// A job of GitLab CI
    Gitlab,
}

/// Arguments of `exec`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("without_account").args(["exchange", "ephemeral"]), after_help = "\
Examples:
  keyfob exec huggingface -- hf download acme/model
  keyfob exec huggingface github/work -- make release
  keyfob exec gitlab --env CI_TOKEN -- ./deploy.sh
  keyfob exec huggingface --ephemeral -- ./once.sh    signed in for this alone

The command takes keyfob's place, so its exit code is its own; 127 means that there is no such \
command, 126 that it cannot be run.")]
pub struct Exec {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Put the token into this variable instead of the provider's usual one
    #[arg(long, value_name = "VAR")]
    pub env: Option<String>,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "ephemeral")]
    pub min_ttl: Option<Duration>,
    /// A token got for this once.
    #[command(flatten)]
    pub without_account: OneTimeToken,
    /// Sign in for this command alone, keep everything in memory, and revoke when it ends
    #[arg(long)]
    pub ephemeral: bool,
    /// With `--ephemeral`: ask for the least that serves a purpose, such as `read`; may be repeated
    #[arg(long = "for", value_name = "PRESET", requires = "ephemeral", add = ArgValueCompleter::new(complete::presets))]
    pub presets: Vec<String>,
    /// With `--ephemeral`: how to sign in
    #[arg(
        long,
        value_name = "FLOW",
        default_value = "auto",
        requires = "ephemeral",
        add = ArgValueCompleter::new(complete::flows)
    )]
    pub flow: Flow,
    /// With `--ephemeral`: open the browser with this command
    #[arg(
        long,
        value_name = "COMMAND",
        requires = "ephemeral",
        conflicts_with = "no_browser"
    )]
    pub browser: Option<String>,
    /// With `--ephemeral`: open no browser here
    #[arg(long, requires = "ephemeral")]
    pub no_browser: bool,
    /// With `--ephemeral`: use this client instead of the configured one
    #[arg(long, value_name = "ID", requires = "ephemeral")]
    pub client_id: Option<String>,
    /// With `--ephemeral`: register keyfob at the provider without asking, where the provider offers that
    #[arg(long, requires = "ephemeral")]
    pub register: bool,
    /// With `--ephemeral`: wait at most this long for the sign-in
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "ephemeral")]
    pub timeout: Option<Duration>,
    /// The command and its arguments
    #[arg(value_name = "CMD", last = true, required = true)]
    pub command: Vec<OsString>,
}
