//! What a server remembers only while it runs: consent pages that wait for an answer, wrong user codes, and
//! what clients asked lately.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::http::{FORM, Parameters, Refusal, Request};
use crate::random;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

const PAGE_LIFETIME: u64 = 600;

/// How many pages wait at most; the oldest gives way.
const PAGES: usize = 64;

/// The pages of one server. They die with it, as nobody could send their form anywhere else.
pub(crate) struct PendingPages<T>(Mutex<VecDeque<WaitingPage<T>>>);

struct WaitingPage<T> {
    id: Secret,
    expires_at: Timestamp,
    asked: T,
}

impl<T> Default for PendingPages<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> PendingPages<T> {
    pub(crate) fn put(&self, asked: T, now: Timestamp) -> io::Result<Secret> {
        let id = random::value("")?;
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|page| now < page.expires_at);
        while pages.len() >= PAGES {
            pages.pop_front();
        }
        pages.push_back(WaitingPage {
            id: id.clone(),
            expires_at: now.plus(PAGE_LIFETIME),
            asked,
        });
        Ok(id)
    }

    pub(crate) fn take(&self, id: &str, now: Timestamp) -> Option<T> {
        let id = Secret::new(id);
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = pages
            .iter()
            .position(|page| page.id == id && now < page.expires_at)?;
        pages.remove(at).map(|page| page.asked)
    }
}

/// Within [`WINDOW`]; at this rate a guess hits one of a hundred codes in some fifty years.
const WRONG_CODES: usize = 10;

const WINDOW: u64 = 60;

/// When wrong codes came, of all browsers together: on loopback they cannot be told apart.
#[derive(Default)]
pub(crate) struct Guesses(Mutex<VecDeque<Timestamp>>);

impl Guesses {
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|at| now.since(*at) < WINDOW);
        if wrong.len() < WRONG_CODES {
            return Ok(());
        }
        let what = "too many wrong codes; wait a minute";
        Err(Refusal::invalid_request(what).with_status(429))
    }

    pub(crate) fn count(&self, now: Timestamp) {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.push_back(now);
    }
}

const REQUESTS: usize = 256;

/// A request for authorization: by a browser, pushed, or by a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The endpoint: `/authorize`, `/par` or `/device_authorization`.
    pub path: String,
    /// The parameters of query and body in the order they were sent, without client secrets.
    pub parameters: Vec<(String, String)>,
}

impl Recorded {
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.parameters.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// The requests of one server, the oldest first. Token requests are not among them.
#[derive(Default)]
pub struct RequestLog(Mutex<VecDeque<Recorded>>);

impl RequestLog {
    pub(crate) fn note(&self, request: &Request) {
        let path = request.path.as_str();
        if !matches!(path, "/authorize" | "/par" | "/device_authorization") {
            return;
        }
        let mut parameters = pairs(request.query.as_bytes());
        if request.has_type(FORM) {
            parameters.extend(pairs(&request.body));
        }
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if record.len() >= REQUESTS {
            record.pop_front();
        }
        record.push_back(Recorded {
            path: path.into(),
            parameters,
        });
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        let record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.iter().cloned().collect()
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    Parameters::parse(encoded)
        .pairs()
        .filter(|(name, _)| *name != "client_secret")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
