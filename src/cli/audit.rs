//! The declarations of the verbs that look and change nothing: `check`, `which` and `log`.

use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::duration;
use crate::complete;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob check huggingface || keyfob login huggingface
  keyfob check --all --min-ttl 1h
  keyfob check github --live            ask the provider too

Exit codes: 0 valid or of unknown end, 3 expired and the next use refreshes it, 4 login needed. A
token that lives is valid to its end if it can be refreshed; `--min-ttl` demands more. Without
`--live` it reads no secret and sends nothing.")]
pub struct Check {
    /// PROVIDER/NAME, or PROVIDER for its default account
    #[arg(value_name = "ACCOUNT", add = ArgValueCandidates::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Demand tokens that live at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// Ask the provider whether it takes the token
    #[arg(long)]
    pub live: bool,
}

/// Arguments of `which`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob which huggingface
  KEYFOB_ACCOUNT=github/work keyfob which github --json

Reads no secret and sends nothing.")]
pub struct Which {
    /// The provider; without it, what a command without an account would use
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::accounts))]
    pub account: Option<String>,
}

/// Arguments of `log`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob log --since 1h
  keyfob log huggingface/work --json | jq .

`audit_log = false` in config.toml ends the recording.")]
pub struct Log {
    /// Only this account, or this provider's
    #[arg(value_name = "ACCOUNT", add = ArgValueCandidates::new(complete::accounts))]
    pub account: Option<String>,
    /// Only what happened within this time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub since: Option<Duration>,
}
