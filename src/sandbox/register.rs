//! Dynamic client registration (RFC 7591), open to whoever can reach loopback.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::client::{AuthMethod, Client, is_loopback};
use super::http::{Answer, Refusal, Request};
use super::random::{self, Hash};
use super::service::Service;
use crate::timestamp::Timestamp;

/// How many clients are kept. They do not expire, so something has to end.
const CLIENTS: usize = 1000;

/// How many redirect URIs one client may have.
const REDIRECT_URIS: usize = 16;

/// The longest name, in characters; longer ones are cut.
const NAME: usize = 60;

/// What a client says about itself; anything else it says is ignored (RFC 7591 §2).
#[derive(Deserialize)]
struct Metadata {
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    #[serde(default)]
    token_endpoint_auth_method: AuthMethod,
    #[serde(default = "default_grant_types")]
    grant_types: Vec<String>,
    #[serde(default = "default_response_types")]
    response_types: Vec<String>,
}

fn default_grant_types() -> Vec<String> {
    vec!["authorization_code".into()]
}

fn default_response_types() -> Vec<String> {
    vec!["code".into()]
}

/// Answers POST /register.
pub fn register(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    // Also what keeps other sites out: a browser asks before it sends this type across origins.
    if !request.has_type("application/json") {
        return Err(invalid("the body must be application/json"));
    }
    let metadata: Metadata = serde_json::from_slice(&request.body)
        .map_err(|_| invalid("the body is no client metadata that can be served here"))?;
    let redirect_uris = redirect_uris(&metadata.redirect_uris)?;
    check(&metadata)?;

    let id = random::id("sandbox_client_")?;
    let secret = match metadata.token_endpoint_auth_method {
        AuthMethod::None => None,
        _ => Some(random::value("sandbox_secret_")?),
    };
    let name = metadata.client_name.filter(|name| !name.trim().is_empty());
    let client = Client {
        name: name
            .unwrap_or_else(|| id.clone())
            .chars()
            .take(NAME)
            .collect(),
        id,
        redirect_uris,
        auth_method: metadata.token_endpoint_auth_method,
        secret: secret.as_ref().map(|secret| Hash::of(secret.expose())),
        refreshes: metadata
            .grant_types
            .iter()
            .any(|grant| grant == "refresh_token"),
        registered_at: now,
    };
    let mut response = response(&client, &metadata.redirect_uris);
    if let Some(secret) = &secret {
        response["client_secret"] = secret.expose().into();
        response["client_secret_expires_at"] = 0.into();
    }
    service.keeper.with(now, |state| {
        if state.clients.len() >= CLIENTS {
            return Err(invalid(
                "too many clients; remove the sandbox's state folder",
            ));
        }
        state.clients.insert(client.id.clone(), client);
        Ok(())
    })??;
    Ok(Answer::json(201, &response))
}

fn redirect_uris(sent: &[String]) -> Result<Vec<Url>, Refusal> {
    let refusal = || {
        let what = "`redirect_uris` must be 1 to 16 URIs of http to 127.0.0.1, [::1] or localhost";
        Refusal::new("invalid_redirect_uri", what)
    };
    if !(1..=REDIRECT_URIS).contains(&sent.len()) {
        return Err(refusal());
    }
    sent.iter()
        .map(|uri| Url::parse(uri).ok().filter(is_loopback).ok_or_else(refusal))
        .collect()
}

fn check(metadata: &Metadata) -> Result<(), Refusal> {
    let known = ["authorization_code", "refresh_token"];
    let grants = &metadata.grant_types;
    if !grants.iter().all(|grant| known.contains(&grant.as_str()))
        || !grants.iter().any(|grant| grant == known[0])
    {
        return Err(invalid(
            "`grant_types` are authorization_code and refresh_token",
        ));
    }
    if metadata.response_types != ["code"] {
        return Err(invalid("`response_types` is code"));
    }
    Ok(())
}

fn invalid(description: &'static str) -> Refusal {
    Refusal::new("invalid_client_metadata", description)
}

/// What was registered (RFC 7591 §3.2.1).
fn response(client: &Client, redirect_uris: &[String]) -> Value {
    let grant_types: &[&str] = if client.refreshes {
        &["authorization_code", "refresh_token"]
    } else {
        &["authorization_code"]
    };
    json!({
        "client_id": client.id,
        "client_id_issued_at": client.registered_at.unix(),
        "client_name": client.name,
        "redirect_uris": redirect_uris,
        "token_endpoint_auth_method": client.auth_method,
        "grant_types": grant_types,
        "response_types": ["code"],
    })
}

#[cfg(test)]
mod tests;
