//! keyfob signs people in to any OAuth 2 provider, keeps the tokens where the system keeps secrets,
//! and hands out valid ones.
//!
//! `ARCHITECTURE.md` has the map of what follows, and says who may import whom.

pub mod account;
pub(crate) mod audit;
pub(crate) mod choose;
pub(crate) mod ci;
pub(crate) mod claims;
pub mod complete;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod doctor;
pub mod error;
pub mod help;
pub mod interrupts;
pub(crate) mod login;
pub(crate) mod names;
pub(crate) mod oauth;
pub(crate) mod owners;
pub mod paths;
pub(crate) mod process;
pub mod provider;
pub(crate) mod rules;
pub(crate) mod session;
pub mod store;
pub mod term;
pub(crate) mod token_set;
pub(crate) mod toml_text;
pub(crate) mod variables;
pub mod vault;
pub mod verbs;
pub(crate) mod web;
pub(crate) mod words;
