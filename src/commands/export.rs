//! `export`: assignments for a shell, dotenv, JSON or a CI system.

use super::app::App;
use crate::cli;
use crate::error::Result;

pub fn run(app: &App, args: &cli::Export) -> Result<()> {
    let _ = (app, args);
    todo!()
}
