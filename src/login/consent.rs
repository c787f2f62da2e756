//! Who goes to the authorization endpoint, and what the answer means.

use std::fmt::Write;
use std::time::Duration;

use url::Url;

use super::browser::Browser;
use super::{Flow, Wish};
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::oauth::ErrorResponse;
use crate::oauth::redirect::Verdict;
use keyfob_base::secret::Secret;

#[derive(Debug)]
pub(crate) enum Visitor {
    Person(Browser),
    /// keyfob itself, where the sandbox approves by itself as this person.
    AutoApprove(String),
}

impl Default for Visitor {
    fn default() -> Self {
        Self::Person(Browser::None("nobody is asked".into()))
    }
}

/// Goes to the authorization endpoint, where a browser opens here or keyfob goes itself. The error says in a
/// few words what failed.
pub(crate) async fn visit(
    context: &Context,
    wish: &Wish,
    url: Option<Url>,
) -> std::result::Result<(), String> {
    match (&wish.visitor, url) {
        (Visitor::AutoApprove(person), Some(url)) => {
            context.term.say(&describe_approval(person));
            // The page at the end is the listener's own, held until the account is stored; when the
            // login has failed by then, it is the login that says why.
            let visit = context.http.visit(&url).await;
            visit.map_err(|error| error.to_string())
        }
        (Visitor::Person(browser), Some(url)) if wish.launches() => browser.open(&url).await,
        _ => Ok(()),
    }
}

pub(crate) fn describe_approval(person: &str) -> String {
    format!("no browser here: the sandbox approves by itself as `{person}`")
}

/// The code, or why there is none.
pub(crate) fn read_code<'a>(wish: &Wish, verdict: &'a Verdict) -> Result<&'a Secret> {
    let again = format!("run `{}` again", wish.command());
    match verdict {
        Verdict::Code(code) => Ok(code),
        Verdict::Refused(response) => Err(refusal_error(wish, response)),
        Verdict::WrongIssuer => Err(Error::new(
            Code::InvalidState,
            "the answer does not name the issuer that this login went to",
        )
        .hint(format!(
            "it may come from another server, so nothing of it was used; {again}"
        ))),
        Verdict::Malformed(what) | Verdict::NotOurs(what) => Err(Error::new(
            Code::InvalidResponse,
            format!("the redirect cannot be used: {what}"),
        )
        .hint(format!("nothing was stored; {again}"))),
    }
}

/// The person or the server said no.
pub(crate) fn refusal_error(wish: &Wish, response: &ErrorResponse) -> Error {
    let code = match response.error.as_str() {
        "server_error" | "temporarily_unavailable" => Code::ProviderUnavailable,
        "login_required" | "interaction_required" | "account_selection_required" => {
            Code::LoginRequired
        }
        _ => Code::AccessDenied,
    };
    let provider = &wish.provider;
    let next = match response.error.as_str() {
        "invalid_scope" => {
            format!(
                "ask for other scopes with `--scope`{}",
                wish.definition_hint()
            )
        }
        "invalid_target" => format!(
            "ask for a `--resource` that it knows{}",
            wish.definition_hint()
        ),
        "unauthorized_client"
        | "invalid_client"
        | "invalid_request"
        | "unsupported_response_type" => {
            format!(
                "check how the client is registered there{}",
                wish.definition_hint()
            )
        }
        _ => format!("run `{}` again", wish.command()),
    };
    Error::new(code, format!("{} said no: {response}", provider.title))
        .hint(format!("nothing was stored; {next}"))
}

pub(crate) fn no_flow_left(wish: &Wish, why: &str) -> Error {
    let provider = &wish.provider;
    let mut hint = format!("run `{}` on a terminal", wish.command());
    if provider.device_authorization_endpoint.is_some() {
        let device = wish.command_without_flow(" --flow device");
        let _ = write!(hint, ", or `{device}` here");
    }
    if matches!(wish.flow, Flow::Auto | Flow::Browser) && !provider.redirect.no_loopback {
        hint += ", or name a browser's command with `--browser` or in KEYFOB_BROWSER";
    }
    let what = format!("nobody can sign in to {} here: {why}", provider.title);
    Error::new(Code::LoginRequired, what).hint(hint)
}

/// Nobody signed in while that was waited for; `usual` is how long it is where `--timeout` is not given.
pub(crate) fn timeout_error(wish: &Wish, usual: Duration) -> Error {
    let patience = wish.timeout.unwrap_or(usual);
    let what = format!(
        "nobody signed in within {}",
        humantime::format_duration(patience)
    );
    Error::new(Code::Timeout, what).hint(format!(
        "nothing was stored; run `{}` again, `--timeout 10m` waits longer",
        wish.command()
    ))
}

pub(crate) fn expiry_error(wish: &Wish) -> Error {
    Error::new(
        Code::ExpiredToken,
        "the code was not typed while it was good",
    )
    .hint(format!(
        "nothing was stored; run `{}` again for a new one",
        wish.command()
    ))
}
