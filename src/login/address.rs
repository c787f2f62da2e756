//! The address that the browser opens: the whole request, or a reference to one that was pushed
//! (RFC 9126), which is good for a while only.

use tokio::time::{Instant, sleep_until};
use url::Url;

use super::code::CodeFlow;
use super::{Plan, client};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::oauth::{OauthError, par};

/// What happens to an address while it is waited for.
#[derive(Debug)]
pub enum Event {
    /// Nobody can begin with it any more; a browser that has done so goes on.
    Over,
    /// Another stands in its place.
    New,
    /// No other was to be had.
    Failed(OauthError),
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    /// For ever.
    Good,
    Until(Instant),
    Over,
    /// Another is wanted.
    Wanted,
}

/// The address of one authorization request.
pub struct Address<'a> {
    context: &'a Context,
    plan: &'a Plan,
    code: &'a CodeFlow,
    stage: Stage,
    /// What the browser opens.
    pub url: Url,
}

impl<'a> Address<'a> {
    /// Pushes the request where the server wants or offers that, unless `unpushed` says why it cannot be.
    pub async fn of(
        context: &'a Context,
        plan: &'a Plan,
        code: &'a CodeFlow,
        unpushed: Option<&Error>,
    ) -> Result<Self> {
        let mut address = Self {
            context,
            plan,
            code,
            stage: Stage::Good,
            url: code.request.url.clone(),
        };
        let pushed = match unpushed {
            Some(why) => Err(why.clone()),
            None => address
                .push()
                .await
                .map_err(|error| client::failed(plan, &code.client, "the request", &error)),
        };
        match pushed {
            Err(error) if plan.provider.require_pushed_authorization_requests => Err(error),
            // Some servers take pushes from a few clients only, and the plain request from all.
            Err(error) => {
                let term = &context.term;
                term.step(&format!("the request was not pushed: {error}"));
                Ok(address)
            }
            Ok(()) => Ok(address),
        }
    }

    /// Another is wanted, if this one is over.
    pub fn hurry(&mut self) {
        if matches!(self.stage, Stage::Over) {
            self.stage = Stage::Wanted;
        }
    }

    /// Goes on until there is something to say. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Event {
        match self.stage {
            Stage::Good | Stage::Over => std::future::pending().await,
            Stage::Until(end) => {
                sleep_until(end).await;
                self.stage = Stage::Over;
                Event::Over
            }
            Stage::Wanted => match self.push().await {
                Ok(()) => Event::New,
                Err(error) => {
                    self.stage = Stage::Over;
                    Event::Failed(error)
                }
            },
        }
    }

    async fn push(&mut self) -> std::result::Result<(), OauthError> {
        let Some(endpoint) = &self.plan.provider.pushed_authorization_request_endpoint else {
            return Ok(());
        };
        let pushed = par::push(
            &self.context.http,
            endpoint,
            &self.code.client,
            &self.code.request,
        )
        .await?;
        let lifetime = pushed.expires_in;
        self.stage = lifetime.map_or(Stage::Good, |lives| Stage::Until(Instant::now() + lives));
        self.url = pushed.url;
        Ok(())
    }
}
