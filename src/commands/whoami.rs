//! `whoami`: asks the provider whose token this is.

use super::app::App;
use super::{embedded, network, print, print_json};
use crate::answer::whoami::Whoami;
use crate::cli;
use crate::error::Result;
use crate::session::Whose;

/// Asks, and prints who it is.
pub fn run(app: &App, args: &cli::Whoami) -> Result<()> {
    let account = app.chooser().account(args.account.as_deref())?;
    let (registry, _sandbox) = embedded::start(app, [account.provider.as_str()], None)?;
    let (account, whose) = network::online(app, registry, async |online| {
        Box::pin(online.whoami(account)).await
    })?;
    let answer = match whose {
        Whose::Person { claims, rule } => Whoami::person(&account, claims, &rule),
        Whose::Machine => Whoami::machine(&account),
    };
    if app.manner.json {
        print_json(&answer)
    } else {
        print(&answer.text())
    }
}
