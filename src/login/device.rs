//! The device flow's part of a login: when its code is asked for, and the polls (RFC 8628).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::{Plan, client};
use crate::context::Context;
use crate::error::Error;
use crate::oauth::device::{DeviceAuthorization, DeviceRequest, Pace, Poll};
use crate::oauth::{Client, ErrorResponse, OauthError};
use crate::token_set::TokenSet;
use keyfob_base::timestamp::Timestamp;

/// How long a browser that was launched here has the stage for itself.
const HEAD_START: Duration = Duration::from_secs(20);

/// What the device flow has to say.
#[derive(Debug)]
pub enum Event {
    /// A code to show.
    Code(DeviceAuthorization),
    /// Signed in.
    Granted(Box<TokenSet>),
    /// The person said no.
    Denied(ErrorResponse),
    /// The code's time is over.
    Expired,
    /// The server gives no code, or nothing will come of it.
    Failed(OauthError),
}

/// Where it stands. Requests run as tasks, so that a wait can be dropped and none of them is lost.
#[derive(Debug)]
enum Stage {
    /// The code is asked for at this moment.
    Later(Instant),
    Asking(JoinHandle<Result<DeviceAuthorization, OauthError>>),
    Waiting(Box<Shown>),
    Polling(Box<Shown>, JoinHandle<Poll>),
    /// No code is out; another may be asked for.
    Idle,
}

/// A code that is shown.
#[derive(Debug)]
struct Shown {
    authorization: DeviceAuthorization,
    pace: Pace,
}

/// The device flow of one login.
pub struct DeviceFlow {
    context: Arc<Context>,
    plan: Arc<Plan>,
    client: Client,
    stage: Stage,
    /// Why the last poll was no answer, if it was none.
    trouble: Option<String>,
}

impl DeviceFlow {
    /// Asks for the code at once, or after a while where a browser was `launched`.
    pub fn new(context: &Arc<Context>, plan: &Arc<Plan>, client: Client, launched: bool) -> Self {
        let wait = if launched { HEAD_START } else { Duration::ZERO };
        Self {
            context: Arc::clone(context),
            plan: Arc::clone(plan),
            client,
            stage: Stage::Later(Instant::now() + wait),
            trouble: None,
        }
    }

    /// Why the last poll was no answer: that nobody signed in is then not for certain.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Somebody wants the code now; where one is shown, nothing changes.
    pub fn hurry(&mut self) {
        if matches!(self.stage, Stage::Later(_) | Stage::Idle) {
            self.stage = Stage::Later(Instant::now());
        }
    }

    /// What a failure is to whoever signs in.
    pub fn failed(&self, error: &OauthError) -> Error {
        client::failed(&self.plan, &self.client, "the device flow", error)
    }

    /// Goes on until there is something to say. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.step().await {
                return event;
            }
        }
    }

    /// The tokens that the poll under way brings, if one is under way and it brings any.
    pub async fn settle(&mut self) -> Option<Box<TokenSet>> {
        if !matches!(self.stage, Stage::Polling(..)) {
            return None;
        }
        match self.step().await {
            Some(Event::Granted(tokens)) => Some(tokens),
            _ => None,
        }
    }

    async fn step(&mut self) -> Option<Event> {
        match &mut self.stage {
            Stage::Later(at) => {
                tokio::time::sleep_until((*at).into()).await;
                self.stage = Stage::Asking(self.ask());
                None
            }
            Stage::Asking(asking) => {
                let answer = asking.await.expect("asking for a code does not panic");
                Some(self.asked(answer))
            }
            Stage::Waiting(shown) => {
                if let Some(at) = shown.pace.next_poll() {
                    tokio::time::sleep_until(at.into()).await;
                }
                self.poll()
            }
            Stage::Polling(_, polling) => {
                let answer = polling.await.expect("a poll does not panic");
                self.polled(answer)
            }
            Stage::Idle => std::future::pending().await,
        }
    }

    fn ask(&self) -> JoinHandle<Result<DeviceAuthorization, OauthError>> {
        let (context, plan, client) = self.parts();
        tokio::spawn(async move { request(&plan, &client).send(&context.http).await })
    }

    fn asked(&mut self, answer: Result<DeviceAuthorization, OauthError>) -> Event {
        match answer {
            Ok(authorization) => {
                self.stage = Stage::Waiting(Box::new(Shown {
                    pace: Pace::new(&authorization, Instant::now()),
                    authorization: authorization.clone(),
                }));
                Event::Code(authorization)
            }
            Err(error) => self.over(Event::Failed(error)),
        }
    }

    fn poll(&mut self) -> Option<Event> {
        let Stage::Waiting(shown) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            return None;
        };
        if shown.pace.next_poll().is_none() {
            return Some(Event::Expired);
        }
        let (context, plan, client) = self.parts();
        let hold = plan.ephemeral.then(|| context.interrupts.hold());
        let Ok(hold) = hold.transpose() else {
            return None; // a signal ends the login at once
        };
        let authorization = shown.authorization.clone();
        let polling = tokio::spawn(async move {
            let _hold = hold;
            let poll = request(&plan, &client)
                .poll(&context.http, &authorization, Timestamp::now())
                .await;
            if let Poll::Granted(tokens) = &poll {
                plan.gain(&client, tokens);
            }
            poll
        });
        self.stage = Stage::Polling(shown, polling);
        None
    }

    fn polled(&mut self, answer: Poll) -> Option<Event> {
        let Stage::Polling(mut shown, _) = std::mem::replace(&mut self.stage, Stage::Idle) else {
            return None;
        };
        let (pace, now) = (&mut shown.pace, Instant::now());
        self.trouble = None;
        match answer {
            Poll::Pending => pace.pending(now),
            Poll::SlowDown(interval) => pace.slow_down(interval, now),
            Poll::Trouble(why) => {
                self.context
                    .term
                    .step(&format!("asking again later: {why}"));
                pace.trouble(now);
                self.trouble = Some(why);
            }
            Poll::Granted(tokens) => return Some(Event::Granted(tokens)),
            Poll::Denied(response) => return Some(Event::Denied(response)),
            Poll::Expired => return Some(Event::Expired),
            Poll::Failed(error) => return Some(Event::Failed(error)),
        }
        self.stage = Stage::Waiting(shown);
        None
    }

    fn over(&mut self, event: Event) -> Event {
        self.stage = Stage::Idle;
        event
    }

    fn parts(&self) -> (Arc<Context>, Arc<Plan>, Client) {
        let (context, plan) = (Arc::clone(&self.context), Arc::clone(&self.plan));
        (context, plan, self.client.clone())
    }
}

impl Drop for DeviceFlow {
    /// The loser's code is never redeemed: no poll outlives the login.
    fn drop(&mut self) {
        match &self.stage {
            Stage::Asking(asking) => asking.abort(),
            Stage::Polling(_, polling) => polling.abort(),
            Stage::Later(_) | Stage::Waiting(_) | Stage::Idle => {}
        }
    }
}

fn request<'a>(plan: &'a Plan, client: &'a Client) -> DeviceRequest<'a> {
    DeviceRequest {
        provider: &plan.provider,
        client,
        scopes: &plan.scopes,
        resource: &plan.resource,
        audience: plan.audience.as_deref(),
    }
}

#[cfg(test)]
mod tests;
