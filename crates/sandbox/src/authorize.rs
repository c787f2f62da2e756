//! The authorization endpoint and the consent that follows (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 9207).
//!
//! Nothing is redirected before client and redirect URI are known to belong together: until then an
//! error is a page (RFC 6749 §4.1.2.1). From then on it goes back to the client.

use super::asked::{Asked, Target};
use super::http::{Answer, Form, Refusal, Request};
use super::page;
use super::par;
use super::people::{self, Person};
use super::service::Service;
use keyfob_base::timestamp::Timestamp;

/// Answers GET /authorize: with the consent page, or at once where somebody approves by themselves.
pub fn authorize(service: &Service, request: &Request, now: Timestamp) -> Answer {
    let sent = Form::parse(request.query.as_bytes());
    let found = par::resolve(service, sent, now).and_then(|opened| {
        Ok((
            Target::find(&opened.form, |id| service.client_now(id, now))?,
            opened,
        ))
    });
    let (target, opened) = match found {
        Ok(found) => found,
        Err(refusal) => return page::error(&refusal),
    };
    let read = opened
        .check(service)
        .and_then(|()| Asked::read(target.clone(), &opened.form));
    let asked = match read {
        Ok(asked) => asked,
        Err(refusal) => return target.refuse(&service.issuer, &refusal),
    };
    if let Some(person) = service.approve {
        return grant(service, &asked, person, now);
    }
    if asked.silent {
        let refusal = Refusal::new("login_required", "nobody is signed in");
        return target.refuse(&service.issuer, &refusal);
    }
    match service.pending.put(asked.clone(), now) {
        Ok(id) => page::consent(&asked, &id),
        Err(error) => target.refuse(&service.issuer, &error.into()),
    }
}

/// Answers POST /consent: what the person chose.
pub fn consent(service: &Service, request: &Request, now: Timestamp) -> Answer {
    match choice(service, request, now) {
        Ok((asked, Some(person))) => grant(service, &asked, person, now),
        Ok((asked, None)) => {
            let refusal = Refusal::new("access_denied", "the person said no");
            asked.target.refuse(&service.issuer, &refusal)
        }
        Err(refusal) => page::error(&refusal),
    }
}

/// Reads a choice: the request it is about, and who allows it, or nobody.
fn choice(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Result<(Asked, Option<&'static Person>), Refusal> {
    let form = request.form()?;
    let person = chosen(&form)?;
    let asked = service.pending.take(form.require("request")?, now).ok_or(
        Refusal::invalid_request(
            "this page was answered before or is too old; go back to the program and sign in again",
        ),
    )?;
    Ok((asked, person))
}

/// Who allows what a page asks, or nobody where it was denied.
pub fn chosen(form: &Form) -> Result<Option<&'static Person>, Refusal> {
    match form.require("answer")? {
        "deny" => Ok(None),
        "allow" => people::find(form.require("person")?)
            .map(Some)
            .ok_or(Refusal::invalid_request("nobody of that name lives here")),
        _ => Err(Refusal::invalid_request("`answer` is allow or deny")),
    }
}

/// Makes a code and sends the browser back with it.
fn grant(service: &Service, asked: &Asked, person: &Person, now: Timestamp) -> Answer {
    let target = &asked.target;
    let authorization = asked.allowed_by(person, now);
    let code = service
        .keeper
        .with(now, |state| state.issue_code(authorization, now));
    match code.and_then(|code| code) {
        Ok(code) => target.answer(&service.issuer, &[("code", code.expose())]),
        Err(error) => target.refuse(&service.issuer, &error.into()),
    }
}

#[cfg(test)]
mod tests;
