//! The token endpoint (RFC 6749 §3.2): codes, device codes and refreshing with rotation, clients that act
//! for themselves, and identity tokens that are exchanged.

use serde_json::{Map, Value, json};

use super::audience;
use super::authenticate::authenticate;
use super::client::Client;
use super::exchange;
use super::grant_type::{DEVICE_CODE, GRANT_TYPES, TOKEN_EXCHANGE};
use super::http::{Answer, Form, Refusal, Request};
use super::people;
use super::scope;
use super::service::Service;
use super::state::{Grant, Issued, Redemption, Renewal, State};
use super::userinfo;
use keyfob_base::timestamp::Timestamp;

/// Answers POST /token.
pub fn token(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let form = request.form()?;
    service.keeper.with(now, |state| {
        let exchanges = form.get("grant_type") == Some(TOKEN_EXCHANGE);
        let client = if exchanges && exchange::is_without_client(service) {
            exchange::nobody(request, &form)?
        } else {
            authenticate(service, state, request, &form, now)?
        };
        let issued = issue(service, state, &form, &client, now)?;
        let mut response = response(service, state, &issued, now)?;
        if exchanges {
            response["issued_token_type"] = exchange::ACCESS_TOKEN.into();
        }
        Ok(Answer::json(200, &response))
    })?
}

fn issue(
    service: &Service,
    state: &mut State,
    form: &Form,
    client: &Client,
    now: Timestamp,
) -> Result<Issued, Refusal> {
    let terms = service.terms(now);
    match form.require("grant_type")? {
        "authorization_code" => {
            let sent = Redemption {
                code: form.require("code")?,
                redirect_uri: form.require("redirect_uri")?,
                verifier: verifier(form)?,
                state: form.get("state"),
                audience: audience::requested(form)?,
            };
            state.exchange(&sent, client, terms)
        }
        "refresh_token" if client.refreshes => {
            let sent = Renewal {
                token: form.require("refresh_token")?,
                scope: form.get("scope"),
                redirect_uri: form.get("redirect_uri"),
                audience: audience::requested(form)?,
            };
            state.refresh(&sent, client, terms)
        }
        DEVICE_CODE if client.device => {
            let code = form.require("device_code")?;
            let grant = state.poll(code, &client.id, service.approve, now)?;
            Ok(state.begin(grant, client.refreshes, terms)?)
        }
        "client_credentials" if client.machine => {
            Ok(state.begin(machine_grant(form, client, now)?, false, terms)?)
        }
        TOKEN_EXCHANGE if client.exchanges => {
            let grant = exchange::grant(service, state, form, client, now)?;
            Ok(state.begin(grant, false, terms)?)
        }
        known if GRANT_TYPES.contains(&known) => Err(Refusal::new(
            "unauthorized_client",
            "the client is not registered for this grant type",
        )),
        _ => Err(Refusal::new(
            "unsupported_grant_type",
            "known grant types are authorization_code, refresh_token, device_code, client_credentials \
             and token-exchange",
        )),
    }
}

/// What a client is granted for itself (RFC 6749 §4.4).
fn machine_grant(form: &Form, client: &Client, now: Timestamp) -> Result<Grant, Refusal> {
    Ok(Grant {
        client: client.id.clone(),
        subject: client.id.clone(),
        scope: scope::of_machine(form.get("scope"))?,
        auth_time: now,
        audience: audience::requested(form)?,
        redirect_uri: None,
    })
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
        "expires_in": service.options.access_lifetime,
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
        .map(|person| userinfo::claims(service, person, &issued.scope))
        .unwrap_or_default();
    claims.insert("iss".into(), service.issuer.as_str().into());
    claims.insert("sub".into(), issued.grant.subject.as_str().into());
    claims.insert("aud".into(), issued.grant.client.as_str().into());
    claims.insert("iat".into(), now.unix().into());
    claims.insert(
        "exp".into(),
        now.plus(service.options.access_lifetime).unix().into(),
    );
    claims.insert("auth_time".into(), issued.grant.auth_time.unix().into());
    if let Some(nonce) = &issued.nonce {
        claims.insert("nonce".into(), nonce.as_str().into());
    }
    claims
}

#[cfg(test)]
mod tests;
