//! Pushed authorization requests (RFC 9126): the endpoint, and what opens what was pushed there.

use serde_json::json;

use super::asked::{Asked, Target};
use super::authenticate::authenticate;
use super::http::{Answer, Form, Refusal, Request};
use super::service::Service;
use super::state::pushed::{LIFETIME, URN};
use keyfob_base::timestamp::Timestamp;

/// Answers POST /par. What cannot be granted is refused here already (RFC 9126 §2.1).
pub fn par(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let mut form = request.form()?;
    let client = service.keeper.with(now, |state| {
        authenticate(service, state, request, &form, now)
    })??;
    if form.get("request_uri").is_some() {
        return Err(Refusal::invalid_request(
            "`request_uri` cannot itself be pushed",
        ));
    }
    form.remove("client_secret");
    form.remove("client_id");
    form.push("client_id", client.id.as_str());
    let target = Target::find(&form, |id| service.client_now(id, now))?;
    Asked::read(target, &form)?;
    let uri = service
        .keeper
        .with(now, |state| state.push(&client.id, &form, now))??;
    let answer = json!({"request_uri": uri, "expires_in": LIFETIME});
    Ok(Answer::json(201, &answer))
}

/// An authorization request with its parameters at hand.
pub struct Opened {
    pub form: Form,
    pushed: bool,
}

/// Puts what was pushed in the place of a `request_uri` made here, once. Its other parameters do not
/// count but for `client_id` (RFC 9126 §4).
pub fn resolve(service: &Service, form: Form, now: Timestamp) -> Result<Opened, Refusal> {
    let Some(uri) = form.get("request_uri").filter(|uri| uri.starts_with(URN)) else {
        return Ok(Opened {
            form,
            pushed: false,
        });
    };
    let client = form.require("client_id")?;
    let pushed = service
        .keeper
        .with(now, |state| state.take_pushed(client, uri))?;
    let form = pushed.ok_or(Refusal::invalid_request(
        "`request_uri` was opened before, has expired or is another client's; sign in again",
    ))?;
    Ok(Opened { form, pushed: true })
}

impl Opened {
    /// Refuses a request that was not pushed where only pushed ones are taken (RFC 9126 §5).
    pub fn check(&self, service: &Service) -> Result<(), Refusal> {
        if service.options.require_pushed_requests && !self.pushed {
            return Err(Refusal::invalid_request(
                "the request has to be pushed to /par first",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
