//! The wait for the person: redirect, pasted address and device code side by side, and the first to
//! finish wins. One token request at a time; what the others bring is never redeemed.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Plan;
use super::consent::{Visit, Visitor, nobody};
use super::device::{DeviceFlow, Event};
use super::invite::Invitation;
use super::listener::{Accepted, Listener};
use super::paste::{self, Pasted};
use crate::error::{Code, Error, Result};
use crate::oauth::ErrorResponse;
use crate::oauth::authorize::AuthorizationRequest;
use crate::oauth::redirect::{self, Expected, Verdict};
use crate::online::{self, Online};
use crate::term::entry::{Entry, Typed};
use crate::token_set::TokenSet;

/// How long a person is waited for unless `--timeout` says otherwise. A device code that is shown
/// has its own time.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// How it ended.
pub struct Finish {
    /// Which way it took.
    pub by: By,
    /// The browser that waits for its page, also where another way was faster.
    pub browser: Option<Accepted>,
}

/// The way that was first.
pub enum By {
    /// The redirect; its verdict is the browser's.
    Redirect,
    /// The pasted address.
    Paste(Verdict),
    /// The device code.
    Device(Box<TokenSet>),
    /// The device code, and the person said no.
    Denied(ErrorResponse),
}

/// The authorization request, and where its answer may arrive.
pub struct CodeFlow<'a> {
    /// What was asked.
    pub request: &'a AuthorizationRequest,
    /// What its answer is judged by.
    pub expected: Expected,
    /// Where the browser ends.
    pub redirect_uri: &'a str,
    /// What waits there, if it is on this machine.
    pub listener: Option<Listener>,
}

/// All ways of one login. One that cannot finish here is `None`.
pub struct Race<'a> {
    /// The login's means.
    pub online: &'a Online,
    /// What was asked of it.
    pub plan: &'a Arc<Plan>,
    /// Redirect and paste.
    pub code: Option<CodeFlow<'a>>,
    /// Where an address is pasted.
    pub entry: Option<Entry>,
    /// The code for another device.
    pub device: Option<DeviceFlow>,
}

enum Happened {
    Redirect(Accepted),
    Typed(Typed),
    Device(Event),
    Visited(std::result::Result<(), String>),
    TimeOver,
}

impl Race<'_> {
    /// Invites the person, and waits.
    pub async fn run(mut self) -> Result<Finish> {
        let invitation = Invitation::new(&self);
        invitation.begin();
        let request = self.code.as_ref().map(|code| code.request);
        let mut visit = pin!(Visit::of(self.online, self.plan, request).go());
        let mut visited = false;
        let mut deadline = Instant::now() + self.plan.timeout.unwrap_or(PATIENCE);
        let progress = self.online.term.progress(invitation.waiting());
        let finish = loop {
            let happened = tokio::select! {
                accepted = redirected(&mut self.code) => Happened::Redirect(accepted),
                typed = typed(&mut self.entry) => Happened::Typed(typed),
                event = told(&mut self.device) => Happened::Device(event),
                outcome = &mut visit, if !visited => Happened::Visited(outcome),
                () = sleep_until(deadline) => Happened::TimeOver,
            };
            if let Happened::Device(Event::Code(code)) = &happened
                && self.plan.timeout.is_none()
            {
                deadline = deadline.max(Instant::now() + code.expires_in);
            }
            visited |= matches!(happened, Happened::Visited(_));
            if let Some(finish) = self.judge(happened, &invitation).await? {
                break finish;
            }
        };
        drop(progress);
        Ok(finish)
    }

    async fn judge(
        &mut self,
        happened: Happened,
        invitation: &Invitation<'_>,
    ) -> Result<Option<Finish>> {
        match happened {
            Happened::Redirect(accepted) => {
                let by = self.first(By::Redirect).await;
                let browser = Some(accepted);
                Ok(Some(Finish { by, browser }))
            }
            Happened::Typed(typed) => match self.pasted(typed)? {
                Some(verdict) => Ok(Some(self.first(By::Paste(verdict)).await.into())),
                None => Ok(None),
            },
            Happened::Device(event) => Ok(self.device_said(event, invitation)?.map(By::into)),
            Happened::Visited(Ok(())) => Ok(None),
            Happened::Visited(Err(cause)) => self.not_opened(&cause, invitation).map(|()| None),
            Happened::TimeOver => Err(self.timed_out()),
        }
    }

    /// An answer that arrives during a poll waits for what that says: had it signed the person in, a
    /// second token request would be one too many.
    async fn first(&mut self, by: By) -> By {
        match &mut self.device {
            Some(device) => device.settle().await.map_or(by, By::Device),
            None => by,
        }
    }

    /// What was typed, judged as strictly as a redirect. What is no answer is said, and asked for again.
    fn pasted(&mut self, typed: Typed) -> Result<Option<Verdict>> {
        let term = &self.online.term;
        let Some(code) = &self.code else {
            return Ok(None);
        };
        let text = match typed {
            Typed::Line(text) => text,
            Typed::TooLong => {
                term.warn(&paste::too_long());
                return Ok(None);
            }
            Typed::Closed => return self.without_entry().map(|()| None),
        };
        let rule = &self.plan.provider.redirect;
        let shows_code = rule.shows_code && rule.manual.as_deref() == Some(code.redirect_uri);
        let origin = self.plan.provider.authorization_endpoint.as_ref();
        let origin = origin.expect("a code flow has its endpoint");
        let verdict = match paste::read(&text, code.redirect_uri, origin, shows_code) {
            Pasted::Nothing => {
                if let Some(device) = &mut self.device {
                    device.hurry();
                }
                return Ok(None);
            }
            Pasted::Wrong(what) => {
                term.warn(&what);
                return Ok(None);
            }
            Pasted::Code(code) => Verdict::Code(code),
            Pasted::Redirect(query) => redirect::judge(query.expose(), &code.expected),
            Pasted::Shown(query) => redirect::judge(query.expose(), &code.expected.shown()),
        };
        match verdict {
            Verdict::NotOurs(why) => {
                term.warn(&format!(
                    "that answers another sign-in ({why}); open the address above and paste where it ends"
                ));
                Ok(None)
            }
            Verdict::Malformed(what) => {
                term.warn(&format!(
                    "that is not the whole address ({what}); copy all of it"
                ));
                Ok(None)
            }
            verdict => Ok(Some(verdict)),
        }
    }

    fn device_said(&mut self, event: Event, invitation: &Invitation<'_>) -> Result<Option<By>> {
        match event {
            Event::Code(code) => {
                invitation.code(&code);
                Ok(None)
            }
            Event::Granted(tokens) => Ok(Some(By::Device(tokens))),
            Event::Denied(response) => Ok(Some(By::Denied(response))),
            Event::Expired if self.code.is_some() => {
                invitation.expired();
                Ok(None)
            }
            Event::Expired => Err(self.expired()),
            Event::Failed(error) => {
                let failure =
                    online::failed(&error, Code::TokenExchangeFailed, "nothing was stored");
                if self.code.is_none() {
                    return Err(failure);
                }
                self.device = None;
                self.online
                    .term
                    .step(&format!("no code for another device: {error}"));
                Ok(None)
            }
        }
    }

    /// Without a browser the code is wanted now, and the address by whoever is there.
    fn not_opened(&mut self, cause: &str, invitation: &Invitation<'_>) -> Result<()> {
        if let Visitor::Myself(_) = self.plan.visitor {
            let what = format!("the sandbox did not approve: {cause}");
            return Err(Error::new(Code::InternalError, what).hint("run it again with `-v`"));
        }
        let asked = self.online.term.can_ask();
        match &mut self.device {
            Some(device) => device.hurry(),
            None if !asked => return Err(nobody(self.plan, cause)),
            None => {}
        }
        invitation.not_opened(cause, asked);
        Ok(())
    }

    /// The terminal is gone; what else can finish goes on.
    fn without_entry(&mut self) -> Result<()> {
        self.entry = None;
        let listens = self
            .code
            .as_ref()
            .is_some_and(|code| code.listener.is_some());
        if listens || self.device.is_some() {
            return Ok(());
        }
        Err(nobody(self.plan, "the terminal was closed"))
    }

    fn timed_out(&self) -> Error {
        let patience = self.plan.timeout.unwrap_or(PATIENCE);
        Error::new(
            Code::Timeout,
            format!(
                "nobody signed in within {}",
                humantime::format_duration(patience)
            ),
        )
        .hint(format!(
            "nothing was stored; run `keyfob login {}` again, `--timeout 10m` waits longer",
            self.plan.provider.name
        ))
    }

    fn expired(&self) -> Error {
        Error::new(
            Code::ExpiredToken,
            "the code was not typed while it was good",
        )
        .hint(format!(
            "nothing was stored; run `keyfob login {}` again for a new one",
            self.plan.provider.name
        ))
    }
}

impl From<By> for Finish {
    fn from(by: By) -> Self {
        Self { by, browser: None }
    }
}

async fn redirected(code: &mut Option<CodeFlow<'_>>) -> Accepted {
    match code {
        Some(CodeFlow {
            listener: Some(listener),
            expected,
            ..
        }) => {
            listener
                .accept(|query| redirect::judge(query, expected))
                .await
        }
        _ => pending().await,
    }
}

async fn typed(entry: &mut Option<Entry>) -> Typed {
    match entry {
        Some(entry) => entry.next().await,
        None => pending().await,
    }
}

async fn told(device: &mut Option<DeviceFlow>) -> Event {
    match device {
        Some(device) => device.next().await,
        None => pending().await,
    }
}
