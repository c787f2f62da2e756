//! Signing in. A login of any kind proves locks and store, knows its client, gets tokens, asks whose they are,
//! and keeps them.
//!
//! ```text
//! run                     the beginning of every login, and the way of its kind
//! person                  a person's: consent, exchange, identity, persist, page
//! machine                 that of a client or a CI job, from its secret to persist
//! given                   a token that somebody has already, from userinfo to persist
//! plan, metadata          what somebody wants of it, and the definition made whole
//! origins                 where nothing secret may go unasked
//! environment, browser    where it runs, and what can be opened there
//! flow                    the ways in which it can finish here
//! client                  who we are there: known, registered, with which secret
//! code, device            a request for each way: what its answer needs
//! invite, show, consent   what the person is told, and who goes to the provider
//! wait                    listener, paste and device side by side, and the first to finish
//! identity, target        who signed in, and which account that is
//! acquaint                whether somebody new is the one at the terminal
//! ephemeral               what a sign-in for one command has got, to be given back
//! ```

mod acquaint;
mod browser;
mod client;
mod code;
mod consent;
mod device;
mod environment;
mod ephemeral;
#[cfg(test)]
mod fixture;
mod flow;
mod given;
mod identity;
mod invite;
mod listener;
mod machine;
mod metadata;
mod origins;
mod page;
mod paste;
mod persist;
mod person;
mod plan;
mod run;
mod show;
mod target;
mod wait;

pub(crate) use browser::{Browser, BrowserOptions, VARIABLES as BROWSER_VARIABLES};
pub(crate) use client::read_variable;
pub(crate) use consent::Visitor;
pub(crate) use environment::Surroundings;
pub(crate) use ephemeral::{Gains, Granted, MemoryVault};
pub(crate) use flow::Flow;
pub(crate) use given::{Given, keep_given};
pub(crate) use machine::exchange;
pub(crate) use plan::{Keeping, Plan, Retry, SignedIn, Wanted, Wish, check_resources};
pub(crate) use run::login;
