//! The declaration of `doctor`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::complete;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob doctor
  keyfob doctor huggingface             this provider alone
  keyfob doctor --offline --json | jq '.findings[] | select(.status != \"pass\")'
  keyfob doctor --mend                  remove what a crash left, tighten modes

What it prints holds no secret, and can go into a bug report as it is. It writes a secret of its own to the store and \
removes it, looks whether those in the file store can be read where that asks nobody for a passphrase, and sends each \
provider that has accounts one request without a token. Exit code 0, or 1 where a check failed; a warning is no failure.")]
pub struct Doctor {
    /// Of all providers look at this one alone: its server, its definition and its accounts
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: Option<String>,
    /// Mend what can be mended without anything being lost
    #[arg(long)]
    pub mend: bool,
    /// Send nothing
    #[arg(long)]
    pub offline: bool,
}
