//! A check that runs beside the others, and is not waited for beyond its time.
//!
//! One that missed it goes on in its thread, which nobody joins: the process ends without it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Finding, Topic};

pub(crate) struct Pending<T = Vec<Finding>> {
    name: &'static str,
    bound: Duration,
    begun: Instant,
    findings: Receiver<T>,
}

impl<T: Send + 'static> Pending<T> {
    pub(crate) fn begin(
        name: &'static str,
        bound: Duration,
        look: impl FnOnce() -> T + Send + 'static,
    ) -> Self {
        let (sender, findings) = mpsc::sync_channel(1);
        // Without a thread there is no sender any more, and so a finding.
        let _ = thread::Builder::new()
            .name(format!("doctor {name}"))
            .spawn(move || sender.send(look()));
        Self {
            name,
            bound,
            begun: Instant::now(),
            findings,
        }
    }

    pub(crate) fn wait(self) -> Result<T, Box<Finding>> {
        let left = self.bound.saturating_sub(self.begun.elapsed());
        let seconds = self.bound.as_secs();
        let found = self.findings.recv_timeout(left);
        found.map_err(|why| {
            let (what, hint) = match why {
                RecvTimeoutError::Timeout => (
                    format!("did not end within {seconds} s"),
                    "look whether the disk with keyfob's folders answers; KEYFOB_HOME names another place",
                ),
                RecvTimeoutError::Disconnected => (
                    "the check broke off".into(),
                    "run it again; if it stays so, report it as a fault of keyfob",
                ),
            };
            Box::new(Topic(self.name).fail(what, hint))
        })
    }
}

impl Pending {
    pub(crate) fn end(self) -> Vec<Finding> {
        self.wait().unwrap_or_else(|failed| vec![*failed])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn a_check_that_hangs_or_breaks_off_is_a_finding() {
        let pass = || vec![Topic("x").pass("well")];
        let bound = Duration::from_millis(50);
        assert_eq!(Pending::begin("x", bound * 1000, pass).end(), pass());
        let (_hold, gate) = mpsc::channel::<()>();
        let hung = Pending::begin("x", bound, move || {
            let _ = gate.recv();
            Vec::new()
        });
        let broken = Pending::begin("x", bound * 1000, || panic!("a fault"));
        for (pending, word) in [(hung, "did not end"), (broken, "broke off")] {
            let found = pending.end();
            assert_eq!(found[0].status, Status::Fail);
            assert!(found[0].message.contains(word), "{found:?}");
        }
    }
}
