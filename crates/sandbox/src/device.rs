//! The device authorization endpoint (RFC 8628 §3.1) and the page where the code is typed (§3.3).

use serde_json::json;

use super::audience;
use super::authenticate::authenticate;
use super::authorize::chosen;
use super::client::Client;
use super::http::{Answer, Form, Refusal, Request};
use super::page::device as page;
use super::scope;
use super::service::Service;
use super::state::{Decision, DeviceRequest};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// Answers POST /device_authorization.
pub fn device_authorization(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let form = request.form()?;
    let client = service.keeper.with(now, |state| {
        authenticate(service, state, request, &form, now)
    })??;
    let (device_code, user_code) = begin(service, &client, &form, now)?;
    let page = format!("{}/device", service.base);
    Ok(Answer::json(
        200,
        &json!({
            "device_code": device_code.expose(),
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": service.options.device_lifetime,
            "interval": service.options.device_interval,
        }),
    ))
}

/// Makes a pair of codes for what a form asks.
pub fn begin(
    service: &Service,
    client: &Client,
    form: &Form,
    now: Timestamp,
) -> Result<(Secret, String), Refusal> {
    if !client.device {
        return Err(Refusal::new(
            "unauthorized_client",
            "the client is not registered for the device grant",
        ));
    }
    let scope = scope::requested(form.get("scope"))?;
    let request = DeviceRequest::new(&client.id, scope, audience::requested(form)?);
    let (lifetime, interval) = (
        service.options.device_lifetime,
        service.options.device_interval,
    );
    let codes = service.keeper.with(now, |state| {
        state.issue_device_code(request, lifetime, interval, now)
    })??;
    Ok(codes)
}

/// Answers GET /device: the page to type the code on, or what the code is about.
pub fn look(service: &Service, request: &Request, now: Timestamp) -> Answer {
    let form = Form::parse(request.query.as_bytes());
    let Some(code) = form.get("user_code") else {
        return page::entry(None);
    };
    match find(service, code, now) {
        Ok(Some((client, asked))) => match service.devices.put(code.into(), now) {
            Ok(id) => page::consent(&client, &asked, code, &id),
            Err(error) => super::page::error(&error.into()),
        },
        Ok(None) => page::entry(Some(code)),
        Err(refusal) => super::page::error(&refusal),
    }
}

/// Finds the request of a typed code. Wrong ones are counted, and too many refused (RFC 8628 §5.1).
fn find(
    service: &Service,
    code: &str,
    now: Timestamp,
) -> Result<Option<(Client, DeviceRequest)>, Refusal> {
    service.guesses.check(now)?;
    let found = service.keeper.with(now, |state| {
        let request = state.device_request(code, now)?.clone();
        Some((service.client(state, &request.client)?, request))
    })?;
    if found.is_none() {
        service.guesses.count(now);
    }
    Ok(found)
}

/// Answers POST /device: what the person chose.
pub fn decide(service: &Service, request: &Request, now: Timestamp) -> Answer {
    match decision(service, request, now) {
        Ok(decision) => page::decided(&decision),
        Err(refusal) => super::page::error(&refusal),
    }
}

fn decision(service: &Service, request: &Request, now: Timestamp) -> Result<Decision, Refusal> {
    let form = request.form()?;
    let decision = match chosen(&form)? {
        None => Decision::Denied,
        Some(person) => Decision::Allowed {
            subject: person.sub.into(),
            auth_time: now,
        },
    };
    let over = Refusal::invalid_request(
        "this page was answered before or is too old; go back to the program and sign in again",
    );
    let Some(code) = service.devices.take(form.require("request")?, now) else {
        return Err(over);
    };
    let decided = service
        .keeper
        .with(now, |state| state.decide(&code, decision.clone(), now))?;
    decided.then_some(decision).ok_or(over)
}

#[cfg(test)]
mod tests;
