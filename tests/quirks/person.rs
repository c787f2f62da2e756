//! A person in front of the sandbox's pages, by HTTP: reads what a form says, and answers it.

use url::{Url, form_urlencoded};

use keyfob_testkit::visitor::{Page, get, send};

/// A page that asks, opened once.
pub struct Consent {
    at: Url,
    /// What it shows.
    pub page: Page,
}

impl Consent {
    /// Opens it.
    pub fn open(at: &Url) -> Self {
        Self {
            at: at.clone(),
            page: get(at),
        }
    }

    /// Who is chosen beforehand: a subject.
    pub fn chosen(&self) -> Option<&str> {
        let (before, _) = self.page.body.split_once("\" required checked")?;
        before.rsplit('"').next()
    }

    /// Says yes as this person, and gives the page that follows; a page that asks nothing stays.
    pub fn allow(self, person: &str) -> Page {
        self.answer(&[("answer", "allow"), ("person", person)])
    }

    /// Says yes as whoever is chosen beforehand.
    pub fn allow_as_is(self) -> Page {
        let person = self.chosen().unwrap_or_default().to_owned();
        self.allow(&person)
    }

    /// Says no.
    pub fn deny(self) -> Page {
        self.answer(&[("answer", "deny")])
    }

    fn answer(self, answer: &[(&str, &str)]) -> Page {
        let body = &self.page.body;
        let request = between(body, "name=\"request\" value=\"", "\"");
        let (Some(request), Some(action)) = (request, between(body, "action=\"", "\"")) else {
            return self.page;
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("request", request).extend_pairs(answer);
        post(&self.at.join(action).expect("a URL"), &form.finish())
    }
}

/// What a page says in place of asking.
pub fn said(page: &Page) -> &str {
    between(&page.body, "class=\"said\">", "<").unwrap_or(&page.body)
}

/// The code that the page at the end shows for copying.
pub fn shown_code(page: &Page) -> Option<&str> {
    between(&page.body, "<code id=\"code\">", "<")
}

/// Sends a form.
pub fn post(to: &Url, form: &str) -> Page {
    let authority = &to[url::Position::BeforeHost..url::Position::AfterPort];
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        to.path(),
        form.len()
    );
    send(to, &request)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split(after).next()
}
