//! The token endpoint (RFC 6749 §3.2): codes, refresh tokens, the client's own credentials and the identity
//! tokens of others become token sets, in the dialects that a provider's file names.

mod answer;
mod endpoint;

pub(crate) use endpoint::TokenEndpoint;
