//! `which`: which account would be used, and why. Reads no secret of a store, sends nothing.

use super::app::App;
use super::{print, print_json};
use crate::answer::which::Which;
use crate::choose::Source;
use crate::cli;
use crate::error::Result;

/// Chooses as `token` does, and prints the choice.
pub fn run(app: &App, args: &cli::Which) -> Result<()> {
    let chooser = app.chooser();
    let choice = chooser.source(args.account.as_deref())?;
    if let Source::Account(account) = &choice.source
        && let Some(line) = chooser.surprise(account, &choice.why, None)
    {
        app.term.say(&line);
    }
    let answer = Which::new(&choice);
    if app.manner.json {
        print_json(&answer)
    } else {
        print(&answer.text())
    }
}
