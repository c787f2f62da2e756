//! The command line, declared. No behaviour: help, man pages and completions all come from here.

mod audit;
mod hand_out;
mod keep;
mod list;
mod login;
mod naming;
mod provider;
#[cfg(feature = "sandbox")]
mod sandbox;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
pub use crate::verbs::backup::Backup;
pub use crate::verbs::completions::{Completions, Shell};
pub use crate::verbs::doctor::Doctor;
pub use crate::verbs::exec::Exec;
pub use crate::verbs::export::Export;
pub use crate::verbs::restore::Restore;

pub use audit::{Check, Log, Since, Which};
pub use hand_out::{Anew, Token};
pub use keep::Move;
pub use list::{List, Place, Sort};
pub use login::Login;
pub use naming::{Rename, Use};
pub use provider::{
    Provider, ProviderAdd, ProviderMetadata, ProviderRemove, ProviderSet, ProviderShow,
    ProviderTest,
};
#[cfg(feature = "sandbox")]
pub use sandbox::{Sandbox, SandboxServe};

/// Sign in to any OAuth 2 provider, keep the tokens in the keyring, hand out valid ones.
#[derive(Debug, Parser)]
#[command(
    name = "keyfob",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  keyfob login huggingface              sign in with the browser
  keyfob list                           who is signed in, and for how long
  keyfob exec huggingface -- hf upload acme/model .    with HF_TOKEN
  keyfob token github --header | curl -H @- https://api.github.com/user
  keyfob login sandbox --store file     practise without any provider

An account is written PROVIDER/NAME; PROVIDER alone means its default account. \
There are short pages on accounts, scripting, stores and providers: `keyfob help accounts`."
)]
pub struct Cli {
    /// How the conversation is held.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every verb.
#[derive(Debug, Clone, Copy, Args)]
pub struct Global {
    /// Answer in JSON; a failure is one JSON object on stderr
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Show each protocol step, secrets redacted
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// Ask nothing and open nothing that was not configured; also when CI is set
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_input: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in and keep the tokens
    Login(Login),
    /// List accounts: scopes, expiry, default
    List(List),
    /// Ask the provider whose token this is
    Whoami(Whoami),
    /// Get a new access token now
    Refresh(Refresh),
    /// Revoke at the provider, then forget
    Logout(Logout),
    /// Print a valid access token
    Token(Token),
    /// Print assignments for a shell, dotenv, JSON or a CI system
    Export(Export),
    /// Run a command with tokens in its environment
    Exec(Exec),
    /// Say offline whether tokens are valid, as an exit code
    Check(Check),
    /// Make an account its provider's default, or this folder's choice
    Use(Use),
    /// Give an account another name
    Rename(Rename),
    /// Move secrets to another store
    Move(Move),
    /// Write accounts to one encrypted file
    Backup(Backup),
    /// Take accounts from such a file
    Restore(Restore),
    /// Say which account would be used, and why
    Which(Which),
    /// Show who signed in, and what was handed out to whom
    Log(Log),
    /// Say what is wrong with this set-up, and what mends it
    Doctor(Doctor),
    /// List, show, add, change, test and remove provider definitions
    #[command(subcommand)]
    Provider(Provider),
    /// Run the local practice provider
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Print what a shell needs to complete keyfob's words
    Completions(Completions),
    /// Explain a verb, or what no verb is about
    Help(Help),
    /// Print the man pages, or write them all
    Man(Man),
}

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

/// The longest duration that is taken: a century, which every clock can add to now.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A duration such as `90s`, `10m`, `1h 30m`, `7d`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text)
            .map_err(|error| format!("{error}; write for example 90s, 10m or 1h"))?,
    };
    if duration > LONGEST {
        return Err("longer than a hundred years; write for example 90s, 10m or 1h".into());
    }
    Ok(duration)
}
