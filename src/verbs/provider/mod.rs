//! `provider` and its verbs: definitions as they are in effect, changed, and held against their servers.

mod add;
mod list;
mod metadata;
mod needs;
mod remove;
mod secret;
mod set;
mod show;
mod test;
mod unregister;

use super::app::App;
use crate::cli;
use crate::error::Result;

/// Runs one of the verbs; all but `add`, `set --client-secret`, `remove` and `test` send nothing.
pub fn run(app: &App, args: &cli::Provider) -> Result<()> {
    match args {
        cli::Provider::List => list::run(app),
        cli::Provider::Show(args) => show::run(app, args),
        cli::Provider::Add(args) => add::run(app, args),
        cli::Provider::Set(args) => set::run(app, args),
        cli::Provider::Remove(args) => remove::run(app, args),
        cli::Provider::Test(args) => test::run(app, args),
        cli::Provider::Metadata(args) => metadata::run(app, args),
    }
}
