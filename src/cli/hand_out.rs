//! The declarations of the verbs that hand tokens out: `token`, `export` and `exec`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use clap_complete::engine::ArgValueCompleter;

use super::duration;
use crate::complete;

/// Arguments of `token`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("anew").args(["exchange"]), after_help = "\
Examples:
  keyfob token github --header | curl -H @- https://api.github.com/user
  HF_TOKEN=$(keyfob token huggingface) python3 train.py
  keyfob token huggingface --min-ttl 30m
  keyfob token huggingface --exchange --resource acme/model   in a CI job

Exit codes: 0 a valid token was printed, 3 trying again may help, 4 sign in first, 5 the store \
cannot be used.")]
pub struct Token {
    /// PROVIDER/NAME, or PROVIDER for the one used here
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub account: Option<String>,
    /// Demand a token that lives at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// Print a whole `Authorization:` header
    #[arg(long)]
    pub header: bool,
    /// A token got for this once.
    #[command(flatten)]
    pub anew: Anew,
}

/// A token that is got for one use and stored nowhere.
#[derive(Debug, Clone, Default, Args)]
pub struct Anew {
    /// Exchange the CI system's identity token for a token at PROVIDER, and store nothing (RFC 8693)
    #[arg(long)]
    pub exchange: bool,
    /// Take the identity token from this file instead of the CI system
    #[arg(long, value_name = "FILE", requires = "exchange")]
    pub subject_token_file: Option<PathBuf>,
    /// Ask for these scopes; may be repeated
    #[arg(long, value_name = "SCOPE", requires = "anew", add = ArgValueCompleter::new(complete::scopes))]
    pub scope: Vec<String>,
    /// Ask for a token for this resource; may be repeated
    #[arg(long, value_name = "RESOURCE", requires = "anew")]
    pub resource: Vec<String>,
    /// Ask for a token for this API, where the provider wants an audience
    #[arg(long, value_name = "AUDIENCE", requires = "anew")]
    pub audience: Option<String>,
}
