//! The userinfo endpoint (OIDC Core §5.3), with bearer tokens in the header alone (RFC 6750 §2.1).

use serde_json::{Value, json};

use crate::http::{Refusal, Response};
use crate::people::{self, Person};
use crate::scope;
use crate::service::{Call, Service};

pub(crate) fn userinfo(call: &Call) -> Result<Response, Refusal> {
    let Some(token) = call.request.bearer() else {
        // Without credentials the challenge carries no error (RFC 6750 §3.1).
        let answer = Response::json(401, &json!({}));
        return Ok(answer.with("WWW-Authenticate", "Bearer realm=\"sandbox\""));
    };
    let access = call.state(|state| {
        let active = state.access(token)?;
        Some((active.grant.clone(), active.scope.to_vec()))
    })?;
    let Some((grant, scope)) = access else {
        return Ok(challenge(
            401,
            "invalid_token",
            "the token is unknown, expired or revoked",
        ));
    };
    #[cfg(feature = "quirks")]
    call.service
        .quirks
        .check_userinfo(call.request, &grant.client)?;
    let person = people::find(&grant.subject).filter(|_| scope::has(&scope, "openid"));
    let Some(person) = person else {
        return Ok(challenge(
            403,
            "insufficient_scope",
            "the token lacks the scope openid",
        ));
    };
    Ok(Response::json(200, &claims(call.service, person, &scope)))
}

/// What these scopes tell about a person (OIDC Core §5.4).
pub(crate) fn claims(service: &Service, person: &Person, scope: &[String]) -> Value {
    let mut claims = json!({});
    claims["sub"] = person.sub.into();
    if let Some(tenant) = &service.quirks.tenant {
        claims["tid"] = tenant.as_str().into();
    }
    if scope::has(scope, "profile") {
        claims["preferred_username"] = person.preferred_username.into();
        claims["name"] = person.name.into();
        claims["organizations"] = person.organizations.into();
    }
    if scope::has(scope, "email") {
        claims["email"] = person.email.into();
        claims["email_verified"] = true.into();
    }
    claims
}

/// A refusal by the resource (RFC 6750 §3).
fn challenge(status: u16, error: &'static str, description: &'static str) -> Response {
    let mut challenge =
        format!("Bearer realm=\"sandbox\", error=\"{error}\", error_description=\"{description}\"");
    if error == "insufficient_scope" {
        challenge.push_str(", scope=\"openid\"");
    }
    let body = json!({"error": error, "error_description": description});
    Response::json(status, &body).with("WWW-Authenticate", challenge)
}
