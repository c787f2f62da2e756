//! `log`: what the audit log holds.

use super::app::App;
use crate::cli;
use crate::error::Result;

pub fn run(app: &App, args: &cli::Log) -> Result<()> {
    let _ = (app, args);
    todo!()
}
