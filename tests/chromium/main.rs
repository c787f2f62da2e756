//! The real binary and a real browser: people sign in at the practice provider with its own pages.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

mod chromium;
mod page;

#[path = "../support/home.rs"]
mod home;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/provider.rs"]
mod provider;
#[path = "../support/screen.rs"]
mod screen;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/visitor.rs"]
mod visitor;

mod scene;

mod device;
mod login;
mod race;
