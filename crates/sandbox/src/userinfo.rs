//! The userinfo endpoint (OIDC Core §5.3), with bearer tokens in the header alone (RFC 6750 §2.1).

use serde_json::{Map, Value};

use crate::http::{Refusal, Request, Response};
use crate::people::{self, Person};
use crate::scope;
use crate::service::Service;
use keyfob_base::timestamp::Timestamp;

pub(crate) fn userinfo(
    service: &Service,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let Some(token) = request.bearer() else {
        // Without credentials the challenge carries no error (RFC 6750 §3.1).
        let answer = Response::json(401, &Value::Object(Map::new()));
        return Ok(answer.with("WWW-Authenticate", "Bearer realm=\"sandbox\""));
    };
    let access = service.state.with(now, |state| {
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
    service.quirks.check_userinfo(request, &grant.client)?;
    let person = people::find(&grant.subject).filter(|_| scope::has(&scope, "openid"));
    let Some(person) = person else {
        return Ok(challenge(
            403,
            "insufficient_scope",
            "the token lacks the scope openid",
        ));
    };
    let claims = claims(service, person, &scope);
    Ok(Response::json(200, &Value::Object(claims)))
}

/// What these scopes tell about a person (OIDC Core §5.4).
pub(crate) fn claims(service: &Service, person: &Person, scope: &[String]) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".into(), person.sub.into());
    if let Some(tenant) = &service.quirks.tenant {
        claims.insert("tid".into(), tenant.as_str().into());
    }
    if scope::has(scope, "profile") {
        claims.insert(
            "preferred_username".into(),
            person.preferred_username.into(),
        );
        claims.insert("name".into(), person.name.into());
        claims.insert("organizations".into(), person.organizations.into());
    }
    if scope::has(scope, "email") {
        claims.insert("email".into(), person.email.into());
        claims.insert("email_verified".into(), true.into());
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
    let body = serde_json::json!({"error": error, "error_description": description});
    Response::json(status, &body).with("WWW-Authenticate", challenge)
}
