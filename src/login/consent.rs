//! Who goes to the authorization endpoint, and what the answer means.

use super::Plan;
use super::browser::Browser;
use crate::error::{Code, Error, Result};
use crate::oauth::ErrorResponse;
use crate::oauth::authorize::AuthorizationRequest;
use crate::oauth::redirect::Verdict;
use crate::online::Online;
use crate::secret::Secret;

/// Who goes to the authorization endpoint.
#[derive(Debug)]
pub enum Visitor {
    /// A person, with this browser.
    Person(Browser),
    /// keyfob itself, where the sandbox approves by itself as this person.
    Myself(String),
}

/// The way to the authorization endpoint; nothing where the browser is somewhere else.
pub enum Visit<'a> {
    /// A browser is launched.
    Launch(&'a Browser, &'a AuthorizationRequest),
    /// keyfob goes itself, as this person.
    Go(&'a Online, &'a AuthorizationRequest, &'a str),
    /// Nobody is sent.
    Stay,
}

impl<'a> Visit<'a> {
    /// Chooses.
    pub fn of(
        online: &'a Online,
        plan: &'a Plan,
        request: Option<&'a AuthorizationRequest>,
    ) -> Self {
        match (&plan.visitor, request) {
            (Visitor::Myself(person), Some(request)) => Self::Go(online, request, person),
            (Visitor::Person(Browser::None(_)), _) | (_, None) => Self::Stay,
            (Visitor::Person(_), _) if !plan.launches() => Self::Stay,
            (Visitor::Person(browser), Some(request)) => Self::Launch(browser, request),
        }
    }

    /// Goes. The error says in a few words what failed.
    pub async fn go(self) -> std::result::Result<(), String> {
        match self {
            Self::Stay => Ok(()),
            Self::Launch(browser, request) => browser.open(&request.url).await,
            Self::Go(online, request, person) => {
                online.term.say(&approves(person));
                // The page at the end is the listener's own, held until the account is stored; when the
                // login has failed by then, it is the login that says why.
                let visit = online.http.visit(&request.url).await;
                visit.map_err(|error| error.to_string())
            }
        }
    }
}

/// What is said where the sandbox approves by itself.
pub fn approves(person: &str) -> String {
    format!("no browser here: the sandbox approves by itself as `{person}`")
}

/// The code, or why there is none.
pub fn code<'a>(plan: &Plan, verdict: &'a Verdict) -> Result<&'a Secret> {
    let again = format!("run `keyfob login {}` again", plan.provider.name);
    match verdict {
        Verdict::Code(code) => Ok(code),
        Verdict::Refused(response) => Err(refused(plan, response)),
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
pub fn refused(plan: &Plan, response: &ErrorResponse) -> Error {
    let code = match response.error.as_str() {
        "server_error" | "temporarily_unavailable" => Code::ProviderUnavailable,
        "login_required" | "interaction_required" | "account_selection_required" => {
            Code::LoginRequired
        }
        _ => Code::AccessDenied,
    };
    let provider = &plan.provider;
    Error::new(code, format!("{} said no: {response}", provider.title)).hint(format!(
        "nothing was stored; run `keyfob login {}` again",
        provider.name
    ))
}

/// Nothing that is left can finish here.
pub fn nobody(plan: &Plan, why: &str) -> Error {
    let provider = &plan.provider;
    let device = match provider.device_authorization_endpoint {
        Some(_) => ", or add `--flow device`",
        None => "",
    };
    Error::new(
        Code::LoginRequired,
        format!("nobody can sign in to {} here: {why}", provider.title),
    )
    .hint(format!(
        "run `keyfob login {}` on a terminal{device}, or name a browser's command with `--browser` or in KEYFOB_BROWSER",
        provider.name
    ))
}
