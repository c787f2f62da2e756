//! The page that shows a code for copying: the redirect URI of a client that cannot be reached.

use super::{Leads, page};
use crate::http::{Answer, Form, Request};

/// Where that page is. It lies below `/callback/`, so clients that take any callback may use it.
pub const PATH: &str = "/callback/code";

/// Answers GET of that page: `CODE#STATE`, or the code alone where it is `bare`. A redirect with an
/// error shows its word.
pub fn show(request: &Request, bare: bool) -> Answer {
    let form = Form::parse(request.query.as_bytes());
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
