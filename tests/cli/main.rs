//! The real binary, a verb a file: every test has a home of its own, and the servers check what they are sent.

#[path = "../support/home.rs"]
mod home;

mod basics;
