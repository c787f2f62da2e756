//! The pages a browser is shown: consent, errors, and what this is. No scripts, nothing loaded.

pub mod code;
pub mod device;

use std::fmt::Write;
use std::sync::LazyLock;

use url::{Host, Origin, Url};

use super::asked::Asked;
use super::http::{Answer, Refusal};
use super::people::{self, Person};
use super::scope::{SCOPES, has};
use super::service::Service;
use keyfob_base::csp;
use keyfob_base::escape::escape_html;
use keyfob_base::secret::Secret;

const STYLE: &str = include_str!("page.css");

static POLICY: LazyLock<String> = LazyLock::new(|| csp::only_style(STYLE));

/// What every consent page says of itself.
const MADE_UP: &str = "This page is served by your own computer; the people are made up and the tokens \
    open nothing.";

/// The longest foreign string shown, in characters.
const SHOWN: usize = 80;

/// The consent page: who asks, for what, who may say yes.
pub fn consent(asked: &Asked, id: &Secret) -> Answer {
    let client = text(&asked.target.client.name);
    let returns = text(&origin(&asked.target.redirect_uri));
    let wishes = wishes(&asked.scope);
    let chosen = asked.hint.or(people::people().first());
    let answers = answers(id, chosen.filter(|_| !asked.selects));
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p>\
         <h1><b>{client}</b> wants to sign you in</h1>\
         {wishes}<form method=\"post\" action=\"/consent\">{answers}</form>\
         <footer>Then you go back to {returns}. {MADE_UP}</footer>",
    );
    let leads = Leads::Back(&asked.target.redirect_uri);
    page(200, "Practice sign-in", &body, &leads)
}

/// What is asked for.
fn wishes(scope: &[String]) -> String {
    let mut scopes = String::new();
    for (name, means) in SCOPES.iter().filter(|(name, _)| has(scope, name)) {
        let _ = write!(scopes, "<li><span>{means}</span> <code>{name}</code></li>");
    }
    format!("<p>It asks to</p><ul>{scopes}</ul>")
}

/// Who may say yes, and the two buttons, in a form that has the page's own id.
fn answers(id: &Secret, chosen: Option<&Person>) -> String {
    let mut choices = String::new();
    for person in people::people() {
        choices.push_str(&choice(person, Some(person) == chosen));
    }
    format!(
        "<input type=\"hidden\" name=\"request\" value=\"{id}\">\
         <fieldset><legend>Sign in as</legend><div class=\"people\">{choices}</div></fieldset>\
         <div class=\"answers\">\
         <button name=\"answer\" value=\"allow\">Allow</button>\
         <button name=\"answer\" value=\"deny\" class=\"quiet\" formnovalidate>Deny</button></div>",
        id = text(id.expose()),
    )
}

fn choice(person: &Person, chosen: bool) -> String {
    let checked = if chosen { " checked" } else { "" };
    format!(
        "<label><input type=\"radio\" name=\"person\" value=\"{sub}\" required{checked}>\
         <span><b>{name}</b> <code>{username}</code></span></label>",
        sub = text(person.sub),
        name = text(person.name),
        username = text(person.preferred_username),
    )
}

/// An error that must not leave this server, because it is unclear who asked (RFC 6749 §4.1.2.1).
pub fn error(refusal: &Refusal) -> Answer {
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p><h1>This sign-in cannot go on</h1><p class=\"said\">{}</p>\
         <footer><code>{}</code></footer>",
        text(&refusal.description),
        text(refusal.error),
    );
    // A 401 would need a challenge, and a browser would ask for a password.
    let status = if refusal.status == 401 {
        400
    } else {
        refusal.status
    };
    page(status, "This sign-in cannot go on", &body, &Leads::Nowhere)
}

/// What is served here, for whoever looks.
pub fn index(service: &Service) -> Answer {
    let mut lives = String::new();
    for person in people::people() {
        let (name, username) = (text(person.name), text(person.preferred_username));
        let _ = write!(
            lives,
            "<li><span>{name}</span> <code>{username}</code></li>"
        );
    }
    let body = format!(
        "<p class=\"kind\">keyfob sandbox</p><h1>A provider to practise with</h1>\
         <p>This is an OAuth 2 authorization server on your own computer. It is real, its people are \
         not, and its tokens open nothing.</p><ul>{lives}</ul>\
         <p>A client starts at its <a href=\"/.well-known/openid-configuration\">metadata</a>.</p>\
         <footer>Issuer <code>{}</code></footer>",
        text(&service.issuer),
    );
    page(200, "keyfob sandbox", &body, &Leads::Nowhere)
}

/// Where a page's form may lead.
enum Leads<'a> {
    Nowhere,
    Here,
    /// Here, and from here to the client.
    Back(&'a Url),
}

fn page(status: u16, title: &str, body: &str, leads: &Leads) -> Answer {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
    );
    Answer::html(status, html)
        .with(
            "Content-Security-Policy",
            POLICY.clone() + &form_action(leads),
        )
        .with("X-Frame-Options", "DENY")
}

/// Where the form may lead. Chromium holds the redirect that follows a form to this too, so the client's
/// origin is among them; an IPv6 origin cannot be written in a policy, and then it says nothing.
fn form_action(leads: &Leads) -> String {
    match leads {
        Leads::Nowhere => "; form-action 'none'".into(),
        Leads::Here => "; form-action 'self'".into(),
        Leads::Back(uri) if matches!(uri.host(), Some(Host::Ipv6(_))) => String::new(),
        Leads::Back(uri) => format!("; form-action 'self' {}", origin(uri)),
    }
}

/// The origin of a URI; of one with a scheme of its own, which has none, the scheme.
fn origin(uri: &Url) -> String {
    match uri.origin() {
        Origin::Opaque(_) => format!("{}:", uri.scheme()),
        origin @ Origin::Tuple(..) => origin.ascii_serialization(),
    }
}

/// Makes a string safe between tags and in quoted attributes, without controls, cut to a line.
fn text(raw: &str) -> String {
    escape_html(raw, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text() {
        assert_eq!(
            text("<b>\"'&\u{202e}\n"),
            "&lt;b&gt;&quot;&#39;&amp;\\u{202e}\\n"
        );
        assert_eq!(text(&"<".repeat(200)).matches("&lt;").count(), SHOWN - 1);
    }

    #[test]
    fn the_form_may_lead_back_to_the_client_and_nowhere_else() {
        let action = |uri: &str| form_action(&Leads::Back(&Url::parse(uri).unwrap()));
        assert_eq!(
            action("http://127.0.0.1:9/callback/a"),
            "; form-action 'self' http://127.0.0.1:9"
        );
        assert_eq!(action("http://[::1]:9/callback/a"), "");
        assert_eq!(
            action("practice+abc://signed-in"),
            "; form-action 'self' practice+abc:"
        );
        assert_eq!(form_action(&Leads::Here), "; form-action 'self'");
        assert_eq!(form_action(&Leads::Nowhere), "; form-action 'none'");
    }
}
