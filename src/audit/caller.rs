//! The program that ran keyfob: its name and its process, never its arguments, which may hold anything.

use keyfob_base::escape::escape_short;

/// The most characters of a program's name that are written down. Linux keeps 15 octets of it.
const NAME_LIMIT: usize = 64;

#[derive(Debug)]
pub(crate) struct Caller {
    /// The program's name, escaped.
    pub program: Option<String>,
    pub pid: Option<u32>,
}

impl Caller {
    /// Asks the system for the name of the process that was the parent when the command began. One that
    /// has ended since has no name, for its number may be another's by now.
    pub(crate) fn of(pid: Option<u32>) -> Self {
        let alive = pid.filter(|_| pid == self::pid());
        Self {
            program: alive.and_then(program).map(|name| shown(&name)),
            pid,
        }
    }
}

/// The parent's process; none for what the parent is outside of this container.
pub(crate) fn pid() -> Option<u32> {
    #[cfg(unix)]
    return Some(std::os::unix::process::parent_id()).filter(|pid| *pid != 0);
    #[cfg(not(unix))]
    None
}

/// The name by which the system knows a process. A process may call itself what it likes.
#[cfg(target_os = "linux")]
fn program(pid: u32) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut name = Vec::with_capacity(NAME_LIMIT);
    let file = std::fs::File::open(format!("/proc/{pid}/comm")).ok()?;
    file.take(NAME_LIMIT as u64).read_to_end(&mut name).ok()?;
    Some(name)
}

#[cfg(not(target_os = "linux"))]
fn program(_: u32) -> Option<Vec<u8>> {
    None
}

fn shown(name: &[u8]) -> String {
    let name = name.strip_suffix(b"\n").unwrap_or(name);
    escape_short(&String::from_utf8_lossy(name), NAME_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_harmless_and_short() {
        assert_eq!(shown(b"make\n"), "make");
        assert_eq!(shown(b"a\x1b[31m\nb\n"), "a\\u{1b}[31m\\nb");
        assert_eq!(shown(b"\xff\xfe"), "\u{fffd}\u{fffd}");
        assert_eq!(shown(&[0x1b; 64]).chars().count(), NAME_LIMIT);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_parent_that_has_ended_keeps_its_number_and_has_no_name() {
        assert!(Caller::of(pid()).program.is_some());
        let gone = Caller::of(Some(std::process::id()));
        assert_eq!(gone.program, None);
        assert_eq!(gone.pid, Some(std::process::id()));
    }
}
