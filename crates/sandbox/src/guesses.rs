//! Counts wrong user codes, which are short enough to be guessed (RFC 8628 §5.1).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::http::Refusal;
use keyfob_base::timestamp::Timestamp;

/// How many wrong codes are taken within [`WINDOW`]; at this rate a guess hits one of a hundred codes in
/// some fifty years.
const LIMIT: usize = 10;

/// The time in which they are counted, in seconds.
const WINDOW: u64 = 60;

/// When wrong codes came, of all browsers together: on loopback they cannot be told apart.
#[derive(Default)]
pub struct Guesses(Mutex<VecDeque<Timestamp>>);

impl Guesses {
    /// Refuses while there were too many.
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|at| now.since(*at) < WINDOW);
        if wrong.len() < LIMIT {
            return Ok(());
        }
        let what = "too many wrong codes; wait a minute";
        Err(Refusal {
            status: 429,
            ..Refusal::invalid_request(what)
        })
    }

    /// Counts a wrong one.
    pub fn count(&self, now: Timestamp) {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.push_back(now);
    }
}
