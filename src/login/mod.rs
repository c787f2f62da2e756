//! Signing in, in this order: probe locks and store, know the client, consent, exchange, identity, persist,
//! and last the page in the browser, which can therefore tell the truth.
//!
//! ```text
//! run                     the whole of it, step by step
//! plan                    what somebody wants of it: scopes and resources too
//! environment, browser    where it runs, and what can be opened there
//! metadata                the definition made whole
//! flow                    the ways in which it can finish here
//! client                  who we are there: known, registered, with which secret
//! code, device            a request for each way: what its answer needs
//! invite, show, consent   what the person is told, and who goes to the provider
//! wait                    listener, paste and device side by side, and the first to finish
//! redeem                  the answer exchanged, and from there identity, target, persist
//! page                    what the browser shows at the end
//! machine                 the short way of a client or a CI job, from its secret to persist
//! given                   a token that somebody has already, from userinfo to persist
//! ephemeral               what a sign-in for one command has got, to be given back
//! ```

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
mod page;
mod paste;
mod persist;
mod plan;
mod redeem;
mod run;
mod show;
mod target;
mod wait;

pub(crate) use browser::{Browser, BrowserOptions, VARIABLES as BROWSER_VARIABLES};
pub(crate) use client::given;
pub(crate) use consent::Visitor;
pub(crate) use environment::Surroundings;
pub(crate) use ephemeral::{EphemeralRegistration, Gained, Gains, Granted};
pub(crate) use flow::Flow;
pub(crate) use given::{Given, given as given_token};
pub(crate) use machine::exchange;
pub(crate) use plan::{Keeping, Plan, Retry, SignedIn, Wanted, Wish, check_resources};
pub(crate) use run::login;
