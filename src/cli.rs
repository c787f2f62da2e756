//! The command line, declared. No behaviour: help, man pages and completions all come from here.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "sandbox")]
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;

use crate::complete;
use crate::login::Flow;
#[cfg(feature = "sandbox")]
use crate::sandbox::{ACTS, Act};
use crate::store::Kind;

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
  curl -H \"$(keyfob token huggingface --header)\" https://huggingface.co/api/whoami-v2
  keyfob login sandbox --store file     practise without any provider

An account is written PROVIDER/NAME; PROVIDER alone means its default account."
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
    /// List and show provider definitions
    #[command(subcommand)]
    Provider(Provider),
    /// Run the local practice provider
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(Sandbox),
    /// Print what a shell needs to complete keyfob's words
    Completions(Completions),
    /// Print the man pages, or write them all
    Man(Man),
}

/// Arguments of `login`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob login huggingface
  keyfob login huggingface --as work --scope 'openid profile read-repos'
  keyfob login github/ada               sign in again as this account, and as nobody else
  KEYFOB_GITHUB_CLIENT_SECRET=… keyfob login github --client-id Iv1.abc
  keyfob login sandbox --store file --no-input")]
pub struct Login {
    /// PROVIDER, PROVIDER/NAME to sign in again as that account, or an issuer's https URL
    #[arg(value_name = "PROVIDER[/NAME]|URL", add = ArgValueCandidates::new(complete::providers_and_accounts))]
    pub target: String,
    /// Name the account; a new name makes a further account of the same person
    #[arg(long = "as", value_name = "NAME")]
    pub name: Option<String>,
    /// Let the new sign-in take the place of another identity, or of an account with more scopes
    #[arg(long)]
    pub replace: bool,
    /// Ask for these scopes instead of the provider's usual ones; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Ask for the least that serves a purpose, such as `read`; `provider show` lists them
    #[arg(long = "for", value_name = "PRESET")]
    pub presets: Vec<String>,
    /// Ask for tokens for this resource, an absolute URI; may be repeated
    #[arg(long, value_name = "URI")]
    pub resource: Vec<String>,
    /// Ask for tokens for this API, where the provider wants an audience
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// How to sign in
    #[arg(long, value_name = "FLOW", default_value = "auto")]
    pub flow: Flow,
    /// Open the browser with this command; `%s` stands for the address
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
    /// Keep the secrets here
    #[arg(long, value_name = "STORE")]
    pub store: Option<Kind>,
    /// Protect a new file store with a passphrase
    #[arg(long)]
    pub passphrase: bool,
    /// Use this client instead of the configured one
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// Register keyfob at the provider without asking, where the provider offers that
    #[arg(long)]
    pub register: bool,
    /// Listen for the redirect on this port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Wait at most this long for the browser
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub timeout: Duration,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob list
  keyfob list huggingface --json

Reads no secret and sends nothing.")]
pub struct List {
    /// Only this provider's accounts
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers_in_use))]
    pub provider: Option<String>,
}

/// Arguments of `whoami`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob whoami huggingface
  keyfob whoami github/ada --json       the provider's own claims too")]
pub struct Whoami {
    /// PROVIDER/NAME, or PROVIDER for its default account
    #[arg(value_name = "ACCOUNT", add = ArgValueCandidates::new(complete::accounts))]
    pub account: Option<String>,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob refresh huggingface
  keyfob refresh --all --expiring-in 10m")]
pub struct Refresh {
    /// PROVIDER/NAME, or PROVIDER for its default account
    #[arg(value_name = "ACCOUNT", add = ArgValueCandidates::new(complete::accounts))]
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
  keyfob logout --all --yes
  keyfob logout github --local          forget here, tell nobody")]
pub struct Logout {
    /// PROVIDER/NAME, or PROVIDER for its default account
    #[arg(value_name = "ACCOUNT", add = ArgValueCandidates::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Do not contact the provider
    #[arg(long)]
    pub local: bool,
    /// Do not ask before `--all`
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `token`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  curl -H \"Authorization: Bearer $(keyfob token huggingface)\" https://huggingface.co/api/whoami-v2
  curl -H \"$(keyfob token github --header)\" https://api.github.com/user
  keyfob token huggingface --min-ttl 30m

Exit codes: 0 a valid token was printed, 3 trying again may help, 4 sign in first, 5 the store
cannot be used.")]
pub struct Token {
    /// PROVIDER/NAME, or PROVIDER for its default account
    #[arg(value_name = "ACCOUNT", add = ArgValueCandidates::new(complete::accounts))]
    pub account: Option<String>,
    /// Demand a token that lives at least this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub min_ttl: Option<Duration>,
    /// Print a whole `Authorization:` header
    #[arg(long)]
    pub header: bool,
}

/// Verbs of `provider`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  keyfob provider list
  keyfob provider show github           what to register, and every key of the definition")]
pub enum Provider {
    /// List the known providers and what each needs
    #[command(after_help = "\
Examples:
  keyfob provider list
  keyfob provider list --json           which are ready, and what the others need")]
    List,
    /// Show a provider's effective definition and how to register a client there
    Show(ProviderShow),
}

/// Arguments of `provider show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider show github           where to register, and what to enter there
  keyfob provider show gitea --json")]
pub struct ProviderShow {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub provider: String,
}

/// Verbs of `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  keyfob sandbox serve --port 9400 --approve ada

`keyfob login sandbox` needs none of this: there it runs inside each command.")]
pub enum Sandbox {
    /// Serve the practice provider in the foreground, for tests of your own
    Serve(SandboxServe),
}

/// Arguments of `sandbox serve`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob sandbox serve --port 9400
  keyfob sandbox serve --port 9400 --approve ada --access-lifetime 5s
  keyfob sandbox serve --act errors-under-200 --act commas
  curl -d client_id=keyfob http://127.0.0.1:9400/device_authorization

Its state is in memory and ends with it. The first line on stdout is its issuer URL; stderr lists
the endpoints: /authorize, /token, /device_authorization (type the code at /device), /par,
/userinfo, /revoke, /introspect, /register and /jwks. The client `keyfob` is built in, public, with
any loopback redirect URI below /callback/; /callback/code shows the code for pasting.")]
pub struct SandboxServe {
    /// Listen on this loopback port; 0 lets the system pick
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Approve every request as this person, without a page
    #[arg(long, value_name = "PERSON")]
    pub approve: Option<String>,
    /// Lifetime of access tokens
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub access_lifetime: Duration,
    /// Lifetime of refresh tokens
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = duration)]
    pub refresh_lifetime: Duration,
    /// Time that a device waits between polls
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    pub device_interval: Duration,
    /// Act as some real servers do; may be repeated
    #[arg(long, value_name = "NAME", value_parser = acts())]
    pub act: Vec<String>,
}

#[cfg(feature = "sandbox")]
fn acts() -> PossibleValuesParser {
    let value = |act: &Act| PossibleValue::new(act.name).help(act.help);
    PossibleValuesParser::new(ACTS.iter().map(value))
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'source <(keyfob completions bash)' >> ~/.bashrc
  keyfob completions fish > ~/.config/fish/completions/keyfob.fish")]
pub struct Completions {
    /// The shell
    pub shell: Shell,
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
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// Zsh
    Zsh,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob man token | man -l -
  keyfob man --dir man                  write every page")]
pub struct Man {
    /// The verb whose page to print; `keyfob`'s own where absent
    #[arg(value_name = "VERB", num_args = 0..=2)]
    pub verb: Vec<String>,
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub dir: Option<PathBuf>,
}

/// A duration such as `90s`, `10m`, `1h 30m`, `7d`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write for example 90s, 10m or 1h"))
}
