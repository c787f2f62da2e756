//! The token endpoint (RFC 6749 §3.2): exchanging codes and refreshing, both with rotation.

use serde_json::{Map, Value, json};

use super::authenticate::authenticate;
use super::client::Client;
use super::http::{Answer, Form, Refusal, Request};
use super::people;
use super::scope;
use super::service::Service;
use super::state::{Issued, State};
use super::userinfo;
use crate::timestamp::Timestamp;

/// Answers POST /token.
pub fn token(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let form = request.form()?;
    service.keeper.with(now, |state| {
        let client = authenticate(state, request, &form)?;
        let issued = issue(service, state, &form, &client, now)?;
        Ok(Answer::json(200, &response(service, state, &issued, now)?))
    })?
}

fn issue(
    service: &Service,
    state: &mut State,
    form: &Form,
    client: &Client,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    let lifetimes = service.lifetimes;
    match form.require("grant_type")? {
        "authorization_code" => state.exchange(
            form.require("code")?,
            form.require("redirect_uri")?,
            verifier(form)?,
            client,
            lifetimes,
            now,
        ),
        "refresh_token" if client.refreshes => {
            let token = form.require("refresh_token")?;
            state.refresh(token, client, form.get("scope"), lifetimes, now)
        }
        "refresh_token" => Err(Refusal::new(
            "unauthorized_client",
            "the client is not registered for refreshing",
        )),
        _ => Err(Refusal::new(
            "unsupported_grant_type",
            "known grant types are authorization_code and refresh_token",
        )),
    }
}

/// Reads the PKCE verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
fn verifier(form: &Form) -> Result<&str, Refusal> {
    let verifier = form.require("code_verifier")?;
    let unreserved = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(Refusal::invalid_grant(
            "`code_verifier` is not 43 to 128 unreserved characters",
        ));
    }
    Ok(verifier)
}

/// The successful answer (RFC 6749 §5.1), with an id token where `openid` was granted.
fn response(
    service: &Service,
    state: &State,
    issued: &Issued,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let mut response = json!({
        "access_token": issued.access_token.expose(),
        "token_type": "Bearer",
        "expires_in": service.lifetimes.access,
        "scope": issued.scope.join(" "),
    });
    if let Some(refresh_token) = &issued.refresh_token {
        response["refresh_token"] = refresh_token.expose().into();
    }
    if scope::has(&issued.scope, "openid") {
        let claims = id_token_claims(service, issued, now);
        response["id_token"] = state.key.sign(&Value::Object(claims))?.into();
    }
    Ok(response)
}

/// An id token's claims (OIDC Core §2).
fn id_token_claims(service: &Service, issued: &Issued, now: Timestamp) -> Map<String, Value> {
    let mut claims = people::find(&issued.grant.subject)
        .map(|person| userinfo::claims(person, &issued.scope))
        .unwrap_or_default();
    claims.insert("iss".into(), service.issuer.as_str().into());
    claims.insert("sub".into(), issued.grant.subject.as_str().into());
    claims.insert("aud".into(), issued.grant.client.as_str().into());
    claims.insert("iat".into(), now.unix().into());
    claims.insert(
        "exp".into(),
        now.plus(service.lifetimes.access).unix().into(),
    );
    claims.insert("auth_time".into(), issued.grant.auth_time.unix().into());
    if let Some(nonce) = &issued.nonce {
        claims.insert("nonce".into(), nonce.as_str().into());
    }
    claims
}

#[cfg(test)]
mod tests;
