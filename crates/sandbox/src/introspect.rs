//! The introspection endpoint (RFC 7662): what a token is good for, to the client that holds it.

use serde_json::json;

use super::authenticate::authenticate;
use super::http::{Answer, Refusal, Request};
use super::service::Service;
use keyfob_base::timestamp::Timestamp;

/// Answers POST /introspect. Of a token that is over, unknown or another client's it says only that it is
/// not active (RFC 7662 §2.2).
pub fn introspect(service: &Service, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let form = request.form()?;
    service.keeper.with(now, |state| {
        let client = authenticate(service, state, request, &form, now)?;
        let token = form.require("token")?;
        let own = state
            .access(token)
            .filter(|active| active.grant.client == client.id);
        let said = match own {
            None => json!({"active": false}),
            Some(active) => json!({
                "active": true,
                "iss": service.issuer,
                "client_id": active.grant.client,
                "sub": active.grant.subject,
                "scope": active.scope.join(" "),
                "aud": active.audience,
                "exp": active.expires_at.unix(),
                "token_type": "Bearer",
            }),
        };
        Ok(Answer::json(200, &said))
    })?
}
