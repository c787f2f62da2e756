//! A person at a browser, as small as can be: it keeps cookies, follows redirects and fills in forms.

use std::collections::BTreeMap;

use url::{Position, Url};

use keyfob_testkit::visitor::{self, Page};

/// The most pages that lead from the first address to the last.
const LIMIT: usize = 20;

/// Signs in as somebody, and agrees to what is asked.
pub struct Browser {
    person: String,
    code: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Somebody whom the server has not met.
    pub fn of(person: &str) -> Self {
        Self {
            person: person.to_owned(),
            code: String::new(),
            cookies: BTreeMap::new(),
        }
    }

    /// Goes through the server's pages from the authorization endpoint on, and returns where it sends
    /// the person in the end, without going there.
    pub fn consent(&mut self, authorization: &Url) -> Url {
        let page = self.get(authorization);
        match self.walk(authorization, page) {
            End::Elsewhere(url) => url,
            End::Here(page) => panic!("no form: {page:?}"),
        }
    }

    /// Types the code of a device where it says, and goes through all pages to the last.
    pub fn approve(&mut self, verification: &Url, code: &str) -> Page {
        code.clone_into(&mut self.code);
        let page = self.get(verification);
        match self.walk(verification, page) {
            End::Here(page) => page,
            End::Elsewhere(url) => panic!("sent to {url}"),
        }
    }

    /// Types the code of a device, and says no to the question whether it is theirs.
    pub fn abort(&mut self, verification: &Url, code: &str) -> Page {
        code.clone_into(&mut self.code);
        let page = self.get(verification);
        let form = Form::of(&page.body).expect("a form for the code");
        let at = verification.join(&form.action).expect("a URL");
        let page = self.post(&at, &form.filled_in_by(self));
        let mut form = Form::of(&page.body).expect("a form to confirm");
        form.inputs.retain(|(name, _)| name != "confirm");
        form.inputs.push(("abort".into(), Some("yes".into())));
        self.post(&at, &form.filled_in_by(self))
    }

    /// Types the code of a device, confirms it, and gives up at the form after that.
    pub fn cancel_device(&mut self, verification: &Url, code: &str) -> Page {
        code.clone_into(&mut self.code);
        let mut at = verification.clone();
        let mut page = self.get(&at);
        while let Some(form) = Form::of(&page.body) {
            at = at.join(&form.action).expect("a URL");
            page = self.post(&at, &form.filled_in_by(self));
        }
        at = at.join(page.header("location")).expect("a URL");
        page = self.get(&at);
        at = at.join(&abort_of(&page)).expect("a URL");
        page = self.get(&at);
        while !page.header("location").is_empty() {
            at = at.join(page.header("location")).expect("a URL");
            page = self.get(&at);
        }
        page
    }

    /// Follows redirects and fills in forms, to a page without one or another server.
    fn walk(&mut self, start: &Url, mut page: Page) -> End {
        let mut at = start.clone();
        for _ in 0..LIMIT {
            let location = page.headers("location").next().map(str::to_owned);
            if let Some(to) = location {
                at = at.join(&to).expect("a URL");
                if at.origin() != start.origin() {
                    return End::Elsewhere(at);
                }
                page = self.get(&at);
            } else if let Some(form) = Form::of(&page.body) {
                at = at.join(&form.action).expect("a URL");
                page = self.post(&at, &form.filled_in_by(self));
            } else {
                return End::Here(page);
            }
        }
        panic!("no end at {at}");
    }

    /// Gives up at the first form, by its one link, `[ Cancel ]`.
    pub fn cancel(&mut self, authorization: &Url) -> Url {
        let redirect = self.get(authorization);
        let form = redirect.headers("location").next().expect("a redirect");
        let page = self.get(&authorization.join(form).expect("a URL"));
        self.consent(&authorization.join(&abort_of(&page)).expect("a URL"))
    }

    fn get(&mut self, url: &Url) -> Page {
        self.send(url, "GET", "")
    }

    fn post(&mut self, url: &Url, form: &str) -> Page {
        self.send(url, "POST", form)
    }

    fn send(&mut self, url: &Url, method: &str, body: &str) -> Page {
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len(),
        );
        let page = visitor::send(url, &request);
        assert!((200..400).contains(&page.status), "{url}: {page:?}");
        for cookie in page.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        page
    }
}

/// Where the pages end.
enum End {
    Elsewhere(Url),
    Here(Page),
}

/// The link `[ Cancel ]` of a form.
fn abort_of(page: &Page) -> String {
    let (_, link) = page.body.split_once("<a ").expect("a link");
    attribute(link, "href").expect("an address")
}

/// The first form of a page.
struct Form {
    action: String,
    inputs: Vec<(String, Option<String>)>,
}

impl Form {
    fn of(html: &str) -> Option<Self> {
        let (_, form) = html.split_once("<form ")?;
        let (form, _) = form.split_once("</form>")?;
        let inputs = form.split("<input").skip(1);
        Some(Self {
            action: attribute(form, "action")?,
            inputs: inputs
                .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value"))))
                .collect(),
        })
    }

    /// What is sent: values that the page gives stand, and into all other inputs the person types who
    /// they are, or the code of their device.
    fn filled_in_by(&self, browser: &Browser) -> String {
        let mut filled = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.inputs {
            let typed = match name.as_str() {
                "user_code" => &browser.code,
                _ => &browser.person,
            };
            filled.append_pair(name, value.as_deref().unwrap_or(typed));
        }
        filled.finish()
    }
}

/// An attribute of the tag that `html` begins in.
fn attribute(html: &str, name: &str) -> Option<String> {
    let (tag, _) = html.split_once('>')?;
    let (_, value) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = value.split_once('"')?;
    Some(value.replace("&amp;", "&"))
}
