//! What arrives while the command runs.
//!
//! A terminal tells the whole foreground group of its size and of Ctrl-Z by itself, so SIGWINCH and the signals
//! of job control are left to it.

use std::task::Poll;
use std::time::Duration;

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::interrupts::is_ignored;

/// The signals that are the command's.
pub const FORWARDED: [Signal; 6] = [
    Signal::INT,
    Signal::TERM,
    Signal::HUP,
    Signal::QUIT,
    Signal::USR1,
    Signal::USR2,
];

/// How often the command is looked at without a word of the system, which whoever started keyfob may have
/// blocked.
const ANYWAY: Duration = Duration::from_secs(1);

/// Signals, caught from here to the end of the process. One that was ignored stays so, in the command too.
pub struct Signals {
    forwarded: Vec<(Signal, unix::Signal)>,
    child: Option<unix::Signal>,
    anyway: Interval,
}

impl Signals {
    /// Begins; called inside the runtime.
    pub fn catch() -> Self {
        let caught = |kind: Signal| {
            let heard = signal(SignalKind::from_raw(kind.as_raw())).ok()?;
            Some((kind, heard))
        };
        let wanted = FORWARDED.into_iter();
        let mut anyway = interval(ANYWAY);
        anyway.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            forwarded: wanted
                .filter(|kind| !is_ignored(kind.as_raw()))
                .filter_map(caught)
                .collect(),
            child: signal(SignalKind::child()).ok(),
            anyway,
        }
    }

    /// The next one that is for the command, or `None` once a child may have ended.
    pub async fn next(&mut self) -> Option<Signal> {
        let Self {
            forwarded,
            child,
            anyway,
        } = self;
        std::future::poll_fn(|context| {
            for (kind, heard) in &mut *forwarded {
                if let Poll::Ready(Some(())) = heard.poll_recv(context) {
                    return Poll::Ready(Some(*kind));
                }
            }
            let ended = child
                .as_mut()
                .is_some_and(|child| child.poll_recv(context).is_ready());
            if ended || anyway.poll_tick(context).is_ready() {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }
}
