//! A bound on every call into the keyring.
//!
//! A call that missed its deadline goes on in its thread, which holds the connection and cannot be
//! ended. So nobody waits for that thread again, at exit neither, and no further call is made.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::cause::WAY_OUT;
use crate::store::{Prompter, StoreError};
use keyfob_base::memory::Recognisable;
use keyfob_base::testing::bound;

struct Bounds {
    /// When somebody is there, they are told now that an unlock prompt may be waiting.
    announce: Duration,
    alone: Duration,
    /// With somebody there, who has to find the prompt and type a password.
    attended: Duration,
}

pub(crate) struct Deadline {
    bounds: Bounds,
    missed: OnceLock<Duration>,
    announced: AtomicBool,
}

impl Deadline {
    /// 5 s alone, 60 s with somebody there.
    pub(crate) const fn new() -> Self {
        Self::with(Bounds {
            announce: Duration::from_secs(2),
            alone: Duration::from_secs(5),
            attended: Duration::from_secs(60),
        })
    }

    const fn with(bounds: Bounds) -> Self {
        Self {
            bounds,
            missed: OnceLock::new(),
            announced: AtomicBool::new(false),
        }
    }

    pub(crate) fn run<T: Send + 'static>(
        &self,
        prompter: &dyn Prompter,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        if let Some(waited) = self.missed.get() {
            return Err(no_answer(*waited));
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("keyring".into())
            .spawn(move || {
                let answer = {
                    let _recognisable = Recognisable::begin();
                    call()
                };
                // Nobody takes an answer that comes too late; it is dropped, and so wiped.
                let _ = sender.send(answer);
            })
            .map_err(|error| failed(format!("cannot start a thread for the keyring: {error}")))?;
        self.wait(prompter, &receiver)
    }

    fn wait<T>(&self, prompter: &dyn Prompter, receiver: &Receiver<T>) -> Result<T, StoreError> {
        let announce = self.bounds.announce.min(self.alone());
        let mut answer = receiver.recv_timeout(announce);
        if let Err(RecvTimeoutError::Timeout) = answer {
            let bound = self.bound(prompter);
            answer = receiver.recv_timeout(bound.saturating_sub(announce));
            if let Err(RecvTimeoutError::Timeout) = answer {
                return Err(no_answer(*self.missed.get_or_init(|| bound)));
            }
        }
        answer.map_err(|_| failed("the call to the keyring broke off".into()))
    }

    fn alone(&self) -> Duration {
        bound("KEYRING", self.bounds.alone)
    }

    fn bound(&self, prompter: &dyn Prompter) -> Duration {
        if !prompter.attended() {
            return self.alone();
        }
        if !self.announced.swap(true, Ordering::Relaxed) {
            prompter.unlock_pending();
        }
        self.bounds.attended
    }
}

fn no_answer(waited: Duration) -> StoreError {
    failed(format!(
        "the keyring did not answer within {} s",
        waited.as_secs()
    ))
}

fn failed(cause: String) -> StoreError {
    StoreError {
        cause,
        hint: WAY_OUT.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Instant;

    use super::*;
    use keyfob_base::secret::Secret;

    struct Somebody {
        there: bool,
        told: AtomicUsize,
    }

    impl Somebody {
        fn new(there: bool) -> Self {
            Self {
                there,
                told: AtomicUsize::new(0),
            }
        }
    }

    impl Prompter for Somebody {
        fn attended(&self) -> bool {
            self.there
        }
        fn unlock_pending(&self) {
            self.told.fetch_add(1, Ordering::Relaxed);
        }
        fn passphrase(&self, _new: bool) -> Option<Secret> {
            None
        }
    }

    fn short(alone: u64, attended: u64) -> Deadline {
        Deadline::with(Bounds {
            announce: Duration::from_millis(20),
            alone: Duration::from_millis(alone),
            attended: Duration::from_millis(attended),
        })
    }

    /// Blocks until the test is over.
    fn never() -> (mpsc::Sender<()>, impl FnOnce() + Send + 'static) {
        let (sender, receiver) = mpsc::channel::<()>();
        (sender, move || {
            let _ = receiver.recv();
        })
    }

    #[test]
    fn an_answer_in_time_is_handed_on() {
        let nobody = Somebody::new(false);
        assert_eq!(short(1_000, 1_000).run(&nobody, || 7).unwrap(), 7);
        assert_eq!(nobody.told.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn silence_ends_at_the_deadline_and_no_further_call_is_made() {
        let deadline = short(60, 60_000);
        let nobody = Somebody::new(false);
        let (_hold, call) = never();
        let start = Instant::now();
        let error = deadline.run(&nobody, call).unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(60));
        assert!(start.elapsed() < Duration::from_secs(30));
        assert!(
            error.cause.starts_with("the keyring did not answer within"),
            "{error}"
        );
        let (called, seen) = mpsc::channel();
        let again = deadline.run(&nobody, move || called.send(())).unwrap_err();
        assert_eq!(again.cause, error.cause);
        assert!(seen.recv().is_err(), "the keyring was called again");
        assert_eq!(nobody.told.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn somebody_there_is_told_once_and_given_time() {
        let deadline = short(21, 60_000);
        let somebody = Somebody::new(true);
        for _ in 0..2 {
            let slow = || thread::sleep(Duration::from_millis(60));
            deadline.run(&somebody, slow).unwrap();
        }
        assert_eq!(somebody.told.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_call_that_panics_is_a_failure_and_no_silence() {
        let deadline = short(60_000, 60_000);
        let nobody = Somebody::new(false);
        let error = deadline.run(&nobody, || panic!("a fault")).unwrap_err();
        assert!(error.cause.contains("broke off"), "{error}");
        assert!(deadline.run(&nobody, || ()).is_ok());
    }

    #[test]
    fn the_words_name_the_bound() {
        assert_eq!(
            no_answer(Duration::from_secs(5)).cause,
            "the keyring did not answer within 5 s"
        );
    }
}
