//! Identity tokens of the place where this runs: a CI system says in one who its job is, and a provider that
//! trusts the system exchanges it (RFC 8693). An identity token is a secret: it is shown nowhere and kept
//! nowhere, and no error repeats it.

mod claims;
mod identity_token;
mod systems;
mod variables;

#[cfg(test)]
pub(crate) use claims::Claims;
pub(crate) use identity_token::{BY_FILE, IdentityToken, account_name, identity_token};
pub(crate) use variables::Wanted;
