//! What a definition leaves to the issuer's metadata (RFC 8414): endpoints, and what the server asks for
//! or offers beside them.

use crate::context::{self, Context};
use crate::error::{Code, Error, Result};
use crate::oauth::discovery::{self, Metadata};
use crate::provider::Provider;

/// Fills what the definition leaves open; what it says itself stands, and what a document lacks is no
/// word against it. Where the definition and the client are complete, metadata that cannot be had is
/// only a step under `-v`.
pub(crate) async fn complete(
    context: &Context,
    mut provider: Provider,
    with_client: bool,
) -> Result<Provider> {
    if let (true, Some(issuer)) = (provider.discovery, provider.issuer.clone()) {
        let complete =
            provider.authorization_endpoint.is_some() && provider.token_endpoint.is_some();
        match discovery::discover(&context.http, &issuer).await {
            Ok(metadata) => fill(&mut provider, metadata),
            Err(error) if complete && with_client => {
                (context.term).step(&format!("no metadata of {issuer}: {error}"));
            }
            Err(error) => {
                let state = "nothing was stored";
                return Err(context::failed(&error, Code::InvalidResponse, state));
            }
        }
    }
    if provider.authorization_endpoint.is_none() || provider.token_endpoint.is_none() {
        return Err(incomplete());
    }
    if provider.require_pushed_authorization_requests
        && provider.pushed_authorization_request_endpoint.is_none()
    {
        return Err(nowhere_to_push());
    }
    Ok(provider)
}

fn fill(provider: &mut Provider, found: Metadata) {
    provider.registers_as = found.confidential().unwrap_or_default();
    for (endpoint, url) in found.endpoints {
        provider.complete_endpoint(endpoint, url);
    }
    provider.iss_parameter |= found.authorization_response_iss_parameter_supported;
    provider.require_pushed_authorization_requests |= found.require_pushed_authorization_requests;
    provider.client_id_metadata_document_supported |= found.client_id_metadata_document_supported;
}

pub(crate) fn incomplete() -> Error {
    Error::new(
        Code::ConfigInvalid,
        "neither the provider's definition nor its metadata name the authorization and token endpoints",
    )
    .hint("add `authorization_endpoint` and `token_endpoint` to the provider's file")
}

/// The server takes pushed requests alone (RFC 9126 §5), and nobody says where.
fn nowhere_to_push() -> Error {
    Error::new(
        Code::ConfigInvalid,
        "the provider takes pushed authorization requests alone, and neither its definition nor its metadata say where",
    )
    .hint("add `pushed_authorization_request_endpoint` to the provider's file")
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::provider::Endpoint;

    fn url(place: &str) -> Option<Url> {
        Url::parse(&format!("https://id.example.com/{place}")).ok()
    }

    fn everything(prefix: &str) -> Metadata {
        Metadata {
            issuer: "https://id.example.com".into(),
            endpoints: [
                (Endpoint::Authorization, "authorize"),
                (Endpoint::Token, "token"),
                (Endpoint::Userinfo, "userinfo"),
                (Endpoint::Revocation, "revoke"),
                (Endpoint::Registration, "register"),
                (Endpoint::DeviceAuthorization, "device"),
                (Endpoint::PushedAuthorizationRequest, "par"),
            ]
            .map(|(endpoint, place)| (endpoint, url(&format!("{prefix}/{place}")).unwrap()))
            .into(),
            require_pushed_authorization_requests: true,
            client_id_metadata_document_supported: true,
            authorization_response_iss_parameter_supported: true,
            ..Metadata::default()
        }
    }

    #[test]
    fn everything_that_is_open_is_filled() {
        let mut provider = Provider::default();
        fill(&mut provider, everything("a"));
        let expected = Provider {
            authorization_endpoint: url("a/authorize"),
            token_endpoint: url("a/token"),
            userinfo_endpoint: url("a/userinfo"),
            revocation_endpoint: url("a/revoke"),
            registration_endpoint: url("a/register"),
            device_authorization_endpoint: url("a/device"),
            pushed_authorization_request_endpoint: url("a/par"),
            require_pushed_authorization_requests: true,
            client_id_metadata_document_supported: true,
            iss_parameter: true,
            ..Provider::default()
        };
        assert_eq!(provider, expected);
    }

    /// GitLab's metadata, for one, is silent about a device flow that works.
    #[test]
    fn what_the_definition_says_stands_whatever_the_document_says_or_lacks() {
        let mut defined = Provider::default();
        fill(&mut defined, everything("defined"));
        for found in [everything("other"), Metadata::default()] {
            let mut provider = defined.clone();
            fill(&mut provider, found);
            assert_eq!(provider, defined);
        }
    }
}
