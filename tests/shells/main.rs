//! `export` and the real programs that read it: every token comes back byte for byte, or is refused.
#![cfg(unix)]
#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

#[path = "../support/home.rs"]
mod home;
#[path = "../support/provider.rs"]
mod provider;
#[path = "../support/scene.rs"]
mod scene;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/vault.rs"]
mod vault;
#[path = "../support/visitor.rs"]
mod visitor;

mod ci;
mod dotenv;
mod json;
mod other;
mod posix;
mod program;
mod tokens;
