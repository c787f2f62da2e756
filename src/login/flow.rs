//! The flows by which somebody signs in, and which of them can finish here.

use std::fmt;

use clap::ValueEnum;

use super::consent::{Visitor, nobody};
use super::{Browser, Plan};
use crate::account::{Account, SignIn};
use crate::error::{Code, Error, Result};

/// What `--flow` chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Flow {
    /// Everything the place and the provider allow, at once; the first to finish wins.
    #[default]
    Auto,
    /// The system browser and a redirect to this machine (RFC 8252).
    Browser,
    /// A code typed on another device (RFC 8628).
    Device,
    /// The address that a browser anywhere ended on, pasted here.
    Paste,
    /// A machine account: the client's own id and secret, no person (RFC 6749 §4.4).
    ClientCredentials,
    /// A machine account: the identity token of a CI job, exchanged (RFC 8693).
    TokenExchange,
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no flow is hidden");
        f.write_str(value.get_name())
    }
}

impl Flow {
    /// The flow for an account that is expected to sign in: a machine does it as before.
    #[must_use]
    pub fn of(self, expected: Option<&Account>) -> Self {
        match (self, expected) {
            (Self::Auto, Some(account)) => match account.identity.kind {
                SignIn::Client => Self::ClientCredentials,
                SignIn::Exchange => Self::TokenExchange,
                SignIn::Person | SignIn::Given => self,
            },
            (flow, _) => flow,
        }
    }
}

/// The ways in which one login can finish, side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    /// The redirect reaches the listener.
    pub loopback: bool,
    /// The code is typed on another device.
    pub device: bool,
    /// The address is pasted.
    pub paste: bool,
}

impl Ways {
    /// What flow, provider and place allow; `silence` is why nobody can be asked, where that is so.
    /// Fails where none of them can finish.
    pub fn find(plan: &Plan, silence: Option<&str>) -> Result<Self> {
        let can_ask = silence.is_none();
        let (flow, provider) = (plan.flow, &plan.provider);
        let has_device = provider.device_authorization_endpoint.is_some();
        offered(plan, has_device)?;
        let (himself, opens) = match &plan.visitor {
            Visitor::Myself(_) => (true, true),
            Visitor::Person(Browser::None(_)) => (false, false),
            Visitor::Person(_) => (false, true),
        };
        let auto = flow == Flow::Auto;
        let ways = Self {
            loopback: (auto || flow == Flow::Browser)
                && !provider.redirect.no_loopback
                && (opens || can_ask),
            device: flow == Flow::Device || (auto && has_device && !himself),
            paste: (flow == Flow::Paste || (auto && !himself)) && can_ask,
        };
        ways.some().ok_or_else(|| {
            let why = match &plan.visitor {
                Visitor::Person(Browser::None(why)) if flow != Flow::Paste => why,
                _ => silence.unwrap_or("there is no way in"),
            };
            nobody(plan, why)
        })
    }

    /// The same where no code can be exchanged, for the reason of `why`.
    pub fn without_codes(self, why: Error) -> Result<Self> {
        let rest = Self {
            loopback: false,
            paste: false,
            ..self
        };
        rest.some().ok_or(why)
    }

    /// The same where the client cannot use the device flow, for the reason of `why`.
    pub fn without_device(self, why: Error) -> Result<Self> {
        let rest = Self {
            device: false,
            ..self
        };
        rest.some().ok_or(why)
    }

    /// Whether an authorization request is needed.
    pub fn codes(self) -> bool {
        self.loopback || self.paste
    }

    fn some(self) -> Option<Self> {
        (self.codes() || self.device).then_some(self)
    }
}

/// A flow that was asked for by name is one that the provider has.
fn offered(plan: &Plan, has_device: bool) -> Result<()> {
    let provider = &plan.provider;
    let (what, instead) = match plan.flow {
        Flow::Device if !has_device => ("no device flow is known for", ""),
        Flow::Browser if provider.redirect.no_loopback => {
            ("no redirect to this machine is taken by", " --flow paste")
        }
        _ => return Ok(()),
    };
    Err(
        Error::new(Code::Usage, format!("{what} {}", provider.title)).hint(format!(
            "run `{}`{}",
            plan.otherwise(instead),
            plan.see()
        )),
    )
}

#[cfg(test)]
mod tests;
