//! The flows by which somebody signs in, and which of them can finish here.

use std::fmt;

use clap::ValueEnum;

use super::consent::{Visitor, no_flow_left};
use super::{Browser, Wish};
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
    pub(crate) fn resolve(self, expected: Option<&Account>) -> Self {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ways {
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
    pub(crate) fn find(wish: &Wish, silence: Option<&str>) -> Result<Self> {
        let can_ask = silence.is_none();
        let (flow, provider) = (wish.flow, &wish.provider);
        let has_device = provider.device_authorization_endpoint.is_some();
        check_offered(wish, has_device)?;
        let (approves_itself, opens) = match &wish.visitor {
            Visitor::AutoApprove(_) => (true, true),
            Visitor::Person(Browser::None(_)) => (false, false),
            Visitor::Person(_) => (false, true),
        };
        let auto = flow == Flow::Auto;
        let ways = Self {
            loopback: (auto || flow == Flow::Browser)
                && !provider.redirect.no_loopback
                && (opens || can_ask),
            device: flow == Flow::Device || (auto && has_device && !approves_itself),
            paste: (flow == Flow::Paste || (auto && !approves_itself)) && can_ask,
        };
        ways.if_any().ok_or_else(|| {
            let why = match &wish.visitor {
                Visitor::Person(Browser::None(why)) if flow != Flow::Paste => why,
                _ => silence.unwrap_or("there is no way in"),
            };
            no_flow_left(wish, why)
        })
    }

    /// The same where no code can be exchanged, for the reason of `why`.
    pub(crate) fn without_codes(self, why: Error) -> Result<Self> {
        let rest = Self {
            loopback: false,
            paste: false,
            ..self
        };
        rest.if_any().ok_or(why)
    }

    /// The same where the client cannot use the device flow, for the reason of `why`.
    pub(crate) fn without_device(self, why: Error) -> Result<Self> {
        let rest = Self {
            device: false,
            ..self
        };
        rest.if_any().ok_or(why)
    }

    /// Whether an authorization request is needed.
    pub(crate) fn codes(self) -> bool {
        self.loopback || self.paste
    }

    fn if_any(self) -> Option<Self> {
        (self.codes() || self.device).then_some(self)
    }
}

/// A flow that was asked for by name is one that the provider has.
fn check_offered(wish: &Wish, has_device: bool) -> Result<()> {
    let provider = &wish.provider;
    let (what, instead) = match wish.flow {
        Flow::Device if !has_device => ("no device flow is known for", ""),
        Flow::Browser if provider.redirect.no_loopback => {
            ("no redirect to this machine is taken by", " --flow paste")
        }
        _ => return Ok(()),
    };
    Err(
        Error::new(Code::Usage, format!("{what} {}", provider.title)).hint(format!(
            "run `{}`{}",
            wish.command_without_flow(instead),
            wish.definition_hint()
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::fixture;
    use crate::provider::Provider;

    /// The ways as letters: `l`oopback, `d`evice, `p`aste; or the failure's code.
    fn ways(wish: &Wish, can_ask: bool) -> String {
        match Ways::find(wish, (!can_ask).then_some("nobody is there")) {
            Ok(ways) => [(ways.loopback, 'l'), (ways.device, 'd'), (ways.paste, 'p')]
                .into_iter()
                .filter_map(|(open, letter)| open.then_some(letter))
                .collect(),
            Err(error) => error.code.as_str().into(),
        }
    }

    fn wish(flow: Flow, device: bool, no_loopback: bool, opens: bool) -> Wish {
        let mut provider = Provider {
            name: "acme".into(),
            title: "Acme".into(),
            ..Provider::default()
        };
        provider.redirect.no_loopback = no_loopback;
        provider.device_authorization_endpoint =
            device.then(|| "https://id.example.com/device".parse().unwrap());
        let browser = if opens {
            Browser::System
        } else {
            Browser::None("this is an SSH session".into())
        };
        Wish {
            flow,
            visitor: Visitor::Person(browser),
            ..fixture::wish(provider)
        }
    }

    #[test]
    fn each_flow_has_the_ways_that_can_finish_here() {
        const NOBODY: &str = "login_required";
        // With a browser and somebody to ask, with a browser alone, with somebody alone, with neither.
        for (flow, device, no_loopback, open) in [
            (Flow::Auto, true, false, ["ldp", "ld", "ldp", "d"]),
            (Flow::Auto, false, false, ["lp", "l", "lp", NOBODY]),
            (Flow::Auto, true, true, ["dp", "d", "dp", "d"]),
            (Flow::Auto, false, true, ["p", NOBODY, "p", NOBODY]),
            (Flow::Browser, true, false, ["l", "l", "l", NOBODY]),
            (Flow::Browser, true, true, ["usage"; 4]),
            (Flow::Device, true, false, ["d"; 4]),
            (Flow::Device, false, false, ["usage"; 4]),
            (Flow::Paste, true, false, ["p", NOBODY, "p", NOBODY]),
        ] {
            for ((opens, can_ask), expected) in
                [(true, true), (true, false), (false, true), (false, false)]
                    .into_iter()
                    .zip(open)
            {
                let wish = wish(flow, device, no_loopback, opens);
                let case = format!("{flow:?} {device} {no_loopback} {opens} {can_ask}");
                assert_eq!(ways(&wish, can_ask), expected, "{case}");
            }
        }
    }

    #[test]
    fn keyfob_itself_takes_the_redirect_alone() {
        let wish = Wish {
            visitor: Visitor::AutoApprove("ada".into()),
            ..wish(Flow::Auto, true, false, true)
        };
        assert_eq!(ways(&wish, true), "l");
    }

    #[test]
    fn without_a_client_for_one_kind_the_other_goes_on() {
        let both = Ways {
            loopback: true,
            device: true,
            paste: true,
        };
        let why = || Error::new(Code::RegistrationRequired, "no secret");
        let device = both.without_codes(why()).unwrap();
        assert!(device.device && !device.codes());
        let codes = both.without_device(why()).unwrap();
        assert!(codes.codes() && !codes.device);
        for nothing in [device.without_device(why()), codes.without_codes(why())] {
            assert_eq!(nothing.unwrap_err().message, "no secret");
        }
    }
}
