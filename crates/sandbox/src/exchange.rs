//! Token exchange (RFC 8693): an identity token that was issued here becomes an access token. It is an id
//! token of the client that sends it, or one for this server that a job got at `/identity_token`.

use serde_json::Value;

use super::audience;
use super::client::Client;
use super::http::{Form, Refusal, Request};
use super::scope;
use super::service::Service;
use super::state::{Grant, State};
use keyfob_base::timestamp::Timestamp;

/// What an identity token is, and what is issued for it (RFC 8693 §3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// The same of access tokens.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Whether no client is to say who it is.
pub fn is_without_client(service: &Service) -> bool {
    service.quirks.exchange_without_client
}

/// Who sends an exchange in which no client has a part: nobody may say to be one.
pub fn nobody(request: &Request, form: &Form) -> Result<Client, Refusal> {
    let named = form.get("client_id").or(form.get("client_secret"));
    if named.is_some() || request.header("Authorization").is_some() {
        return Err(Refusal::invalid_request("no client has a part in this"));
    }
    Ok(Client::unregistered("", "nobody"))
}

/// What is granted for an identity token (RFC 8693 §2.1).
pub fn grant(
    service: &Service,
    state: &State,
    form: &Form,
    client: &Client,
    now: Timestamp,
) -> Result<Grant, Refusal> {
    types(service, form)?;
    let claims = claims(service, state, form.require("subject_token")?, client, now)?;
    let subject = claims["sub"].as_str().ok_or_else(refused)?;
    Ok(Grant {
        client: client.id.clone(),
        subject: subject.to_owned(),
        scope: match form.get("scope") {
            None => scope::of_machine(None)?,
            asked => scope::requested(asked)?,
        },
        auth_time: now,
        audience: targets(service, form)?,
        redirect_uri: None,
    })
}

/// Refuses tokens of other kinds than are understood here.
fn types(service: &Service, form: &Form) -> Result<(), Refusal> {
    let quirks = &service.quirks;
    let wanted = quirks.exchange_subject_token_type.as_deref();
    if form.require("subject_token_type")? != wanted.unwrap_or(ID_TOKEN) {
        let what = "`subject_token_type` is none that is taken here";
        return Err(Refusal::invalid_request(what));
    }
    if form.get("actor_token").is_some() || form.get("actor_token_type").is_some() {
        return Err(Refusal::invalid_request("nobody acts for another here"));
    }
    let demanded = quirks.exchange_requested_token_type.as_deref();
    match (form.get("requested_token_type"), demanded) {
        (None, None) => Ok(()),
        (Some(asked), demanded) if asked == demanded.unwrap_or(ACCESS_TOKEN) => Ok(()),
        _ => Err(Refusal::invalid_request(
            "`requested_token_type` is none that is issued here",
        )),
    }
}

/// The claims of a token that was issued here, has not ended, and is for this server or this client.
fn claims(
    service: &Service,
    state: &State,
    token: &str,
    client: &Client,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let claims = state.key.verified(token).ok_or_else(refused)?;
    let wanted = service.quirks.exchange_audience.as_deref();
    let audience = claims["aud"].as_str().unwrap_or_default();
    let is_for = match wanted {
        Some(wanted) => audience == wanted,
        None => [&service.issuer, &client.id]
            .into_iter()
            .any(|own| own == audience),
    };
    if !is_for {
        return Err(Refusal::invalid_grant(
            "the audience of `subject_token` is another",
        ));
    }
    let ours = claims["iss"] == service.issuer.as_str();
    let lives = claims["exp"].as_u64().is_some_and(|end| now.unix() < end);
    (ours && lives).then_some(claims).ok_or_else(refused)
}

fn refused() -> Refusal {
    Refusal::invalid_grant("`subject_token` was not issued here, or has ended")
}

/// What the token is for: URIs, or one name where this server has names.
fn targets(service: &Service, form: &Form) -> Result<Vec<String>, Refusal> {
    if !service.quirks.exchange_by_name {
        return audience::requested(form);
    }
    let mut named = form.all("resource");
    match (named.next(), named.next()) {
        (Some(name), None) if !name.contains(':') => Ok(vec![name.to_owned()]),
        _ => Err(Refusal::new(
            "invalid_target",
            "`resource` must be one name, such as acme/model",
        )),
    }
}

#[cfg(test)]
mod tests;
