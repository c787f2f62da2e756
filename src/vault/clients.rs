//! Our clients at providers: what a registration gave that is secret, or that has to be remembered with
//! it. The record lies beside the accounts; the secrets are in a store.

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::store::Kind;
use crate::timestamp::Timestamp;

/// A client with secrets at one provider. The provider's file has its `client_id` too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptClient {
    /// Random; the key of its secrets in the store.
    pub id: String,
    /// The client identifier (RFC 6749 §2.2).
    pub client_id: String,
    /// The origin of the token endpoint that it was registered for; no other gets its secret.
    pub pin: String,
    /// Where its secrets are.
    pub store: Kind,
    /// When the client secret ends, where the server said so (RFC 7591 §3.2.1).
    pub secret_expires_at: Option<Timestamp>,
    /// Where the registration can be read, changed and deleted (RFC 7592 §3).
    pub configuration_endpoint: Option<url::Url>,
}

/// What is secret about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientSecrets {
    /// Authenticates the client.
    pub client_secret: Option<Secret>,
    /// Manages the registration (RFC 7592 §3).
    pub registration_access_token: Option<Secret>,
}
