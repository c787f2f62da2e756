//! HTTPS as an OAuth client needs it: no redirects, bounded bodies and times, errors that name host and cause.

mod answer;
mod cause;
mod client;
mod request;

pub(super) use answer::Answer;
#[cfg(test)]
pub(super) use client::tests;
pub(crate) use client::{Http, HttpOptions, count_certificates};
pub(super) use request::Request;
