//! `whoami`: asks the provider whose token this is.

use super::app::App;
use super::{embedded, network, print, print_json};
use crate::account::Account;
use crate::answer::whoami::Whoami;
use crate::choose::{Source, Variable};
use crate::cli;
use crate::error::Result;
use crate::session::Whose;

/// Asks, and prints who it is.
pub fn run(app: &App, args: &cli::Whoami) -> Result<()> {
    let answer = match app.chooser().source(args.account.as_deref())?.source {
        Source::Account(account) => ask(app, *account)?,
        Source::Variable(variable) => ask_stranger(app, &variable)?,
    };
    if app.manner.json {
        print_json(&answer)
    } else {
        print(&answer.text())
    }
}

fn ask(app: &App, account: Account) -> Result<Whoami> {
    let (registry, _sandbox) = embedded::start(app, [account.provider.as_str()], None)?;
    let (account, whose) = network::context(app, registry, async |context| {
        Box::pin(context.whoami(account)).await
    })?;
    Ok(match whose {
        Whose::Person { claims, rule } => Whoami::person(&account, claims, &rule),
        Whose::Machine => Whoami::machine(&account),
    })
}

/// The token of a variable, which is nobody's account.
fn ask_stranger(app: &App, variable: &Variable) -> Result<Whoami> {
    let Variable {
        provider,
        name,
        token,
    } = variable;
    let (registry, _sandbox) = embedded::start(app, [provider.as_str()], None)?;
    let (claims, rule) = network::context(app, registry, async |context| {
        context.whose(provider, name, token).await
    })?;
    Ok(Whoami::stranger(provider, claims, &rule))
}
