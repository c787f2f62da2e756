//! The real binary against servers that others wrote: here `oidc-provider`, a certified OpenID
//! provider, with PKCE demanded and refresh tokens rotated under reuse detection.

#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

mod browser;
#[path = "../support/home.rs"]
mod home;
mod peer;
#[path = "../support/visitor.rs"]
mod visitor;

mod login;
mod registration;
mod tokens;
