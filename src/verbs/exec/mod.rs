//! `exec`: a command with tokens in its environment, which takes keyfob's place; after a sign-in for it alone
//! keyfob stays as its parent.

mod become_command;
mod child;
mod environment;
mod ephemeral;
#[cfg(unix)]
mod signals;
mod unable;
#[cfg(unix)]
mod witness;

use super::app::App;
use super::tokens::{Owner, check_variable, supply};
use crate::answer::export::github;
use crate::audit::Action;
use crate::cli;
use crate::error::Result;
use environment::Place;
use keyfob_base::secret::Secret;

/// A token for the command.
#[derive(Debug)]
struct Holding {
    /// `PROVIDER/NAME`, or `PROVIDER` where no account holds it.
    whose: String,
    /// Where it goes.
    place: Place,
    /// The token.
    token: Secret,
}

/// Becomes the command, or runs it after a sign-in for it; returns only where that fails.
pub fn run(app: &App, args: &cli::Exec) -> Result<()> {
    check_variable("--env", args.env.as_deref())?;
    if args.ephemeral {
        return ephemeral::run(app, args);
    }
    let places = |owners: &[Owner]| environment::places(app, args.env.as_deref(), owners);
    let (supplies, places) = supply(
        app,
        &args.accounts,
        args.min_ttl,
        &args.without_account,
        places,
    )?;
    let holdings = supplies.into_iter().zip(places);
    let holdings: Vec<Holding> = holdings
        .map(|(supply, place)| Holding {
            whose: supply.whose(),
            place,
            token: supply.tokens.access_token,
        })
        .collect();
    let command = environment::command(args, &holdings);
    mask(app, &holdings);
    let failure = become_command::run(command);
    // The log has these tokens as handed out, and nobody got them.
    for holding in &holdings {
        app.audit
            .note(Action::HandOut, &holding.whose, Some(&failure));
    }
    Err(failure)
}

/// Inside GitHub Actions the runner hides what it was told of, so it is told before the command can
/// show anything.
fn mask(app: &App, holdings: &[Holding]) {
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        let masks = holdings.iter();
        for mask in masks.filter_map(|holding| github::mask(holding.token.expose())) {
            app.term.show(&mask);
        }
    }
}
