//! The browser in which a person signs in: which one, and how it is started.

mod command;
mod launch;
mod open;
#[cfg(test)]
mod tests;

pub(crate) use open::{Browser, BrowserOptions, VARIABLES};
