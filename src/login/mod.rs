//! A sign-in, from the authorization request to the page that says how it ended.

pub mod browser;
pub mod listener;
pub mod page;
