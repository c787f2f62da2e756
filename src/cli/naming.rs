//! The declarations of the verbs that say which account is meant, and what it is called: `use` and `rename`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::complete;

/// Arguments of `use`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob use huggingface/work           what `huggingface` means from now on
  keyfob use huggingface/work --here    in this folder and below it
  keyfob use --trust                    let a .keyfob.toml choose that came

KEYFOB_ACCOUNT goes before both, and .keyfob.toml before a default. A .keyfob.toml holds \
`accounts = [\"PROVIDER/NAME\"]`, one account a provider, and holds below its folder to the end of \
the repository, or of your home. It chooses only as `--here` wrote it or `--trust` accepted it; \
once changed or moved it has to be accepted again. Reads no secret and sends nothing.")]
pub struct Use {
    /// PROVIDER/NAME
    #[arg(value_name = "ACCOUNT", required_unless_present = "trust", add = ArgValueCompleter::new(complete::names))]
    pub account: Option<String>,
    /// Write it into this folder's .keyfob.toml, and leave the default
    #[arg(long)]
    pub here: bool,
    /// Accept each .keyfob.toml that reaches this folder, and the repository where a rule of config.toml
    /// is for its remote
    #[arg(long, conflicts_with_all = ["account", "here"])]
    pub trust: bool,
}

/// Arguments of `rename`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob rename huggingface/julien work

Its tokens stay where they are, and if it is its provider's default it stays that too.")]
pub struct Rename {
    /// PROVIDER/NAME
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::names))]
    pub account: String,
    /// Its new name, without PROVIDER
    #[arg(value_name = "NEW")]
    pub name: String,
}
