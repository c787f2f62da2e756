//! The declarations of the verbs that take secrets elsewhere: `move`, `backup` and `restore`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
use crate::store::Kind;

/// Arguments of `move`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob move huggingface --store file
  keyfob move --all --store file --passphrase    into one with a passphrase
  keyfob move 'github/*' --store keyring

A secret is written there, read back, and then removed here; interrupted anywhere, the account works \
and the same command ends it. With the last of a provider's accounts goes what is kept of its \
client.")]
pub struct Move {
    /// PROVIDER/NAME, PROVIDER for the one used here or the client that is kept without one, or a
    /// pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Where the secrets go
    #[arg(long, value_name = "STORE")]
    pub store: Kind,
    /// Protect a new file store with a passphrase; goes with `--store file`
    #[arg(long)]
    pub passphrase: bool,
}
