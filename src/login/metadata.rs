//! What a definition leaves to the issuer's metadata (RFC 8414): endpoints, registration, `iss`.

use crate::error::{Code, Error, Result};
use crate::oauth::discovery;
use crate::online::{self, Online};
use crate::provider::Provider;

/// Fills what the definition leaves open; what it says itself stands. Where the definition and the
/// client are complete, metadata that cannot be had is only a step under `-v`.
pub async fn complete(
    online: &Online,
    mut provider: Provider,
    with_client: bool,
) -> Result<Provider> {
    if let (true, Some(issuer)) = (provider.discovery, provider.issuer.clone()) {
        let complete =
            provider.authorization_endpoint.is_some() && provider.token_endpoint.is_some();
        match discovery::discover(&online.http, &issuer).await {
            Ok(metadata) => {
                provider.authorization_endpoint = provider
                    .authorization_endpoint
                    .or(metadata.authorization_endpoint);
                provider.token_endpoint = provider.token_endpoint.or(metadata.token_endpoint);
                provider.userinfo_endpoint =
                    provider.userinfo_endpoint.or(metadata.userinfo_endpoint);
                provider.revocation_endpoint = provider
                    .revocation_endpoint
                    .or(metadata.revocation_endpoint);
                provider.registration_endpoint = provider
                    .registration_endpoint
                    .or(metadata.registration_endpoint);
                provider.iss_parameter |= metadata.authorization_response_iss_parameter_supported;
            }
            Err(error) if complete && with_client => {
                online
                    .term
                    .step(&format!("no metadata of {issuer}: {error}"));
            }
            Err(error) => {
                return Err(online::failed(
                    &error,
                    Code::InvalidResponse,
                    "nothing was stored",
                ));
            }
        }
    }
    if provider.authorization_endpoint.is_none() || provider.token_endpoint.is_none() {
        return Err(incomplete());
    }
    Ok(provider)
}

/// Neither definition nor metadata name the endpoints.
pub fn incomplete() -> Error {
    Error::new(
        Code::ConfigInvalid,
        "neither the provider's definition nor its metadata name the authorization and token endpoints",
    )
    .hint("add `authorization_endpoint` and `token_endpoint` to the provider's file")
}
