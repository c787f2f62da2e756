//! The way to the network: a runtime, started only by the verbs that need one, and ended with them.

use std::sync::Arc;

use super::app::App;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::interrupts::{self, Interrupts};
use crate::oauth::{Http, HttpOptions};
use crate::provider::Registry;

/// Runs `work` until it ends or a signal ends it.
pub(crate) fn context<T>(
    app: &App,
    registry: Registry,
    work: impl AsyncFnOnce(Arc<Context>) -> Result<T>,
) -> Result<T> {
    to_its_end(app, registry, async |context| {
        let interrupts = Arc::clone(&context.interrupts);
        tokio::select! {
            // A signal that was held off to the end has still been said.
            result = work(context) => interrupts.check().and(result),
            interrupted = interrupts.obeyed() => Err(interrupted),
        }
    })
}

/// Runs `work` to its end, and leaves it to that what a signal means.
pub(crate) fn to_its_end<T>(
    app: &App,
    registry: Registry,
    work: impl AsyncFnOnce(Arc<Context>) -> Result<T>,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::io("cannot start the runtime", &error))?;
    let trace = Arc::clone(&app.term);
    let http = Http::new(HttpOptions {
        ca_pem: app.ca_pem()?,
        trace: Arc::new(move |step| trace.step(step)),
    })
    .map_err(|error| {
        Error::new(Code::ConfigInvalid, format!("cannot set up HTTPS: {error}"))
            .hint("check `ca_file` in config.toml, SSL_CERT_FILE and HTTPS_PROXY")
    })?;
    let result = runtime.block_on(async {
        let interrupts = Interrupts::listen();
        let context = Arc::new(Context {
            vault: Arc::clone(&app.vault),
            registry,
            http,
            term: Arc::clone(&app.term),
            audit: Arc::clone(&app.audit),
            interrupts,
        });
        work(context).await
    });
    interrupts::listen_no_more();
    runtime.shutdown_background(); // a keyring that hangs must not hold the exit
    result
}
