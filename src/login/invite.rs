//! What the person is told: where to go, and every way in which the sign-in can finish.
//!
//! The address is shown before a browser opens, so that no browser is ever the only way. What nobody can
//! go on without is shown under `-q` too.

use crate::oauth::device::DeviceAuthorization;
use crate::provider::RedirectHost;
use crate::term::Terminal;

use super::browser::Browser;
use super::consent::{Visitor, approves};
use super::race::Race;
use super::{Plan, show};

/// The ways that are open, as they are told.
pub struct Invitation<'a> {
    term: &'a dyn Terminal,
    plan: &'a Plan,
    url: Option<String>,
    /// The port that the redirect comes to, if it can.
    port: Option<u16>,
    pasting: bool,
    device: bool,
}

impl<'a> Invitation<'a> {
    /// Takes what a race has.
    pub fn new(race: &Race<'a>) -> Self {
        let listener = race.code.as_ref().and_then(|code| code.listener.as_ref());
        Self {
            term: &*race.online.term,
            plan: race.plan,
            url: race.code.as_ref().map(|code| code.request.url.to_string()),
            port: listener.map(super::Listener::port),
            pasting: race.entry.is_some(),
            device: race.device.is_some(),
        }
    }

    /// Tells everything but the device code, which comes when it is there.
    pub fn begin(&self) {
        let (Visitor::Person(browser), Some(url)) = (&self.plan.visitor, &self.url) else {
            return;
        };
        match browser {
            Browser::None(why) => self.elsewhere(why, url),
            _ if self.port.is_none() => self.elsewhere("the redirect does not come here", url),
            _ => self.here(url),
        }
    }

    /// The line that moves while nothing happens.
    pub fn waiting(&self) -> &'static str {
        match (&self.plan.visitor, self.port) {
            (Visitor::Person(Browser::None(_)), _) | (_, None) => {
                "waiting for the sign-in; Ctrl-C stops"
            }
            _ => "waiting for the browser; Ctrl-C stops",
        }
    }

    /// The code, as it is to be typed.
    pub fn code(&self, code: &DeviceAuthorization) {
        let canvas = self.term.canvas();
        let or = if self.url.is_some() { "or " } else { "" };
        let term = self.term;
        term.insist(&format!("{or}on any device, open"));
        term.insist(&format!("  {}", code.verification_uri));
        term.insist("and type");
        term.show(&show::code_box(&code.user_code, &canvas));
        term.insist("the code signs in this terminal, and is for nobody else");
        let complete = code.verification_uri_complete.as_ref();
        if let Some(qr) = complete.and_then(|url| show::qr(url.as_str(), &canvas)) {
            term.say("or scan this, and compare the code:");
            term.show(&qr);
        }
        if let Visitor::Myself(person) = &self.plan.visitor {
            term.say(&approves(person));
        }
    }

    /// The code's time is over, and something else may still finish.
    pub fn expired(&self) {
        let again = if self.pasting {
            "; Enter shows a new one"
        } else {
            ""
        };
        self.term.say(&format!("the code is no longer good{again}"));
    }

    /// The browser did not open.
    pub fn not_opened(&self, cause: &str, somebody: bool) {
        let (term, url) = (self.term, self.url.as_deref().unwrap_or_default());
        if somebody {
            term.insist(&format!("no browser opened ({cause}); open this yourself:"));
            term.insist(&format!("  {url}"));
        } else {
            term.say(&format!("no browser opened ({cause})"));
        }
    }

    /// A browser opens here.
    fn here(&self, url: &str) {
        let term = self.term;
        term.say(&format!(
            "sign in to {} in the browser:",
            self.plan.provider.title
        ));
        term.say(&format!("  {url}"));
        if self.pasting {
            let code = if self.device {
                "; Enter shows a code for another device"
            } else {
                ""
            };
            term.say(&format!(
                "or paste the address that a browser elsewhere ends on{code}"
            ));
        }
    }

    /// The browser is somewhere else.
    fn elsewhere(&self, why: &str, url: &str) {
        let term = self.term;
        term.say(&format!("no browser is opened here: {why}"));
        let title = &self.plan.provider.title;
        let place = if self.pasting {
            "any browser"
        } else {
            "the browser"
        };
        term.insist(&format!("sign in to {title} in {place}:"));
        term.insist(&format!("  {url}"));
        if self.pasting && self.plan.provider.redirect.shows_code && self.port.is_none() {
            term.insist("then paste here the code that it shows at the end");
        } else if self.pasting {
            term.insist("then paste here the address that it ends on, even if no page loads there");
        }
        if let Some(port) = self.port.filter(|_| self.plan.surroundings.ssh) {
            let host = match self.plan.provider.redirect.host {
                RedirectHost::Ipv6 => "[::1]",
                RedirectHost::Ipv4 | RedirectHost::Localhost => "127.0.0.1",
            };
            term.insist("or forward the redirect first, from the machine with the browser:");
            term.insist(&format!("  ssh -L {port}:{host}:{port} THIS_HOST"));
        }
    }
}
