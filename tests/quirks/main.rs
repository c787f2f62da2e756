//! The real binary at the practice provider: a table that has every key of a definition meet a server that
//! needs it, and each flow from the first word to the last.

#![cfg(unix)]
#![allow(
    dead_code,
    reason = "the support is shared, and each target uses its part"
)]

#[path = "../support/home.rs"]
mod home;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/screen.rs"]
mod screen;
#[path = "../support/visitor.rs"]
mod visitor;

mod flows;
mod person;
mod stage;
mod table;
