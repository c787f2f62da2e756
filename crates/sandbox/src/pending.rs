//! Consent pages that wait for an answer, each under an id that only that page knows and that works
//! once, so that another site cannot answer for the person.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::random;
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// How long somebody may look at a page.
const LIFETIME: u64 = 600;

/// How many pages wait at most; the oldest gives way.
const CAPACITY: usize = 64;

/// The pages of one server. They die with it, as nobody could send their form anywhere else.
pub struct Pending<T>(Mutex<VecDeque<Page<T>>>);

struct Page<T> {
    id: Secret,
    expires_at: Timestamp,
    asked: T,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pending<T> {
    /// Remembers what a page asks, and gives the page its id.
    pub fn put(&self, asked: T, now: Timestamp) -> io::Result<Secret> {
        let id = random::value("")?;
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|page| now < page.expires_at);
        while pages.len() >= CAPACITY {
            pages.pop_front();
        }
        pages.push_back(Page {
            id: id.clone(),
            expires_at: now.plus(LIFETIME),
            asked,
        });
        Ok(id)
    }

    /// Gives what the page of this id asks, once.
    pub fn take(&self, id: &str, now: Timestamp) -> Option<T> {
        let id = Secret::new(id);
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = pages
            .iter()
            .position(|page| page.id == id && now < page.expires_at)?;
        pages.remove(at).map(|page| page.asked)
    }
}
