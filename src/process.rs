//! What every process that keyfob starts has in common: it inherits none of keyfob's own secrets.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Takes keyfob's secrets out of the environment that `command` will inherit: `KEYFOB_PASSPHRASE*`,
/// `KEYFOB_BACKUP_PASSPHRASE*`, `KEYFOB_*_CLIENT_SECRET`, `KEYFOB_ID_TOKEN` and `KEYFOB_*_ID_TOKEN`.
///
/// It comes before the caller's own `env` calls, which it would undo for these names.
pub(crate) fn scrub(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if is_secret(&name) {
            command.env_remove(name);
        }
    }
}

/// Windows takes names of variables in any case, so they are compared without it.
fn is_secret(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes().to_ascii_uppercase();
    name.starts_with(b"KEYFOB_PASSPHRASE")
        || name.starts_with(b"KEYFOB_BACKUP_PASSPHRASE")
        || name.starts_with(b"KEYFOB_")
            && (name.ends_with(b"_CLIENT_SECRET") || name.ends_with(b"_ID_TOKEN"))
}

// What a program writes, with bounds on its time and its length.

/// How often the end of a process that has closed its output is looked for.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be started, or not be read from.
    Io(io::Error),
    Status(ExitStatus),
    Time,
    Length,
}

/// Runs a command to its end without keyfob's secrets, and gives what it wrote. It reads nothing, and what
/// it says on stderr is not shown.
pub(crate) fn output(
    mut command: Command,
    limit: usize,
    patience: Duration,
) -> Result<Vec<u8>, Failure> {
    scrub(&mut command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let deadline = Instant::now() + patience;
    let mut child = command.spawn().map_err(Failure::Io)?;
    let written = read(&mut child, limit, patience);
    let status = match &written {
        Ok(_) => end(&mut child, deadline),
        Err(_) => None,
    };
    let Some(status) = status else {
        let _ = child.kill(); // it may have ended by itself
        let _ = child.wait();
        return Err(written.err().unwrap_or(Failure::Time));
    };
    if !status.success() {
        return Err(Failure::Status(status));
    }
    written
}

/// Reads on a thread that nobody joins: a process of the program's own may keep the pipe open.
fn read(child: &mut Child, limit: usize, patience: Duration) -> Result<Vec<u8>, Failure> {
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let (tell, outcome) = mpsc::channel();
    let reader = std::thread::Builder::new().name("output".into());
    let started = reader.spawn(move || {
        let mut written = Vec::new();
        let read = stdout.take(limit as u64 + 1).read_to_end(&mut written);
        let _ = tell.send(read.map(|_| written)); // nobody waits any more
    });
    started.map_err(Failure::Io)?;
    match outcome.recv_timeout(patience) {
        Ok(Ok(written)) if written.len() > limit => Err(Failure::Length),
        Ok(written) => written.map_err(Failure::Io),
        Err(_) => Err(Failure::Time),
    }
}

fn end(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "KEYFOB_PASSPHRASE",
            "KEYFOB_PASSPHRASE_FILE",
            "KEYFOB_BACKUP_PASSPHRASE",
            "KEYFOB_BACKUP_PASSPHRASE_FILE",
            "KEYFOB_GITHUB_CLIENT_SECRET",
            "KEYFOB_MY_HOST_CLIENT_SECRET",
            "KEYFOB_ID_TOKEN",
            "KEYFOB_MY_HOST_ID_TOKEN",
            "keyfob_passphrase",
        ] {
            assert!(is_secret(OsStr::new(name)), "{name}");
        }
        for name in [
            "PATH",
            "KEYFOB_HOME",
            "KEYFOB_GITHUB_CLIENT_ID",
            "MY_CLIENT_SECRET",
            "MY_ID_TOKEN",
            "KEYFOB_ACME_VALID_TOKEN",
            "MY_KEYFOB_PASSPHRASE",
        ] {
            assert!(!is_secret(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_is_no_secret_is_left_to_the_child() {
        let mut command = Command::new("true");
        scrub(&mut command);
        assert!(
            command
                .get_envs()
                .all(|(name, value)| is_secret(name) && value.is_none())
        );
    }
}

#[cfg(all(test, unix))]
mod tests_output {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<Vec<u8>, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        output(command, 100, patience)
    }

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn what_is_written_is_given() {
        let written = shell("echo a.b.c; echo noise >&2", PATIENCE).unwrap();
        assert_eq!(written, b"a.b.c\n");
    }

    #[test]
    fn a_bad_end_is_a_failure_whatever_was_written() {
        let failure = shell("echo a.b.c; exit 3", PATIENCE).unwrap_err();
        assert!(matches!(&failure, Failure::Status(status) if status.code() == Some(3)));
    }

    #[test]
    fn neither_time_nor_output_is_without_bounds() {
        let brief = Duration::from_millis(300);
        let begin = Instant::now();
        for hanging in ["sleep 5", "exec >&-; sleep 5", "sleep 5 & echo a.b.c"] {
            let failure = shell(hanging, brief).unwrap_err();
            assert!(matches!(failure, Failure::Time), "{hanging}: {failure:?}");
        }
        let failure = shell("cat /dev/zero", PATIENCE).unwrap_err();
        assert!(matches!(failure, Failure::Length), "{failure:?}");
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}
