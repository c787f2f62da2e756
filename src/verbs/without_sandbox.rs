//! Stands in for `embedded.rs` in a build without the sandbox: no provider is embedded.

use std::convert::Infallible;

use super::app::App;
use crate::error::Result;
use crate::provider::Registry;

/// The definitions as they are, and nothing to keep running.
#[allow(clippy::unnecessary_wraps)] // as the sandbox's own, which may fail to start
pub fn start<'a>(
    app: &App,
    _providers: impl IntoIterator<Item = &'a str>,
    _approve: Option<String>,
) -> Result<(Registry, Option<Infallible>)> {
    Ok((app.registry.clone(), None))
}
