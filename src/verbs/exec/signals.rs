//! What arrives while the command runs.
//!
//! A terminal tells the whole foreground group of its size and of Ctrl-Z by itself, so SIGWINCH and the signals
//! of job control are left to it.
//!
//! The command is in the same process group, as a shell's job control and a Ctrl-C want it. So what is sent to
//! the group has reached the command already, and a second SIGINT means more than one to many programs. The
//! system does not tell the two apart; a probe beside the command does, which dies of whatever is sent to all.
//! It is `cat`, reading from a pipe that ends with keyfob. Where it does not run, everything is forwarded.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::task::Poll;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::interrupts::is_ignored;

/// The signals that are the command's.
pub(crate) const FORWARDED: [Signal; 6] = [
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

/// Caught from here to the end of the process. One that was ignored stays so, in the command too.
pub(crate) struct ForwardedSignals {
    forwarded: Vec<(Signal, unix::Signal)>,
    child: Option<unix::Signal>,
    anyway: Interval,
}

impl ForwardedSignals {
    /// Begins; called inside the runtime.
    pub(crate) fn catch() -> Self {
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
    pub(crate) async fn next(&mut self) -> Option<Signal> {
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

/// How long whoever sends to all may take from one process to the next.
const GRACE: Duration = Duration::from_millis(30);

/// How long its death explains a signal that is noticed after it.
const MEMORY: Duration = Duration::from_secs(1);

/// The process beside the command; it ends with this.
pub(crate) struct GroupProbe {
    process: Option<Child>,
    ended_by: Option<(i32, Instant)>,
}

impl GroupProbe {
    pub(crate) fn start() -> Self {
        Self {
            process: start_probe(),
            ended_by: None,
        }
    }

    /// Notes what it died of, and starts another; not where it ended by itself, as another would too.
    pub(crate) fn check(&mut self) {
        let status = self.process.as_mut().map(Child::try_wait);
        if let Some(Ok(Some(status))) = status {
            self.record_end(status);
            let forwarded = |(by, _)| FORWARDED.iter().any(|signal| signal.as_raw() == by);
            self.process = self
                .ended_by
                .is_some_and(forwarded)
                .then(start_probe)
                .flatten();
        }
    }

    /// Whether a signal that has arrived here was sent to all.
    pub(crate) async fn reached_group(&mut self, signal: Signal) -> bool {
        self.check();
        if !self.has_ended_by(signal) {
            tokio::time::sleep(GRACE).await;
            self.stop();
        }
        let reached = self.has_ended_by(signal);
        if reached {
            self.ended_by = None; // it explains one
        }
        reached
    }

    fn has_ended_by(&self, signal: Signal) -> bool {
        self.ended_by
            .is_some_and(|(by, when)| by == signal.as_raw() && when.elapsed() < MEMORY)
    }

    /// Does not wait for it to be scheduled: what was sent to it before this is what it has died of.
    fn stop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            if let Ok(status) = process.wait() {
                self.record_end(status);
                self.process = start_probe();
            }
        }
    }

    fn record_end(&mut self, status: ExitStatus) {
        self.ended_by = status.signal().map(|by| (by, Instant::now()));
    }
}

impl Drop for GroupProbe {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// It knows nothing of keyfob's environment, and keeps no folder busy.
fn start_probe() -> Option<Child> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let process = Command::new("cat")
        .env_clear()
        .env("PATH", path)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    without_core(&process);
    Some(process)
}

/// Ctrl-\ leaves no core dump of it behind.
fn without_core(process: &Child) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = prlimit(Some(Pid::from_child(process)), Resource::Core, none);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = process;
}
