//! What the sandbox says about itself (RFC 8414, OIDC Discovery §3) and its public key (RFC 7517).

use serde_json::json;

use super::http::{Answer, Refusal};
use super::scope::SCOPES;
use super::service::Service;
use crate::timestamp::Timestamp;

/// Answers GET of both well-known documents, which are one.
pub fn metadata(service: &Service) -> Answer {
    let base = &service.base;
    let scopes: Vec<&str> = SCOPES.iter().map(|(name, _)| *name).collect();
    let methods = ["none", "client_secret_basic", "client_secret_post"];
    let claims = [
        "iss",
        "sub",
        "aud",
        "iat",
        "exp",
        "auth_time",
        "nonce",
        "preferred_username",
        "name",
        "organizations",
        "email",
        "email_verified",
    ];
    Answer::json(
        200,
        &json!({
            "issuer": service.issuer,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "revocation_endpoint": format!("{base}/revoke"),
            "userinfo_endpoint": format!("{base}/userinfo"),
            "registration_endpoint": format!("{base}/register"),
            "jwks_uri": format!("{base}/jwks"),
            "scopes_supported": scopes,
            "claims_supported": claims,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["S256"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        }),
    )
}

/// Answers GET /jwks.
pub fn jwks(service: &Service, now: Timestamp) -> Result<Answer, Refusal> {
    let key = service.keeper.with(now, |state| state.key.jwk())?;
    Ok(Answer::json(200, &json!({"keys": [key]})))
}
