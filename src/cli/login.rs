//! The declarations of `login`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::duration;
use crate::complete;
use crate::login::Flow;
use crate::store::Kind;

/// Arguments of `login`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
Examples:
  keyfob login huggingface              in the way that finishes first
  keyfob login huggingface --for read --as work
  keyfob login github/ada --scope repo  the same account, one scope more
  keyfob login gitlab --client-id ID    a client that you registered there
  keyfob login huggingface --flow paste   with a browser elsewhere
  keyfob login acme --flow client-credentials --scope api   a machine account
  keyfob login https://id.acme.example  any server that publishes its metadata
  pass show hf | keyfob login huggingface --with-token
  keyfob login huggingface --flow token-exchange --resource acme/model
  keyfob login sandbox --store file --no-input

Without a terminal nothing is asked: a browser that is configured or a device code can finish, and \
where neither can the exit code is 4.")]
pub struct Login {
    /// PROVIDER, PROVIDER/NAME to sign in again as that account, or an issuer's https URL
    #[arg(value_name = "PROVIDER[/NAME]|URL", add = ArgValueCompleter::new(complete::targets))]
    pub target: String,
    /// Name the account; a new name makes a further account of the same person
    #[arg(long = "as", value_name = "NAME", add = ArgValueCompleter::new(complete::names_there))]
    pub name: Option<String>,
    /// Let the new sign-in take the place of another identity, or of an account with more scopes
    #[arg(long)]
    pub replace: bool,
    /// Ask for these scopes instead of the provider's usual ones, and for PROVIDER/NAME besides those
    /// that it has; may be repeated
    #[arg(long, value_name = "SCOPE", add = ArgValueCompleter::new(complete::scopes))]
    pub scope: Vec<String>,
    /// Ask for the least that serves a purpose, such as `read`; may be repeated, and go with `--scope`;
    /// `provider show` lists them
    #[arg(long = "for", value_name = "PRESET", add = ArgValueCompleter::new(complete::presets))]
    pub presets: Vec<String>,
    /// Ask for tokens for this resource, an absolute URI, or with `--flow token-exchange` what the provider
    /// calls it; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    pub resource: Vec<String>,
    /// Ask for tokens for this API, where the provider wants an audience
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// How to sign in; with `device` and `paste` no browser is opened here
    #[arg(long, value_name = "FLOW", default_value = "auto", add = ArgValueCompleter::new(complete::flows))]
    pub flow: Flow,
    /// Open the browser with this command, wherever this is; `%s` stands for the address, which else is
    /// its last argument
    #[arg(long, value_name = "COMMAND", conflicts_with = "no_browser")]
    pub browser: Option<String>,
    /// Open no browser here
    #[arg(long)]
    pub no_browser: bool,
    /// After a login by URL, keep the provider under this name without asking
    #[arg(long, value_name = "NAME", conflicts_with = "no_keep")]
    pub keep_as: Option<String>,
    /// After a login by URL, do not keep the provider
    #[arg(long)]
    pub no_keep: bool,
    /// Ask the provider for somebody else than the browser would sign in
    #[arg(long)]
    pub switch: bool,
    /// Take an existing token from standard input, such as a personal access token; on a terminal it is
    /// asked for
    #[arg(long, conflicts_with_all = ["flow", "scope", "presets", "resource", "audience", "browser", "no_browser", "switch", "client_id", "register", "port", "timeout"])]
    pub with_token: bool,
    /// With `--with-token` and `--as`: do not ask the provider whose token it is
    #[arg(long, requires_all = ["with_token", "name"])]
    pub no_verify: bool,
    /// With `--flow token-exchange`: take the identity token from this file instead of the CI system
    #[arg(long, value_name = "FILE")]
    pub subject_token_file: Option<PathBuf>,
    /// Keep the secrets here [default: KEYFOB_STORE, else where the account's are, else what config.toml
    /// says, else keyring]
    #[arg(long, value_name = "STORE")]
    pub store: Option<Kind>,
    /// Protect a new file store with a passphrase; goes with `--store file`
    #[arg(long)]
    pub passphrase: bool,
    /// Use this client instead of the configured one; its secret is asked for, or comes from
    /// `KEYFOB_<PROVIDER>_CLIENT_SECRET`
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Register keyfob at the provider without asking, where the provider offers that
    #[arg(long)]
    pub register: bool,
    /// Listen for the redirect on this port [default: one that the system picks, or the provider's]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Wait at most this long for the sign-in [default: 5m, or as long as a shown code is good]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}
