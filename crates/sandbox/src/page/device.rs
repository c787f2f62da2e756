//! The pages of a device's sign-in: type the code, see who asks and for what, and what was decided.

use super::{Leads, MADE_UP, answers, page, text, wishes};
use crate::client::Client;
use crate::http::Answer;
use crate::people::{self, people};
use crate::state::{Decision, DeviceRequest};
use keyfob_base::secret::Secret;

/// Asks for the code; `wrong` is one that means nothing here.
pub fn entry(wrong: Option<&str>) -> Answer {
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

/// The consent page. It shows the code, for a person who was sent here by a link to compare
/// (RFC 8628 §5.4).
pub fn consent(client: &Client, asked: &DeviceRequest, code: &str, id: &Secret) -> Answer {
    let body = format!(
        "<p class=\"kind\">Practice sign-in</p><h1><b>{}</b> wants to sign you in on a device</h1>\
         <p>Go on only if your own device shows this code:</p><p class=\"code\">{}</p>\
         {wishes}<form method=\"post\" action=\"/device\">{answers}</form>\
         <footer>{MADE_UP}</footer>",
        text(&client.name),
        text(&grouped(code)),
        wishes = wishes(&asked.scope),
        answers = answers(id, people().first()),
    );
    page(200, "Practice sign-in", &body, &Leads::Here)
}

/// What was decided.
pub fn decided(decision: &Decision) -> Answer {
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

/// A code as devices show it, however it was typed.
fn grouped(code: &str) -> String {
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
    fn a_code_is_shown_as_devices_show_it() {
        assert_eq!(grouped("wdjb mjht"), "WDJB-MJHT");
        assert_eq!(grouped("WDJBMJHT"), "WDJB-MJHT");
        assert_eq!(grouped(""), "");
    }
}
