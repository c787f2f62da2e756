//! The wait for the person: redirect, pasted address and device code side by side, and the first to
//! finish wins. One token request at a time; what the others bring is never redeemed.

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Wish;
use super::code::{Address, AddressEvent, CodeFlow};
use super::consent::{self, Visitor, no_flow_left};
use super::device::{DeviceEvent, DeviceFlow};
use super::invite::Invitation;
use super::listener::{Accepted, Listener};
use super::paste;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::oauth::ErrorResponse;
use crate::oauth::redirect::Verdict;
use crate::term::entry::{Entry, Typed};
use crate::token_set::TokenSet;
use crate::words::PageAddress;

/// How long a person is waited for; a device code that is shown has its own time.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

pub(crate) enum WaitOutcome {
    /// The browser came back, and waits for its page.
    Redirect(Accepted),
    Paste(Verdict),
    /// With the browser that came back during the poll, if one did.
    Device(Box<TokenSet>, Option<Accepted>),
    Denied(ErrorResponse),
}

impl WaitOutcome {
    pub(crate) fn browser(self) -> Option<Accepted> {
        match self {
            Self::Redirect(browser) => Some(browser),
            Self::Device(_, browser) => browser,
            Self::Paste(_) | Self::Denied(_) => None,
        }
    }
}

/// All ways of one login. One that cannot finish here is `None`.
pub(crate) struct Wait<'a> {
    pub context: &'a Context,
    pub wish: &'a Wish,
    pub code: Option<&'a CodeFlow>,
    pub address: Option<Address<'a>>,
    pub listener: Option<Listener>,
    pub entry: Option<Entry>,
    pub device: Option<DeviceFlow>,
}

enum WaitEvent {
    Redirect(Accepted),
    Typed(Typed),
    Device(DeviceEvent),
    Address(AddressEvent),
    Visited(std::result::Result<(), String>),
    TimeOver,
}

impl Wait<'_> {
    pub(crate) async fn run(mut self) -> Result<WaitOutcome> {
        if !self.can_finish() {
            return Err(no_flow_left(
                self.wish,
                "what is pasted does not arrive in the background, or without a terminal of its own",
            ));
        }
        let invitation = Invitation {
            term: &*self.context.term,
            wish: self.wish,
            url: (self.address.as_ref()).map(|address| PageAddress::new(&address.url)),
            port: self.listener.as_ref().map(Listener::port),
            pasting: self.entry.is_some(),
            device: self.device.is_some(),
        };
        invitation.show();
        let url = self.address.as_ref().map(|address| address.url.clone());
        let mut visit = pin!(consent::visit(self.context, self.wish, url));
        let mut visited = false;
        let mut deadline = Instant::now() + self.wish.timeout.unwrap_or(PATIENCE);
        let _progress = self.context.term.progress(invitation.progress());
        loop {
            let redirect = (self.listener.as_mut().zip(self.code))
                .map(|(listener, code)| listener.accept(|query| code.judge(query)));
            let happened = tokio::select! {
                accepted = next(redirect) => WaitEvent::Redirect(accepted),
                typed = next(self.entry.as_mut().map(Entry::next)) => WaitEvent::Typed(typed),
                event = next(self.device.as_mut().map(DeviceFlow::next)) => WaitEvent::Device(event),
                event = next(self.address.as_mut().map(Address::next)) => WaitEvent::Address(event),
                outcome = &mut visit, if !visited => WaitEvent::Visited(outcome),
                () = sleep_until(deadline) => WaitEvent::TimeOver,
            };
            if let WaitEvent::Device(DeviceEvent::Code(code)) = &happened
                && self.wish.timeout.is_none()
            {
                deadline = deadline.max(Instant::now() + code.expires_in);
            }
            visited |= matches!(happened, WaitEvent::Visited(_));
            if let Some(finish) = self.judge(happened, &invitation).await? {
                return Ok(finish);
            }
        }
    }

    async fn judge(
        &mut self,
        happened: WaitEvent,
        invitation: &Invitation<'_>,
    ) -> Result<Option<WaitOutcome>> {
        match happened {
            WaitEvent::Redirect(browser) => Ok(Some(match self.settle_poll().await {
                Some(tokens) => WaitOutcome::Device(tokens, Some(browser)),
                None => WaitOutcome::Redirect(browser),
            })),
            WaitEvent::Typed(typed) => match self.take_line(typed)? {
                Some(verdict) => Ok(Some(match self.settle_poll().await {
                    Some(tokens) => WaitOutcome::Device(tokens, None),
                    None => WaitOutcome::Paste(verdict),
                })),
                None => Ok(None),
            },
            WaitEvent::Device(event) => self.handle_device(event, invitation),
            WaitEvent::Address(event) => {
                self.handle_address(&event, invitation);
                Ok(None)
            }
            WaitEvent::Visited(Ok(())) => Ok(None),
            WaitEvent::Visited(Err(cause)) => {
                self.go_on_without_browser(&cause, invitation)?;
                Ok(None)
            }
            WaitEvent::TimeOver => {
                Err(self.add_trouble(consent::timeout_error(self.wish, PATIENCE)))
            }
        }
    }

    /// What the poll under way brings: an answer that arrives during one waits for it, for had it signed
    /// the person in, a second token request would be one too many.
    async fn settle_poll(&mut self) -> Option<Box<TokenSet>> {
        self.device.as_mut()?.settle().await
    }

    fn take_line(&mut self, typed: Typed) -> Result<Option<Verdict>> {
        let Some(code) = self.code else {
            return Ok(None);
        };
        let text = match typed {
            Typed::Line(text) => text,
            Typed::TooLong => {
                self.context.term.warn(&paste::too_long());
                return Ok(None);
            }
            Typed::Closed => {
                self.entry = None;
                if self.can_finish() {
                    return Ok(None);
                }
                return Err(no_flow_left(self.wish, "the terminal was closed"));
            }
        };
        match code.judge_paste(self.wish, &text) {
            Ok(Some(verdict)) => return Ok(Some(verdict)),
            Err(what) => self.context.term.warn(&what),
            Ok(None) => {
                if let Some(device) = &mut self.device {
                    device.hurry();
                }
                if let Some(address) = &mut self.address {
                    address.hurry();
                }
            }
        }
        Ok(None)
    }

    fn handle_device(
        &mut self,
        event: DeviceEvent,
        invitation: &Invitation<'_>,
    ) -> Result<Option<WaitOutcome>> {
        match event {
            DeviceEvent::Code(code) => {
                invitation.show_code(&code);
                Ok(None)
            }
            DeviceEvent::Granted(tokens) => Ok(Some(WaitOutcome::Device(tokens, None))),
            DeviceEvent::Denied(response) => Ok(Some(WaitOutcome::Denied(response))),
            DeviceEvent::Expired if self.takes_codes() => {
                invitation.say_code_over();
                Ok(None)
            }
            DeviceEvent::Expired => Err(self.add_trouble(consent::expiry_error(self.wish))),
            DeviceEvent::Failed(error) => {
                let device = self.device.take();
                if let Some(device) = device.filter(|_| !self.takes_codes()) {
                    return Err(device.explain(&error));
                }
                (self.context.term).step(&format!("no code for another device: {error}"));
                Ok(None)
            }
        }
    }

    /// A browser that was launched here has begun with the address in time. Where nobody can press Enter
    /// another is shown without.
    fn handle_address(&mut self, event: &AddressEvent, invitation: &Invitation<'_>) {
        let Some(address) = &mut self.address else {
            return;
        };
        match event {
            AddressEvent::Over if self.wish.launches() => {}
            AddressEvent::Over if self.entry.is_none() => address.hurry(),
            AddressEvent::Over => invitation.say_address_over(),
            AddressEvent::New => invitation.show_address(&PageAddress::new(&address.url)),
            AddressEvent::Failed(error) => {
                (self.context.term).warn(&format!("no new address was to be had: {error}"));
            }
        }
    }

    /// Without a browser the code is wanted now, and the address by whoever is there.
    fn go_on_without_browser(&mut self, cause: &str, invitation: &Invitation<'_>) -> Result<()> {
        if let Visitor::AutoApprove(_) = self.wish.visitor {
            let what = format!("the sandbox did not approve: {cause}");
            return Err(Error::new(Code::InternalError, what).hint("run it again with `-v`"));
        }
        let asked = self.context.term.can_ask();
        if !asked {
            (self.listener, self.address) = (None, None); // nobody is there to open it
        }
        match &mut self.device {
            Some(device) => device.hurry(),
            None if !asked => return Err(no_flow_left(self.wish, cause)),
            None => {}
        }
        invitation.say_not_opened(cause, asked);
        Ok(())
    }

    /// The end of the wait, with what the device flow met at last.
    fn add_trouble(&self, mut error: Error) -> Error {
        if let Some(why) = self.device.as_ref().and_then(DeviceFlow::trouble) {
            error.message = format!("{}; the last poll failed: {why}", error.message);
        }
        error
    }

    fn can_finish(&self) -> bool {
        self.takes_codes() || self.device.is_some()
    }

    fn takes_codes(&self) -> bool {
        self.listener.is_some() || self.entry.is_some()
    }
}

/// What a way has next; where there is none, nothing ever.
async fn next<T>(way: Option<impl Future<Output = T>>) -> T {
    match way {
        Some(next) => next.await,
        None => pending().await,
    }
}
