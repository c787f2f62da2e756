//! `check`: offline, whether tokens are valid.

use super::app::App;
use crate::cli;
use crate::error::Result;

pub fn run(app: &App, args: &cli::Check) -> Result<()> {
    let _ = (app, args);
    todo!()
}
