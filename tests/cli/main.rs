//! The real binary, a verb a file: every test has a home of its own, and the servers check what they are sent.

#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

#[path = "../support/home.rs"]
mod home;
#[path = "../support/provider.rs"]
mod provider;
#[path = "../support/server.rs"]
mod server;
#[cfg(target_os = "linux")]
#[path = "../support/secret_service.rs"]
mod service;
#[cfg(unix)]
#[path = "../completion/session.rs"]
mod session;
#[path = "../support/tls.rs"]
mod tls;
#[path = "../support/visitor.rs"]
mod visitor;

mod basics;
#[cfg(unix)]
mod manners;
mod network;
#[cfg(unix)]
mod secrecy;
#[cfg(target_os = "linux")]
mod secret_service;
#[cfg(unix)]
mod store_file;
