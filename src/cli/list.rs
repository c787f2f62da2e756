//! The declaration of `list`: what to leave out, in which order, and how wide.

use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::account::Status;
use crate::complete;
use crate::verbs::arguments::duration;

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob list
  keyfob list huggingface --json
  keyfob list --expiring-in 1h --sort expiry
  keyfob list --status expired --status login_required
  keyfob list --wide | less -S

Of several filters all must hold. Where a provider is known to end a sign-in, it says from 14 days \
before what to do by when. Reads no secret and sends nothing.")]
pub struct List {
    /// Only this provider's accounts
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers_in_use))]
    pub provider: Option<String>,
    /// Only access tokens that end within this time, or have ended
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expiring_in: Option<Duration>,
    /// Only accounts in this state; may be repeated, for one of several
    #[arg(long, value_name = "STATUS")]
    pub status: Vec<Status>,
    /// Only tokens that are kept there; `env` is those that variables hold
    #[arg(long, value_name = "STORE")]
    pub store: Option<Place>,
    /// The order of the accounts
    #[arg(long, value_name = "ORDER", default_value = "provider")]
    pub sort: Sort,
    /// Show every column, and truncate nothing
    #[arg(long)]
    pub wide: bool,
}

/// Where a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// The system's keyring
    Keyring,
    /// The file store
    File,
    /// A variable of the environment
    Env,
}

/// The orders of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By the account's name, whatever its provider
    Name,
    /// The access token that ends first comes first, those without an end last
    Expiry,
    /// By provider, and there by name
    Provider,
    /// The oldest access token first
    Age,
}
