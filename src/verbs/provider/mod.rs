//! `provider` and its verbs: definitions as they are in effect, changed, and held against their servers.

mod add;
mod answer;
mod arguments;
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
use crate::error::Result;
pub(crate) use arguments::Provider;

/// Runs one of the verbs; all but `add`, `set --client-secret`, `remove` and `test` send nothing.
pub(crate) fn run(app: &App, args: &Provider) -> Result<()> {
    match args {
        Provider::List => list::run(app),
        Provider::Show(args) => show::run(app, args),
        Provider::Add(args) => add::run(app, args),
        Provider::Set(args) => set::run(app, args),
        Provider::Remove(args) => remove::run(app, args),
        Provider::Test(args) => test::run(app, args),
        Provider::Metadata(args) => metadata::run(app, args),
    }
}
