//! What the person is told: where to go, and every way in which the sign-in can finish.
//! The address is shown before a browser opens, so that no browser is ever the only way. What nobody can
//! go on without is shown under `-q` too.

use url::Url;

use crate::oauth::device::DeviceAuthorization;
use crate::term::Terminal;

use super::browser::Browser;
use super::consent::{Visitor, approves};
use super::{Wish, show};

pub(crate) struct Invitation<'a> {
    pub term: &'a dyn Terminal,
    pub wish: &'a Wish,
    pub url: Option<String>,
    pub port: Option<u16>,
    pub pasting: bool,
    /// Whether there is a code for another device, or will be.
    pub device: bool,
}

impl Invitation<'_> {
    /// Tells everything but the device code, which comes when it is there.
    pub(crate) fn begin(&self) {
        let (Visitor::Person(browser), Some(url)) = (&self.wish.visitor, &self.url) else {
            return;
        };
        match browser {
            Browser::None(why) => self.elsewhere(why, url),
            _ if self.port.is_none() => self.elsewhere("the answer is pasted", url),
            _ => self.here(url),
        }
    }

    /// The line that moves while nothing happens.
    pub(crate) fn waiting(&self) -> &'static str {
        match (&self.wish.visitor, self.port) {
            (Visitor::Person(Browser::None(_)), _) | (_, None) => {
                "waiting for the sign-in; Ctrl-C stops"
            }
            _ => "waiting for the browser; Ctrl-C stops",
        }
    }

    pub(crate) fn code(&self, code: &DeviceAuthorization) {
        let complete = code.verification_uri_complete.as_ref();
        let drawing = show::code(
            &code.user_code,
            complete.map(url::Url::as_str),
            &self.term.canvas(),
        );
        let or = if self.url.is_some() { "or " } else { "" };
        let (scan, compare) = if drawing.scans {
            (", or scan it", "the page must show this code; it")
        } else {
            ("", "the code")
        };
        let term = self.term;
        term.insist(&format!(
            "{or}on any device, open this and type the code{scan}:"
        ));
        term.insist(&format!("  {}", code.verification_uri));
        term.show(&drawing.lines);
        term.insist(&format!(
            "{compare} signs in this terminal, and is for nobody else"
        ));
        if let Visitor::AutoApprove(person) = &self.wish.visitor {
            term.say(&approves(person));
        }
    }

    /// The code's time is over, and something else may still finish.
    pub(crate) fn expired(&self) {
        let again = if self.pasting {
            "; Enter shows a new one"
        } else {
            ""
        };
        self.term.say(&format!("the code is no longer good{again}"));
    }

    /// A pushed request's address is good for a while only, and nobody may have begun with it.
    pub(crate) fn address_over(&self) {
        self.term
            .insist("the address is no longer good to begin with; Enter shows a new one");
    }

    pub(crate) fn address(&self, url: &Url) {
        self.term.insist("the address is now:");
        self.term.insist(&format!("  {url}"));
    }

    pub(crate) fn not_opened(&self, cause: &str, somebody: bool) {
        let (term, url) = (self.term, self.url.as_deref().unwrap_or_default());
        if !somebody {
            term.say(&format!("no browser opened ({cause})"));
        } else if term.is_quiet() {
            term.insist(&format!("no browser opened ({cause}); open this yourself:"));
            term.insist(&format!("  {url}"));
        } else {
            term.say(&format!(
                "no browser opened ({cause}); open the address above yourself"
            ));
        }
    }

    fn here(&self, url: &str) {
        let term = self.term;
        term.say(&format!(
            "sign in to {} in the browser:",
            self.wish.provider.title
        ));
        term.say(&format!("  {url}"));
        if self.pasting {
            term.say(
                "or open it in a browser elsewhere, and paste here the address that it ends on",
            );
        }
        if self.pasting && self.device {
            term.say("or press Enter for a code to type on another device");
        }
    }

    fn elsewhere(&self, why: &str, url: &str) {
        let term = self.term;
        term.say(&format!("no browser is opened here: {why}"));
        let title = &self.wish.provider.title;
        let place = if self.pasting {
            "any browser"
        } else {
            "the browser"
        };
        term.insist(&format!("sign in to {title} in {place}:"));
        term.insist(&format!("  {url}"));
        if self.pasting && self.wish.provider.redirect.shows_code && self.port.is_none() {
            term.insist("then paste here the code that it shows at the end");
        } else if self.pasting {
            term.insist("then paste here the address that it ends on, even if no page loads there");
        }
        if let Some(port) = self.port.filter(|_| self.wish.surroundings.ssh) {
            let host = self.wish.provider.redirect.host.literal();
            let or = if self.pasting { "or " } else { "" };
            term.insist(&format!(
                "{or}forward the redirect first, on the machine with the browser:"
            ));
            term.insist(&format!("  ssh -L {port}:{host}:{port} THIS_HOST"));
        }
    }
}
