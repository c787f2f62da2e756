//! The table of a provider's file about exchanging identity tokens.

use serde::{Deserialize, Serialize};

use super::TokenBody;

/// How an identity token of a CI system is exchanged at the token endpoint (RFC 8693).
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct ExchangeRule {
    /// The audience that the identity token must be for; the issuer where absent.
    pub audience: Option<String>,
    /// The form of the request; that of `token.body` where absent.
    pub body: Option<TokenBody>,
    /// What the identity token is said to be; `urn:ietf:params:oauth:token-type:id_token` where absent.
    pub subject_token_type: Option<String>,
    /// What is asked for; the server decides where absent.
    pub requested_token_type: Option<String>,
    /// No client has a part in it: neither `client_id` nor a secret is sent.
    pub without_client: bool,
    /// What `--resource` names.
    pub resource: ResourceForm,
    /// Variables that hold the identity token, besides keyfob's own.
    pub variables: Vec<String>,
}

impl ExchangeRule {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the `resource` of an exchange is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ResourceForm {
    /// Absolute URIs, none needed (RFC 8693 §2.1).
    #[default]
    Uri,
    /// One name in the server's own words, which it demands.
    Name,
}
