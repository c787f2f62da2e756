//! Endpoints that no standard has: a device flow that ends in a code, and revocation by other requests.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Revocation;
use crate::client::authenticate;
use crate::device::begin;
use crate::http::{Method, Parameters, Refusal, Request, Response};
use crate::random::{self, s256};
use crate::service::Call;
use crate::store::Authorization;

pub(crate) fn endpoint(call: &Call) -> Option<Result<Response, Refusal>> {
    let quirks = &call.service.quirks;
    match (call.request.method, call.request.path.as_str()) {
        (Method::Post, "/device_authorization/usercode") if quirks.device_by_code => {
            Some(user_code(call))
        }
        (Method::Post, "/device_authorization/token") if quirks.device_by_code => Some(poll(call)),
        (Method::Post, "/device_authorization") if quirks.device_by_code => Some(Err(not_found())),
        (Method::Delete, path) if quirks.revocation == Revocation::DeleteToken => {
            let id = path
                .strip_prefix("/applications/")?
                .strip_suffix("/token")?;
            Some(delete_token(call, id))
        }
        (Method::Post, "/revoke") => revocation(call),
        _ => None,
    }
}

fn revocation(call: &Call) -> Option<Result<Response, Refusal>> {
    let quirks = &call.service.quirks;
    match quirks.revocation {
        Revocation::TokenOnly => Some(token_only(call)),
        Revocation::Bearer => Some(bearer(call)),
        Revocation::DeleteToken => Some(Err(not_found())),
        Revocation::Rfc7009 | Revocation::Json if quirks.revokes_refresh_tokens_only => {
            refresh_tokens_only(call)
        }
        Revocation::Rfc7009 | Revocation::Json => None,
    }
}

fn not_found() -> Refusal {
    Refusal::invalid_request("there is nothing here").with_status(404)
}

/// Refuses access tokens (RFC 7009 §2.2.1), and leaves others to the endpoint.
fn refresh_tokens_only(call: &Call) -> Option<Result<Response, Refusal>> {
    let form = call.request.form().ok()?;
    let token = form.get("token")?;
    match call.state(|state| state.access(token).is_some()) {
        Ok(false) => None,
        Ok(true) => Some(Err(Refusal::new(
            "unsupported_token_type",
            "only refresh tokens can be revoked",
        ))),
        Err(error) => Some(Err(error.into())),
    }
}

fn token_only(call: &Call) -> Result<Response, Refusal> {
    let form = call.request.form()?;
    let token = form.require("token")?;
    if form.pairs().count() > 1 {
        return Err(Refusal::invalid_request("`token` stands alone here"));
    }
    if !call.state(|state| state.end(token))? {
        return Err(Refusal::new("invalid_token", "the token is unknown"));
    }
    Ok(Response::json(200, &json!({})))
}

fn bearer(call: &Call) -> Result<Response, Refusal> {
    if !call.request.body.is_empty() {
        return Err(Refusal::invalid_request("no body is taken here"));
    }
    let token = call.request.bearer().unwrap_or_default();
    let ended = call.state(|state| state.access(token).is_some() && state.end(token))?;
    if !ended {
        return Err(Refusal::new("invalid_token", "the token is unknown").with_status(401));
    }
    Ok(Response::empty(200))
}

fn delete_token(call: &Call, id: &str) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct DeleteTokenBody {
        access_token: String,
    }
    let body: DeleteTokenBody = body(call.request)?;
    let ended = call.state(|state| {
        let client = authenticate(call, state, &Parameters::parse(b""))?;
        let token = body.access_token.as_str();
        let own = state
            .access(token)
            .is_some_and(|active| active.grant.client == client.id);
        Ok::<_, Refusal>(client.id == id && own && state.end(token))
    })??;
    ended
        .then(|| Response::empty(204))
        .ok_or(Refusal::invalid_request("there is no such token").with_status(404))
}

fn user_code(call: &Call) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct UserCodeBody {
        client_id: String,
        scope: Option<String>,
    }
    let body: UserCodeBody = body(call.request)?;
    let mut form = Parameters::parse(b"");
    form.push("scope", body.scope.unwrap_or_default());
    let client = call
        .state(|state| call.service.client(state, &body.client_id))?
        .ok_or(Refusal::invalid_client("no such client"))?;
    let (device_code, user_code) = begin(call, &client, &form)?;
    Ok(Response::json(
        200,
        &json!({
            "device_auth_id": device_code.expose(),
            "user_code": user_code,
            "interval": call.service.options.device_interval.to_string(),
        }),
    ))
}

fn poll(call: &Call) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct PollBody {
        device_auth_id: String,
        user_code: String,
    }
    let body: PollBody = body(call.request)?;
    let verifier = random::value("")?;
    let challenge = s256(verifier.expose());
    let code = call.state(|state| {
        let code = body.device_auth_id.as_str();
        let client = state
            .device_client(code, &body.user_code)
            .ok_or(Refusal::invalid_grant("the codes are unknown"))?
            .to_owned();
        let grant = state.poll(code, &client, call.service.approve, call.now)?;
        let authorization = Authorization {
            grant,
            redirect_uri: format!("{}/device_authorization/callback", call.service.base),
            challenge: challenge.clone(),
            nonce: None,
            state: None,
        };
        Ok::<_, Refusal>(state.issue_code(authorization, call.now)?)
    })?;
    match code {
        Ok(code) => Ok(Response::json(
            200,
            &json!({
                "authorization_code": code.expose(),
                "code_challenge": challenge,
                "code_verifier": verifier.expose(),
            }),
        )),
        Err(refusal) if matches!(refusal.error, "authorization_pending" | "slow_down") => {
            let status = call.service.quirks.device_pending_status.unwrap_or(403);
            Ok(Response::json(status, &Value::Object(Map::new())))
        }
        Err(refusal) => Err(refusal),
    }
}

fn body<T: for<'de> Deserialize<'de>>(request: &Request) -> Result<T, Refusal> {
    request
        .has_type("application/json")
        .then(|| serde_json::from_slice(&request.body).ok())
        .flatten()
        .ok_or(Refusal::invalid_request(
            "the body must be a JSON object with every member that is needed",
        ))
}
