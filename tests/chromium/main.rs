//! The real binary and a real browser: people sign in at the practice provider with its own pages.

#![cfg(target_os = "linux")]
mod chromium;
mod page;

mod scene;

mod device;
mod login;
mod race;
