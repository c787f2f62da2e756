//! The protocol, a standard a file.
//!
//! It knows token sets, secrets and provider definitions as data. It opens no listening socket and
//! touches no file, store or terminal; steps are told to a [`Trace`].

pub mod authorize;
pub mod discovery;
mod error;
mod http;
pub mod id_token;
pub mod pkce;
pub mod redirect;
pub mod registration;
pub mod revoke;
pub mod token;
pub mod userinfo;

pub use error::{ErrorResponse, OauthError};
pub use http::{Http, HttpOptions, Trace};

use crate::provider::ClientAuth;
use crate::secret::Secret;

/// The client as the token endpoint meets it (RFC 6749 §2.3).
#[derive(Debug, Clone)]
pub struct Client {
    /// The client identifier.
    pub id: String,
    /// How it authenticates.
    pub auth: ClientAuth,
    /// What it authenticates with; never used with [`ClientAuth::None`].
    pub secret: Option<Secret>,
}
