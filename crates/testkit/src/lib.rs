//! What the tests of keyfob stand on. It knows the program from outside alone: its arguments, its answers
//! and its files. A test drives the real binary, which [`program::keyfob`] finds.

pub mod backup;
pub mod client;
#[cfg(unix)]
pub mod disk;
pub mod folders;
pub mod home;
#[cfg(unix)]
pub mod local_users;
pub mod needs;
pub mod process;
pub mod program;
pub mod provider;
pub mod scene;
#[cfg(unix)]
pub mod screen;
#[cfg(target_os = "linux")]
pub mod secret_service;
pub mod server;
#[cfg(unix)]
pub mod shell;
pub mod tls;
pub mod visitor;
