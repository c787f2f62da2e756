//! The part of a login that a person sees: the authorization endpoint is visited, the redirect awaited.

use super::Plan;
use super::browser::Browser;
use super::listener::{Accepted, Listener};
use super::surroundings::Surroundings;
use crate::error::{Code, Error, Result};
use crate::oauth::authorize::AuthorizationRequest;
use crate::oauth::redirect::{self, Expected, Verdict};
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

/// Whether anybody can sign in here: a browser, or a person who is shown the address.
pub fn somebody(online: &Online, plan: &Plan) -> Result<()> {
    match &plan.visitor {
        Visitor::Person(Browser::None(why)) if !online.term.can_ask() => Err(nobody(plan, why)),
        _ => Ok(()),
    }
}

/// Sends the visitor, and waits for the redirect until the plan's timeout.
pub async fn wait(
    online: &Online,
    plan: &Plan,
    request: &AuthorizationRequest,
    listener: &mut Listener,
) -> Result<Accepted> {
    let expected = Expected {
        state: request.state.clone(),
        issuer: plan.provider.issuer.clone(),
        iss_required: plan.provider.iss_parameter,
    };
    announce(online, plan, request, listener.port());
    let failed_visit = async {
        match visit(online, plan, request).await {
            Err(error) => error,
            Ok(()) => std::future::pending().await,
        }
    };
    let progress = online
        .term
        .progress("waiting for the browser; Ctrl-C stops");
    let answer = tokio::select! {
        accepted = tokio::time::timeout(plan.timeout, listener.accept(|query| redirect::judge(query, &expected))) => {
            accepted.map_err(|_| timed_out(plan))
        }
        error = failed_visit => Err(error),
    };
    drop(progress);
    answer
}

/// The code, or why there is none.
pub fn code<'a>(plan: &Plan, verdict: &'a Verdict) -> Result<&'a Secret> {
    let again = format!("run `keyfob login {}` again", plan.provider.name);
    match verdict {
        Verdict::Code(code) => Ok(code),
        Verdict::Refused(response) => {
            let code = match response.error.as_str() {
                "server_error" | "temporarily_unavailable" => Code::ProviderUnavailable,
                "login_required" | "interaction_required" | "account_selection_required" => {
                    Code::LoginRequired
                }
                _ => Code::AccessDenied,
            };
            Err(
                Error::new(code, format!("{} said no: {response}", plan.provider.title))
                    .hint(format!("nothing was stored; {again}")),
            )
        }
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

/// The URL is shown before a browser opens, so that no browser is ever the only way; where none
/// can be opened it is the only way itself.
fn announce(online: &Online, plan: &Plan, request: &AuthorizationRequest, port: u16) {
    let Visitor::Person(browser) = &plan.visitor else {
        return;
    };
    let why = match browser {
        Browser::None(why) => Some(why),
        _ => None,
    };
    let term = &online.term;
    let tell = |line: &str| match why {
        Some(_) => term.insist(line),
        None => term.say(line),
    };
    tell(&format!(
        "sign in to {} in the browser:",
        plan.provider.title
    ));
    tell(&format!("  {}", request.url));
    if let Some(why) = why {
        term.say(&format!("no browser is opened here: {why}"));
        if Surroundings::detect().ssh {
            tell("from the machine with the browser, first forward the redirect:");
            tell(&format!("  ssh -L {port}:127.0.0.1:{port} THIS_HOST"));
        }
    }
}

async fn visit(online: &Online, plan: &Plan, request: &AuthorizationRequest) -> Result<()> {
    match &plan.visitor {
        Visitor::Myself(person) => {
            online.term.say(&format!(
                "no browser here: the sandbox approves by itself as `{person}`"
            ));
            approve(online, request).await
        }
        Visitor::Person(Browser::None(_)) => Ok(()),
        Visitor::Person(browser) => match browser.open(&request.url).await {
            Ok(()) => Ok(()),
            Err(cause) if online.term.can_ask() => {
                let term = &online.term;
                term.insist(&format!("no browser opened ({cause}); open this yourself:"));
                term.insist(&format!("  {}", request.url));
                Ok(())
            }
            Err(cause) => Err(nobody(plan, &cause)),
        },
    }
}

/// Goes where a browser would. The page at the end is the listener's own, held until the account is
/// stored; when the login has failed by then, it is the login that says why.
async fn approve(online: &Online, request: &AuthorizationRequest) -> Result<()> {
    online.http.visit(&request.url).await.map_err(|cause| {
        Error::new(
            Code::InternalError,
            format!("the sandbox did not approve: {cause}"),
        )
        .hint("run it again with `-v`")
    })
}

fn nobody(plan: &Plan, why: &str) -> Error {
    Error::new(
        Code::LoginRequired,
        format!("nobody can sign in to {} here: {why}", plan.provider.title),
    )
    .hint(format!(
        "run `keyfob login {}` on a terminal, or name a browser's command in KEYFOB_BROWSER",
        plan.provider.name
    ))
}

fn timed_out(plan: &Plan) -> Error {
    Error::new(
        Code::Timeout,
        format!(
            "nobody signed in within {}",
            humantime::format_duration(plan.timeout)
        ),
    )
    .hint(format!(
        "nothing was stored; run `keyfob login {}` again, `--timeout 10m` waits longer",
        plan.provider.name
    ))
}
