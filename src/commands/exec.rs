//! `exec`: a command with tokens in its environment.

use super::app::App;
use crate::cli;
use crate::error::Result;

pub fn run(app: &App, args: &cli::Exec) -> Result<()> {
    let _ = (app, args);
    todo!()
}
