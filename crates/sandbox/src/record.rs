//! What clients asked lately, so that a test can see what was sent and not only what came of it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::http::{FORM, Form, Request};

/// How many requests are remembered.
const CAPACITY: usize = 256;

/// A request for authorization: by a browser, pushed, or by a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The endpoint: `/authorize`, `/par` or `/device_authorization`.
    pub path: String,
    /// The parameters of query and body in the order they were sent, without client secrets.
    pub parameters: Vec<(String, String)>,
}

impl Recorded {
    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// The requests of one server, the oldest first. Token requests are not among them.
#[derive(Default)]
pub struct Record(Mutex<VecDeque<Recorded>>);

impl Record {
    /// Notes a request as it was sent, where it asks for authorization.
    pub fn note(&self, request: &Request) {
        let path = request.path.as_str();
        if !matches!(path, "/authorize" | "/par" | "/device_authorization") {
            return;
        }
        let mut parameters = pairs(request.query.as_bytes());
        if request.has_type(FORM) {
            parameters.extend(pairs(&request.body));
        }
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if record.len() >= CAPACITY {
            record.pop_front();
        }
        record.push_back(Recorded {
            path: path.into(),
            parameters,
        });
    }

    /// What was asked so far, in order.
    pub fn all(&self) -> Vec<Recorded> {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.iter().cloned().collect()
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    Form::parse(encoded)
        .pairs()
        .filter(|(name, _)| *name != "client_secret")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
