//! Endpoints that no standard has: a device flow that ends in a code, and revocation by other requests.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Quirks, Revocation};
use crate::client::authenticate;
use crate::device::begin;
use crate::http::{Method, Parameters, Refusal, Request, Response};
use crate::random::{self, s256};
use crate::service::Service;
use crate::store::Authorization;
use keyfob_base::timestamp::Timestamp;

/// Answers a request that the quirks have an endpoint for; `None` where they have none.
pub(crate) fn endpoint(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Option<Result<Response, Refusal>> {
    let quirks = &service.quirks;
    match (request.method, request.path.as_str()) {
        (Method::Post, "/device_authorization/usercode") if quirks.device_by_code => {
            Some(user_code(service, request, now))
        }
        (Method::Post, "/device_authorization/token") if quirks.device_by_code => {
            Some(poll(service, request, now))
        }
        (Method::Post, "/device_authorization") if quirks.device_by_code => Some(Err(not_found())),
        (Method::Delete, path) if quirks.revocation == Revocation::DeleteToken => {
            let id = path
                .strip_prefix("/applications/")?
                .strip_suffix("/token")?;
            Some(delete_token(service, request, id, now))
        }
        (Method::Post, "/revoke") => revocation(quirks, service, request, now),
        _ => None,
    }
}

fn revocation(
    quirks: &Quirks,
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Option<Result<Response, Refusal>> {
    match quirks.revocation {
        Revocation::TokenOnly => Some(token_only(service, request, now)),
        Revocation::Bearer => Some(bearer(service, request, now)),
        Revocation::DeleteToken => Some(Err(not_found())),
        Revocation::Rfc7009 | Revocation::Json if quirks.revokes_refresh_tokens_only => {
            refresh_tokens_only(service, request, now)
        }
        Revocation::Rfc7009 | Revocation::Json => None,
    }
}

fn not_found() -> Refusal {
    Refusal {
        status: 404,
        ..Refusal::invalid_request("there is nothing here")
    }
}

/// Refuses access tokens (RFC 7009 §2.2.1), and leaves others to the endpoint.
fn refresh_tokens_only(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Option<Result<Response, Refusal>> {
    let form = request.form().ok()?;
    let token = form.get("token")?;
    match service
        .state
        .with(now, |state| state.access(token).is_some())
    {
        Ok(false) => None,
        Ok(true) => Some(Err(Refusal::new(
            "unsupported_token_type",
            "only refresh tokens can be revoked",
        ))),
        Err(error) => Some(Err(error.into())),
    }
}

fn token_only(service: &Service, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
    let form = request.form()?;
    let token = form.require("token")?;
    if form.pairs().count() > 1 {
        return Err(Refusal::invalid_request("`token` stands alone here"));
    }
    if !service.state.with(now, |state| state.end(token))? {
        return Err(Refusal::new("invalid_token", "the token is unknown"));
    }
    Ok(Response::json(200, &json!({})))
}

fn bearer(service: &Service, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
    if !request.body.is_empty() {
        return Err(Refusal::invalid_request("no body is taken here"));
    }
    let token = request.bearer().unwrap_or_default();
    let ended = service.state.with(now, |state| {
        state.access(token).is_some() && state.end(token)
    })?;
    if !ended {
        return Err(Refusal {
            status: 401,
            ..Refusal::new("invalid_token", "the token is unknown")
        });
    }
    Ok(Response::empty(200))
}

fn delete_token(
    service: &Service,
    request: &Request,
    id: &str,
    now: Timestamp,
) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct DeleteTokenBody {
        access_token: String,
    }
    let body: DeleteTokenBody = body(request)?;
    let ended = service.state.with(now, |state| {
        let client = authenticate(service, state, request, &Parameters::parse(b""), now)?;
        let token = body.access_token.as_str();
        let own = state
            .access(token)
            .is_some_and(|active| active.grant.client == client.id);
        Ok::<_, Refusal>(client.id == id && own && state.end(token))
    })??;
    ended.then(|| Response::empty(204)).ok_or(Refusal {
        status: 404,
        ..Refusal::invalid_request("there is no such token")
    })
}

fn user_code(service: &Service, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct UserCodeBody {
        client_id: String,
        scope: Option<String>,
    }
    let body: UserCodeBody = body(request)?;
    let mut form = Parameters::parse(b"");
    form.push("scope", body.scope.unwrap_or_default());
    let client = service
        .state
        .with(now, |state| service.client(state, &body.client_id))?
        .ok_or(Refusal::invalid_client("no such client"))?;
    let (device_code, user_code) = begin(service, &client, &form, now)?;
    Ok(Response::json(
        200,
        &json!({
            "device_auth_id": device_code.expose(),
            "user_code": user_code,
            "interval": service.options.device_interval.to_string(),
        }),
    ))
}

fn poll(service: &Service, request: &Request, now: Timestamp) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct PollBody {
        device_auth_id: String,
        user_code: String,
    }
    let body: PollBody = body(request)?;
    let verifier = random::value("")?;
    let challenge = s256(verifier.expose());
    let code = service.state.with(now, |state| {
        let code = body.device_auth_id.as_str();
        let client = state
            .device_client(code, &body.user_code)
            .ok_or(Refusal::invalid_grant("the codes are unknown"))?
            .to_owned();
        let grant = state.poll(code, &client, service.approve, now)?;
        let authorization = Authorization {
            grant,
            redirect_uri: format!("{}/device_authorization/callback", service.base),
            challenge: challenge.clone(),
            nonce: None,
            state: None,
        };
        Ok::<_, Refusal>(state.issue_code(authorization, now)?)
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
            let status = service.quirks.device_pending_status.unwrap_or(403);
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
