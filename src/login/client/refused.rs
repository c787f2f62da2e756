//! What it means to whoever signs in that the provider did not do as it was asked.

use crate::context;
use crate::error::{Code, Error};
use crate::login::Plan;
use crate::oauth::{Client, ErrorResponse, OauthError};

/// A request of a login that failed; `what` was refused where the provider said no.
pub fn failed(plan: &Plan, client: &Client, what: &str, error: &OauthError) -> Error {
    let failure = context::failed(error, Code::TokenExchangeFailed, "nothing was stored");
    let OauthError::Refused(response) = error else {
        return failure;
    };
    Error {
        message: format!("{} refused {what}: {response}", plan.provider.title),
        hint: Some(format!(
            "nothing was stored; {}",
            next(plan, client, response)
        )),
        ..failure
    }
}

/// Where it is the client that is refused (`invalid_client`, RFC 6749 §5.2), trying again is no help.
fn next(plan: &Plan, client: &Client, response: &ErrorResponse) -> String {
    match (response.error.as_str(), &client.secret) {
        ("invalid_client", Some(_)) => format!(
            "where the client secret has changed, set {} to the new one",
            plan.provider.variable("CLIENT_SECRET")
        ),
        ("invalid_client" | "unauthorized_client", _) => format!(
            "check the client id and how the client is registered there{}",
            plan.see()
        ),
        ("invalid_target", _) => {
            "name what the token is for as the provider knows it, with `--resource` or `--audience`"
                .into()
        }
        ("insufficient_scope", _) => "ask for the scope that it names too, with `--scope`".into(),
        ("invalid_scope", _) => format!("ask for other scopes with `--scope`{}", plan.see()),
        _ => format!("run `{}` to see the requests", plan.again_with(" -v")),
    }
}
