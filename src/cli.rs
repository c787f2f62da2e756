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
    /// List, show, add, change, test and remove provider definitions
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
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  keyfob login huggingface              browser, device code or a pasted address: the first wins
  keyfob login huggingface --for read --as work
  keyfob login github/ada --scope repo  the same account, with this scope besides what it has
  keyfob login gitlab --client-id ID    a client that you registered there
  keyfob login huggingface --flow paste   on a server, with a browser on any other machine
  keyfob login acme --flow client-credentials --scope api   a machine account
  keyfob login https://id.acme.example  any server that publishes its metadata
  keyfob login sandbox --store file --no-input

Without a terminal nothing is asked: a browser that is configured or a device code can finish, and
where neither can the exit code is 4.")]
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
    /// Ask for these scopes instead of the provider's usual ones, and for PROVIDER/NAME besides those
    /// that it has; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Ask for the least that serves a purpose, such as `read`; may be repeated, and go with `--scope`;
    /// `provider show` lists them
    #[arg(long = "for", value_name = "PRESET", add = ArgValueCandidates::new(complete::presets))]
    pub presets: Vec<String>,
    /// Ask for tokens for this resource, an absolute URI; may be repeated
    #[arg(long, value_name = "URI")]
    pub resource: Vec<String>,
    /// Ask for tokens for this API, where the provider wants an audience
    #[arg(long, value_name = "AUDIENCE")]
    pub audience: Option<String>,
    /// How to sign in; with `device` and `paste` no browser is opened here
    #[arg(long, value_name = "FLOW", default_value = "auto")]
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
  keyfob provider show github           what to register, and every key of the definition
  keyfob provider set github client_id=Iv1.abc --client-secret
  keyfob provider add acme --issuer https://id.acme.example
  keyfob provider test acme             whether its server and the definition agree
  keyfob provider remove acme

A definition is a file below `providers` in the configuration folder; these verbs write what you could
write yourself, and keep its comments.")]
pub enum Provider {
    /// List the known providers and what each needs
    #[command(after_help = "\
Examples:
  keyfob provider list
  keyfob provider list --json           which are ready, and what the others need")]
    List,
    /// Show a provider's effective definition and how to register a client there
    Show(ProviderShow),
    /// Add a provider of your own
    Add(Box<ProviderAdd>),
    /// Change keys of a definition, or keep a client secret
    Set(ProviderSet),
    /// Remove a provider of your own, or what lies over a built-in one
    Remove(ProviderRemove),
    /// Ask a provider's server whether the definition fits it
    Test(ProviderTest),
    /// Print the client metadata to host where a URL is to be the client id
    Metadata(ProviderMetadata),
}

/// Arguments of `provider show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider show github           where to register, and what to enter there
  keyfob provider show gitea --json

The text is a whole definition that can be kept as a file.")]
pub struct ProviderShow {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub provider: String,
}

/// Arguments of `provider add`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider add                   asks for everything
  keyfob provider add acme --issuer https://id.acme.example --client-id keyfob
  keyfob provider add work --like gitlab --host git.acme.example
  keyfob provider add acme --authorization-endpoint https://acme.example/authorize \\
      --token-endpoint https://acme.example/token --scope read redirect.host=localhost")]
pub struct ProviderAdd {
    /// The new provider's name: lower-case letters, digits and `-`
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Any other key of the definition
    #[arg(value_name = "KEY=VALUE", add = ArgValueCandidates::new(complete::keys))]
    pub changes: Vec<String>,
    /// The issuer, whose metadata is read now and at each login
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Start from this built-in provider's definition
    #[arg(long, value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub like: Option<String>,
    /// The server's host, where the definition leaves it open
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// The tenant, where the definition leaves it open
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// The name that people know it by
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// Where the browser goes
    #[arg(long, value_name = "URL")]
    pub authorization_endpoint: Option<String>,
    /// Where codes become tokens
    #[arg(long, value_name = "URL")]
    pub token_endpoint: Option<String>,
    /// Where a device asks for a code
    #[arg(long, value_name = "URL")]
    pub device_authorization_endpoint: Option<String>,
    /// Where a token says whose it is
    #[arg(long, value_name = "URL")]
    pub userinfo_endpoint: Option<String>,
    /// Where tokens are revoked
    #[arg(long, value_name = "URL")]
    pub revocation_endpoint: Option<String>,
    /// The client registered for keyfob there
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// How the client authenticates, such as `client_secret_basic`
    #[arg(long, value_name = "METHOD")]
    pub client_auth: Option<String>,
    /// Ask for these scopes at a login; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
}

/// Arguments of `provider set`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider set github client_id=Iv1.abc --client-secret
  keyfob provider set acme scopes=openid,profile redirect.host=localhost
  keyfob provider set acme authorization.parameters.prompt=consent
  keyfob provider set acme scopes=      the default again
  pass acme/secret | keyfob provider set acme --client-secret

A secret is never an argument: `--client-secret` asks for it, or reads a line of standard input.")]
pub struct ProviderSet {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub provider: String,
    /// A key and its value, written by the key's own type; `KEY=` alone removes it from your file
    #[arg(value_name = "KEY=VALUE", add = ArgValueCandidates::new(complete::keys))]
    pub changes: Vec<String>,
    /// Ask for the client secret and keep it in a store
    #[arg(long)]
    pub client_secret: bool,
    /// Keep the client secret here
    #[arg(long, value_name = "STORE", requires = "client_secret")]
    pub store: Option<Kind>,
}

/// Arguments of `provider remove`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider remove acme
  keyfob provider remove acme --force --yes     its accounts are logged out first

Of a built-in provider only your own file and what is kept of your client go. A client that keyfob
registered is deleted at the server too, where the server lets it.")]
pub struct ProviderRemove {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::changed_providers))]
    pub provider: String,
    /// Log its accounts out first
    #[arg(long)]
    pub force: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `provider test`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider test acme
  keyfob provider test acme --json

Nothing is issued, and nobody has to sign in. Exit codes: 0 nothing failed, 1 something did.")]
pub struct ProviderTest {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub provider: String,
}

/// Arguments of `provider metadata`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider metadata acme --url https://me.example/keyfob.json > keyfob.json
  keyfob provider set acme client_id=https://me.example/keyfob.json")]
pub struct ProviderMetadata {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCandidates::new(complete::providers))]
    pub provider: String,
    /// Where the document will be: an https URL with a path
    #[arg(long, value_name = "URL")]
    pub url: String,
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

/// The longest duration that is taken: a century, which every clock can add to now.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A duration such as `90s`, `10m`, `1h 30m`, `7d`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
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
