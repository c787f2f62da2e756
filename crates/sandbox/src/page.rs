//! The pages a browser is shown: consent, a code for copying, a device's sign-in, errors, and what this is.
//! No scripts, nothing loaded.

use std::fmt::Write;
use std::sync::LazyLock;

use url::{Host, Origin, Url};

use crate::authorization_request::AuthorizationRequest;
use crate::client::KnownClient;
use crate::http::{Parameters, Refusal, Request, Response};
use crate::people::{self, Person, people};
use crate::scope::{SCOPES, has};
use crate::service::Service;
use crate::store::{Decision, DeviceRequest};
use keyfob_base::csp;
use keyfob_base::escape::escape_html;
use keyfob_base::secret::Secret;

const STYLE: &str = include_str!("page.css");

static POLICY: LazyLock<String> = LazyLock::new(|| csp::only_style(STYLE));

const MADE_UP: &str = "This page is served by your own computer; the people are made up and the tokens \
    open nothing.";

const SHOWN: usize = 80;

pub(crate) fn consent(asked: &AuthorizationRequest, id: &Secret) -> Response {
    let client = text(&asked.target.client.name);
    let returns = text(&origin(&asked.target.redirect_uri));
    let wishes = list_wishes(&asked.scope);
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

fn list_wishes(scope: &[String]) -> String {
    let mut scopes = String::new();
    for (name, means) in SCOPES.iter().filter(|(name, _)| has(scope, name)) {
        let _ = write!(scopes, "<li><span>{means}</span> <code>{name}</code></li>");
    }
    format!("<p>It asks to</p><ul>{scopes}</ul>")
}

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
pub(crate) fn error(refusal: &Refusal) -> Response {
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

pub(crate) fn index(service: &Service) -> Response {
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

enum Leads<'a> {
    Nowhere,
    Here,
    /// Here, and from here to the client.
    Back(&'a Url),
}

fn page(status: u16, title: &str, body: &str, leads: &Leads) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>",
    );
    Response::html(status, html)
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

fn text(raw: &str) -> String {
    escape_html(raw, SHOWN)
}

/// Where that page is. It lies below `/callback/`, so clients that take any callback may use it.
pub(crate) const CODE_PATH: &str = "/callback/code";

/// `CODE#STATE`, or the code alone where it is `bare`; of a redirect with an error, its word.
pub(crate) fn show_code(request: &Request, bare: bool) -> Response {
    let form = Parameters::parse(request.query.as_bytes());
    let (head, shown) = match (form.get("code"), form.get("state")) {
        (Some(code), Some(state)) if !bare => ("Copy this code", format!("{code}#{state}")),
        (Some(code), _) => ("Copy this code", code.to_owned()),
        (None, _) => (
            "You are not signed in",
            form.get("error")
                .unwrap_or("nothing was sent here")
                .to_owned(),
        ),
    };
    // Longer than any code and state that fit into a request.
    let shown = keyfob_base::escape::escape_html(&shown, 16 * 1024);
    let next = match form.get("code") {
        Some(_) => {
            "One click selects it. Paste it where the program asks for it, and nowhere else."
        }
        None => "Go back to the program and sign in again.",
    };
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p><h1>{head}</h1>\
         <p class=\"copy\"><code id=\"code\">{shown}</code></p>\
         <p>{next}</p><footer>Then you can close this tab.</footer>",
    );
    page(200, head, &body, &Leads::Nowhere)
}

pub(crate) fn device_entry(wrong: Option<&str>) -> Response {
    let said = wrong.map_or(String::new(), |code| {
        format!(
            "<p id=\"wrong\" class=\"wrong\" role=\"alert\"><b>{}</b> is unknown or has expired. Look at your \
             device again.</p>",
            text(code)
        )
    });
    let invalid = wrong.map_or("", |_| " aria-invalid=\"true\" aria-describedby=\"wrong\"");
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p><h1>Which code does your device show?</h1>{said}\
         <form method=\"get\" action=\"/device\">\
         <input class=\"code\" name=\"user_code\" aria-label=\"Code\" placeholder=\"XXXX-XXXX\" \
         maxlength=\"16\" required autofocus autocomplete=\"off\" autocapitalize=\"characters\" \
         spellcheck=\"false\"{invalid}>\
         <div class=\"answers\"><button>Continue</button></div></form>\
         <footer>{MADE_UP}</footer>"
    );
    let status = if wrong.is_some() { 404 } else { 200 };
    page(status, "Practice sign-in", &body, &Leads::Here)
}

/// Shows the code, for a person who was sent here by a link to compare (RFC 8628 §5.4).
pub(crate) fn device_consent(
    client: &KnownClient,
    asked: &DeviceRequest,
    code: &str,
    id: &Secret,
) -> Response {
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p><h1><b>{}</b> wants to sign you in on a device</h1>\
         <p>Go on only if your own device shows this code:</p><p class=\"code\">{}</p>\
         {wishes}<form method=\"post\" action=\"/device\">{answers}</form>\
         <footer>{MADE_UP}</footer>",
        text(&client.name),
        text(&group_letters(code)),
        wishes = list_wishes(&asked.scope),
        answers = answers(id, people().first()),
    );
    page(200, "Practice sign-in", &body, &Leads::Here)
}

pub(crate) fn device_outcome(decision: &Decision) -> Response {
    let (head, said) = match decision {
        Decision::Allowed { subject, .. } => ("Your device is signed in", allowed(subject)),
        Decision::Denied | Decision::Pending => (
            "Your device is not signed in",
            "You said no, and it is told so.".into(),
        ),
    };
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p><h1>{head}</h1><p>{said}</p>\
         <p>You can close this tab and go back to the device.</p>"
    );
    page(200, head, &body, &Leads::Nowhere)
}

fn allowed(subject: &str) -> String {
    let name = people::find(subject).map_or(subject, |person| person.name);
    format!(
        "It acts as {} from now on, and notices within seconds.",
        text(name)
    )
}

fn group_letters(code: &str) -> String {
    let letters: Vec<char> = code
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join("-")
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

    #[test]
    fn a_code_is_shown_as_devices_show_it() {
        assert_eq!(group_letters("wdjb mjht"), "WDJB-MJHT");
        assert_eq!(group_letters("WDJBMJHT"), "WDJB-MJHT");
        assert_eq!(group_letters(""), "");
    }
}
