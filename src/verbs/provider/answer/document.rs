//! The document of `provider metadata`: what a client id that is a URL leads to (OAuth Client ID
//! Metadata Documents, with the members of RFC 7591 §2).

use serde::Serialize;
use url::Url;

/// keyfob as a public native client.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    client_id: &'a Url,
    client_name: &'static str,
    redirect_uris: Vec<String>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    application_type: &'static str,
}

impl<'a> Document<'a> {
    /// The document that will be at `url`.
    pub(crate) fn new(url: &'a Url, redirect_uris: Vec<String>) -> Self {
        Self {
            client_id: url,
            client_name: "keyfob",
            redirect_uris,
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: "none",
            application_type: "native",
        }
    }

    /// Writes it for people and web servers alike, in lines.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings serialise")
    }
}
