//! `which`: which account would be used, and why.

use super::app::App;
use crate::cli;
use crate::error::Result;

pub fn run(app: &App, args: &cli::Which) -> Result<()> {
    let _ = (app, args);
    todo!()
}
