//! The real binary against servers that others wrote: here `oidc-provider`, a certified OpenID
//! provider, with PKCE demanded, refresh tokens rotated under reuse detection, and the features switched
//! on that a test needs.

#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

mod browser;
#[path = "../support/home.rs"]
mod home;
mod peer;
#[path = "../support/screen.rs"]
mod screen;
#[path = "../support/vault.rs"]
mod vault;
#[path = "../support/visitor.rs"]
mod visitor;

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
