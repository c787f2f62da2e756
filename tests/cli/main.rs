//! The real binary, a verb a file: every test has a home of its own, and the servers check what they are sent.

#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

#[path = "../support/home.rs"]
mod home;
#[path = "../support/provider.rs"]
mod provider;
#[cfg(unix)]
#[path = "../support/screen.rs"]
mod screen;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/visitor.rs"]
mod visitor;

mod accounts;
mod basics;
#[cfg(unix)]
mod browser;
mod consent;
mod redirect;
mod registration;
#[cfg(unix)]
mod terminal;
