//! Our client at the provider: its id, how it authenticates, its secret where it needs one, and
//! registering it where there is none (RFC 7591).
//! All of it is settled before anybody is sent to the provider.

mod config;
mod obtain;
mod register;
mod secret;

pub(crate) use config::{known_id, read_variable};
pub(crate) use obtain::{for_exchange, for_itself, obtain, request_error};
