//! The protocol, a standard a file.
//!
//! It knows token sets, secrets and provider definitions as data. It opens no listening socket and
//! touches no file, store or terminal; steps are told to a `Trace`.

pub(crate) mod authorize;
mod challenge;
mod client;
pub(crate) mod device;
pub(crate) mod discovery;
pub(crate) mod endpoint;
mod error;
mod http;
pub(crate) mod id_token;
pub(crate) mod identity_token;
mod members;
pub(crate) mod par;
pub(crate) mod pkce;
pub(crate) mod probe;
mod random;
mod redact;
pub(crate) mod redirect;
pub(crate) mod registration;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;

pub(crate) use client::Client;
pub(crate) use error::{ErrorResponse, OauthError};
pub(crate) use http::{Http, HttpOptions, count_certificates};
