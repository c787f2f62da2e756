//! The protocol, a standard a file.
//!
//! It knows token sets, secrets and provider definitions as data. It opens no listening socket and
//! touches no file, store or terminal; steps are told to a [`Trace`].

pub mod authorize;
mod challenge;
mod client;
pub mod device;
pub mod discovery;
pub mod endpoint;
mod error;
mod http;
pub mod id_token;
pub mod identity_token;
mod members;
pub mod par;
pub mod pkce;
pub mod probe;
mod random;
mod redact;
pub mod redirect;
pub mod registration;
pub mod revoke;
pub mod token;
pub mod userinfo;

pub use client::Client;
pub use error::{ErrorResponse, OauthError};
pub use http::{Http, HttpOptions, Trace, count_certificates};
