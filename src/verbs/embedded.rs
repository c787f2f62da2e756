//! Starts the sandbox inside this process, for as long as a verb that needs it runs.

use super::app::App;
use crate::error::Result;
#[cfg(feature = "sandbox")]
use crate::error::{Code, Error};
#[cfg(feature = "sandbox")]
use crate::provider::Embedded;
use crate::provider::Registry;
#[cfg(feature = "sandbox")]
use keyfob_sandbox as sandbox;

#[cfg(feature = "sandbox")]
pub(crate) struct RunningSandbox(#[allow(dead_code)] sandbox::Running); // serves until dropped

#[cfg(not(feature = "sandbox"))]
pub(crate) enum RunningSandbox {}

/// The definitions with the sandbox's endpoints in them, where one of `providers` is embedded.
/// `approve` names the person it approves by itself.
#[cfg(feature = "sandbox")]
pub(crate) fn start<'a>(
    app: &App,
    providers: impl IntoIterator<Item = &'a str>,
    approve: Option<String>,
) -> Result<(Registry, Option<RunningSandbox>)> {
    let row = providers
        .into_iter()
        .filter_map(|name| app.registry.get(name).ok())
        .find(|provider| provider.embedded);
    let Some(row) = row else {
        return Ok((app.registry.clone(), None));
    };
    let running = sandbox::start(sandbox::Options {
        issuer: row.issuer,
        state: Some(app.paths.sandbox()),
        approve,
        ..sandbox::Options::default()
    })
    .map_err(|error| {
        Error::new(
            Code::InternalError,
            format!("the sandbox cannot start: {error}"),
        )
        .hint(format!("check {}", app.paths.sandbox().display()))
    })?;
    let embedded = Embedded::at(running.base(), running.id());
    Ok((
        app.registry.clone().with_embedded(embedded),
        Some(RunningSandbox(running)),
    ))
}

#[cfg(not(feature = "sandbox"))]
#[allow(clippy::unnecessary_wraps)] // as the sandbox's own, which may fail to start
pub(crate) fn start<'a>(
    app: &App,
    _providers: impl IntoIterator<Item = &'a str>,
    _approve: Option<String>,
) -> Result<(Registry, Option<RunningSandbox>)> {
    Ok((app.registry.clone(), None))
}
