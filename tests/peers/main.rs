//! The real binary against servers that others wrote: here `oidc-provider`, a certified OpenID
//! provider, with PKCE demanded, refresh tokens rotated under reuse detection, and the features switched
//! on that a test needs.

mod browser;
mod peer;
#[path = "../support/vault.rs"]
mod vault;

mod by_url;
mod clients;
mod device;
mod exchange;
mod login;
mod race;
mod registration;
mod requests;
mod tokens;
mod verbs;
