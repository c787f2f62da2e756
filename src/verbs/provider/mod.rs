//! `provider` and its verbs: definitions as they are in effect, changed, and held against their servers.

mod add;
mod list;
mod metadata;
mod needs;
mod probe;
mod remove;
mod secret;
mod set;
mod show;
mod unregister;

use clap::Subcommand;

use super::app::App;
use crate::error::Result;

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
    Show(show::ProviderShow),
    /// Add a provider of your own
    Add(Box<add::ProviderAdd>),
    /// Change keys of a definition, or keep a client secret
    Set(set::ProviderSet),
    /// Remove a provider of your own, or what lies over a built-in one
    Remove(remove::ProviderRemove),
    /// Ask a provider's server whether the definition fits it
    Test(probe::ProviderTest),
    /// Print the client metadata to host where a URL is to be the client id
    Metadata(metadata::ProviderMetadata),
}

/// Runs one of the verbs; all but `add`, `set --client-secret`, `remove` and `test` send nothing.
pub(crate) fn run(app: &App, args: &Provider) -> Result<()> {
    match args {
        Provider::List => list::run(app),
        Provider::Show(args) => show::run(app, args),
        Provider::Add(args) => add::run(app, args),
        Provider::Set(args) => set::run(app, args),
        Provider::Remove(args) => remove::run(app, args),
        Provider::Test(args) => probe::run(app, args),
        Provider::Metadata(args) => metadata::run(app, args),
    }
}
