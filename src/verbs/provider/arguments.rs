//! The declarations of `provider`.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::complete;
use crate::store::Kind;

/// Verbs of `provider`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  keyfob provider list
  keyfob provider show github           what to register, and each key
  keyfob provider set github client_id=Iv1.abc --client-secret
  keyfob provider add acme --issuer https://id.acme.example
  keyfob provider test acme             whether server and definition agree
  keyfob provider remove acme

A definition is a file below `providers` in the configuration folder; these verbs write what you \
could write yourself, and keep its comments.")]
pub enum Provider {
    /// List the known providers and what each needs
    #[command(after_help = "\
Examples:
  keyfob provider list
  keyfob provider list --json           and what each one needs")]
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
  keyfob provider show github           where to register, and what
  keyfob provider show gitea --json

The text is a whole definition that can be kept as a file.")]
pub struct ProviderShow {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
}

/// Arguments of `provider add`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider add                   asks for everything
  keyfob provider add acme --issuer https://id.acme.example --client-id keyfob
  keyfob provider add work --like gitlab --host git.acme.example
  keyfob provider add acme \\
      --authorization-endpoint https://acme.example/authorize \\
      --token-endpoint https://acme.example/token redirect.host=localhost")]
pub struct ProviderAdd {
    /// The new provider's name: lower-case letters, digits and `-`
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Any other key of the definition
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(complete::keys))]
    pub changes: Vec<String>,
    /// The issuer, whose metadata is read now and at each login
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Start from this built-in provider's definition
    #[arg(long, value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
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
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
    /// A key and its value, written by the key's own type; `KEY=` alone removes it from your file
    #[arg(value_name = "KEY=VALUE", add = ArgValueCompleter::new(complete::keys))]
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
  keyfob provider remove acme --force --yes     logs its accounts out first

Of a built-in provider only your own file and what is kept of your client go. A client that keyfob \
registered is deleted at the server too, where the server lets it.")]
pub struct ProviderRemove {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::changed_providers))]
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
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
}

/// Arguments of `provider metadata`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob provider metadata acme --url https://me.example/keyfob.json > k.json
  keyfob provider set acme client_id=https://me.example/keyfob.json")]
pub struct ProviderMetadata {
    /// The provider
    #[arg(value_name = "PROVIDER", add = ArgValueCompleter::new(complete::providers))]
    pub provider: String,
    /// Where the document will be: an https URL with a path
    #[arg(long, value_name = "URL")]
    pub url: String,
}
