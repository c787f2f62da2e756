//! What the person is told: where to go, and every way in which the sign-in can finish.
//! The address is shown before a browser opens, so that no browser is ever the only way. What nobody can
//! go on without is shown under `-q` too.

use crate::oauth::device::{DeviceAuthorization, UserCode};
use crate::term::Terminal;
use crate::words::{PageAddress, Text};
use keyfob_base::escape::escape;

use super::browser::Browser;
use super::consent::{Visitor, describe_approval};
use super::{Wish, show};

pub(crate) struct Invitation<'a> {
    pub term: &'a dyn Terminal,
    pub wish: &'a Wish,
    pub url: Option<PageAddress>,
    pub port: Option<u16>,
    pub pasting: bool,
    /// Whether there is a code for another device, or will be.
    pub device: bool,
}

impl Invitation<'_> {
    /// Tells everything but the device code, which comes when it is there.
    pub(crate) fn show(&self) {
        let (Visitor::Person(browser), Some(url)) = (&self.wish.visitor, &self.url) else {
            return;
        };
        match browser {
            Browser::None(why) => self.invite_elsewhere(why, url),
            _ if self.port.is_none() => self.invite_elsewhere("the answer is pasted", url),
            _ => self.invite_here(url),
        }
    }

    pub(crate) fn progress(&self) -> &'static str {
        match (&self.wish.visitor, self.port) {
            (Visitor::Person(Browser::None(_)), _) | (_, None) => {
                "waiting for the sign-in; Ctrl-C stops"
            }
            _ => "waiting for the browser; Ctrl-C stops",
        }
    }

    pub(crate) fn show_code(&self, code: &DeviceAuthorization) {
        let term = self.term;
        let or = if self.url.is_some() { "or " } else { "" };
        let page = PageAddress::new(&code.verification_uri);
        let compare = match &code.user_code {
            UserCode::Plain(plain) => {
                let complete = code.verification_uri_complete.as_ref();
                let complete = complete.map(PageAddress::new);
                let drawing = show::draw(plain, complete.as_ref(), &term.canvas());
                let (scan, compare) = if drawing.scans {
                    (", or scan it", "the page must show this code; it")
                } else {
                    ("", "the code")
                };
                term.insist(&format!(
                    "{or}on any device, open this and type the code{scan}:"
                ));
                term.insist(&format!("  {page}"));
                term.show(&Text::new(&drawing.lines));
                compare
            }
            UserCode::Odd(words) => {
                let title = &self.wish.provider.title;
                term.insist(&format!(
                    "{or}on any device, open this and type what {title} calls its code, between the quotes:"
                ));
                term.insist(&format!("  {page}"));
                term.insist(&format!("  \"{}\"", escape(words)));
                "this unusual code"
            }
        };
        term.insist(&format!(
            "{compare} signs in this terminal, and is for nobody else"
        ));
        if let Visitor::AutoApprove(person) = &self.wish.visitor {
            term.say(&describe_approval(person));
        }
    }

    /// The code's time is over, and something else may still finish.
    pub(crate) fn say_code_over(&self) {
        let again = if self.pasting {
            "; Enter shows a new one"
        } else {
            ""
        };
        self.term.say(&format!("the code is no longer good{again}"));
    }

    /// A pushed request's address is good for a while only, and nobody may have begun with it.
    pub(crate) fn say_address_over(&self) {
        self.term
            .insist("the address is no longer good to begin with; Enter shows a new one");
    }

    pub(crate) fn show_address(&self, url: &PageAddress) {
        self.term.insist("the address is now:");
        self.term.insist(&format!("  {url}"));
    }

    pub(crate) fn say_not_opened(&self, cause: &str, somebody: bool) {
        let (term, url) = (self.term, self.url.as_ref().map_or("", PageAddress::as_str));
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

    fn invite_here(&self, url: &PageAddress) {
        let (term, title) = (self.term, &self.wish.provider.title);
        term.say(&format!("sign in to {title} in the browser:"));
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

    fn invite_elsewhere(&self, why: &str, url: &PageAddress) {
        let (term, title) = (self.term, &self.wish.provider.title);
        term.say(&format!("no browser is opened here: {why}"));
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
