//! The pages a browser is shown: consent, errors, and what this is. No scripts, nothing loaded.

use std::fmt::Write;

use url::{Host, Url};

use super::asked::Asked;
use super::http::{Answer, Refusal};
use super::people::{self, Person};
use super::scope::SCOPES;
use super::service::Service;
use crate::escape::escape_html;
use crate::secret::Secret;

const STYLE: &str = include_str!("page.css");

/// The longest foreign string shown, in characters.
const SHOWN: usize = 80;

/// The consent page: who asks, for what, who may say yes.
pub fn consent(asked: &Asked, id: &Secret) -> Answer {
    let client = text(&asked.target.client.name);
    let returns = text(&origin(&asked.target.redirect_uri));
    let chosen = asked.hint.unwrap_or(&people::people()[0]);
    let mut scopes = String::new();
    for (name, means) in SCOPES
        .iter()
        .filter(|(name, _)| asked.scope.iter().any(|s| s == name))
    {
        let _ = write!(scopes, "<li><span>{means}</span> <code>{name}</code></li>");
    }
    let mut choices = String::new();
    for person in people::people() {
        choices.push_str(&choice(person, person == chosen));
    }
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p>\
         <h1><b>{client}</b> wants to sign you in</h1>\
         <p>It asks to</p><ul>{scopes}</ul>\
         <form method=\"post\" action=\"/consent\">\
         <input type=\"hidden\" name=\"request\" value=\"{id}\">\
         <fieldset><legend>Sign in as</legend>{choices}</fieldset>\
         <div class=\"answers\">\
         <button name=\"answer\" value=\"allow\">Allow</button>\
         <button name=\"answer\" value=\"deny\" class=\"quiet\" formnovalidate>Deny</button></div>\
         </form>\
         <footer>You return to {returns}. This page is served by your own computer; \
         the people are made up and the tokens open nothing.</footer>",
        id = text(id.expose()),
    );
    page(
        200,
        "Practice sign-in",
        &body,
        Some(&asked.target.redirect_uri),
    )
}

fn choice(person: &Person, chosen: bool) -> String {
    let checked = if chosen { " checked" } else { "" };
    format!(
        "<label><input type=\"radio\" name=\"person\" value=\"{sub}\" required{checked}>\
         <b>{name}</b><code>{username}</code></label>",
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
    page(status, "This sign-in cannot go on", &body, None)
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
    page(200, "keyfob sandbox", &body, None)
}

fn page(status: u16, title: &str, body: &str, returns_to: Option<&Url>) -> Answer {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
    );
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'{}",
        form_action(returns_to),
    );
    Answer::html(status, html)
        .with("Content-Security-Policy", policy)
        .with("X-Frame-Options", "DENY")
}

/// Where the form may lead. Chromium holds the redirect that follows a form to this too, so the client's
/// origin is among them; an IPv6 origin cannot be written in a policy, and then it says nothing.
fn form_action(returns_to: Option<&Url>) -> String {
    match returns_to {
        None => "; form-action 'none'".into(),
        Some(uri) if matches!(uri.host(), Some(Host::Ipv6(_))) => String::new(),
        Some(uri) => format!("; form-action 'self' {}", origin(uri)),
    }
}

fn origin(uri: &Url) -> String {
    uri.origin().ascii_serialization()
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
        let action = |uri: &str| form_action(Some(&Url::parse(uri).unwrap()));
        assert_eq!(
            action("http://127.0.0.1:9/callback/a"),
            "; form-action 'self' http://127.0.0.1:9"
        );
        assert_eq!(action("http://[::1]:9/callback/a"), "");
        assert_eq!(form_action(None), "; form-action 'none'");
    }
}
