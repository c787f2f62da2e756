//! keyfob signs people in to any OAuth 2 provider, keeps the tokens where the system keeps secrets,
//! and hands out valid ones.
//!
//! The map, in the direction data goes through a command:
//!
//! ```text
//! verbs      the command line, and a verb a file: its arguments, what it does, what it answers; the only
//!            code that writes to stdout
//!   choose     which account is meant
//!     rules      what the folder says of it, and what was accepted
//!   login      a new account: store probe, consent, exchange, identity, persist
//!   session    a fresh token for an account
//!     ci         the identity token of the job that this runs in
//!     oauth      the protocol, a standard a file
//!     vault      accounts and their secrets, where index meets store
//!       store      secrets under keys: keyring, file
//!     provider   definitions of authorization servers, as data
//! doctor     what is wrong with a set-up, a check a file; known to verbs
//! crates/    base for all; the practice provider, known to verbs alone; the testkit, to tests
//! audit      the audit log, known to verbs; the others see its trait
//! ```

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
