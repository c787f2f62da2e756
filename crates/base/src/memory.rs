//! Keeps what is in this process's memory from other processes of the same user, and from core dumps. Root, a
//! debugger that root allows, and swap are not held off.

use std::sync::Mutex;
#[cfg(unix)]
use std::sync::OnceLock;

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit that this process began with.
#[cfg(unix)]
static CORE: OnceLock<Rlimit> = OnceLock::new();

/// No core dump is written, and on Linux no process of this user may read the memory. Comes first of all.
pub fn conceal() {
    #[cfg(unix)]
    {
        let began = *CORE.get_or_init(|| getrlimit(Resource::Core));
        let none = Rlimit {
            current: Some(0),
            ..began
        };
        let _ = setrlimit(Resource::Core, none); // less than before is always allowed
    }
    set_readable(false);
}

/// Gives back the limit that this process began with, for a program that is about to be started.
pub fn restore_core_limit() {
    #[cfg(unix)]
    if let Some(began) = CORE.get() {
        let _ = setrlimit(Resource::Core, *began);
    }
}

/// How many threads are being recognised at the moment.
static RECOGNISED: Mutex<usize> = Mutex::new(0);

/// While it lives, others may see which program this is. `KeePassXC` reads `/proc/PID/exe` of whoever asks it for
/// a secret, and without it does not know a program that was allowed to.
#[derive(Debug)]
pub struct Recognisable(());

impl Recognisable {
    pub fn begin() -> Self {
        count(|threads| threads + 1);
        Self(())
    }
}

impl Drop for Recognisable {
    fn drop(&mut self) {
        count(|threads| threads - 1);
    }
}

fn count(change: impl FnOnce(usize) -> usize) {
    let mut threads = RECOGNISED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    *threads = change(*threads);
    set_readable(*threads > 0);
}

fn set_readable(readable: bool) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let behavior = if readable {
            DumpableBehavior::Dumpable
        } else {
            DumpableBehavior::NotDumpable
        };
        let _ = set_dumpable_behavior(behavior); // refused by no kernel that has it
    }
    #[cfg(not(target_os = "linux"))]
    let _ = readable;
}
