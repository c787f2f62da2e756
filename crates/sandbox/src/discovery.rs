//! What the sandbox says about itself (RFC 8414, OIDC Discovery §3) and its public key (RFC 7517).

use serde_json::json;

use crate::client::GRANT_TYPES;
use crate::http::{Refusal, Response};
use crate::scope::SCOPES;
use crate::service::{Call, Service};

/// Every endpoint of a server at `base`, by its name in the metadata.
pub(crate) fn endpoints(base: &str) -> Vec<(&'static str, String)> {
    [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("device_authorization_endpoint", "device_authorization"),
        ("pushed_authorization_request_endpoint", "par"),
        ("userinfo_endpoint", "userinfo"),
        ("revocation_endpoint", "revoke"),
        ("introspection_endpoint", "introspect"),
        ("registration_endpoint", "register"),
        ("jwks_uri", "jwks"),
    ]
    .map(|(name, path)| (name, format!("{base}/{path}")))
    .to_vec()
}

/// Answers GET of both well-known documents, which are one.
pub(crate) fn metadata(service: &Service) -> Response {
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
    let mut metadata = json!({
        "issuer": service.issuer,
        "require_pushed_authorization_requests": service.options.require_pushed_requests,
        "scopes_supported": scopes,
        "claims_supported": claims,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "client_id_metadata_document_supported": !service.options.known_documents.is_empty(),
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    for (name, endpoint) in endpoints(&service.base) {
        metadata[name] = endpoint.into();
    }
    Response::json(200, &metadata)
}

pub(crate) fn jwks(call: &Call) -> Result<Response, Refusal> {
    let key = call.state(|state| state.key.jwk())?;
    Ok(Response::json(200, &json!({"keys": [key]})))
}
