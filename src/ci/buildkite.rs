//! Buildkite: its agent, which runs the job, is asked by a command.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{TOKEN_LIMIT, none};
use crate::error::{Code, Error, Result};
use crate::online::off_thread;
use crate::process;
use crate::secret::Secret;

const AGENT: &str = "buildkite-agent";

/// The agent asks its own server; that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the end of a process that has closed its output is looked for.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs the agent. What it says besides is not shown, for it may hold the agent's own token.
pub async fn ask(audience: &str) -> Result<Secret> {
    let mut command = Command::new(AGENT);
    command.args(["oidc", "request-token", "--audience", audience]);
    let shown = format!("{AGENT} oidc request-token --audience {audience}");
    off_thread(move || run(command, PATIENCE).map_err(|failure| failure.said(&shown))).await
}

/// Why there is no output.
#[derive(Debug)]
enum Failure {
    /// It could not be started, or not be read from.
    Io(io::Error),
    /// It ended otherwise than well.
    Status(String),
    /// It did not end.
    Time,
    /// It wrote more than any token has, or no text.
    Output,
}

impl Failure {
    fn said(&self, command: &str) -> Error {
        let hint = format!("run `{command}` in the job to see what is wrong");
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => none(
                format!(
                    "`{AGENT}` was not found, which gives a job of Buildkite its identity token"
                ),
                format!("put {AGENT} on the PATH of the job, or the token into KEYFOB_ID_TOKEN"),
            ),
            Self::Io(error) => none(format!("`{AGENT}` cannot be run: {error}"), hint),
            Self::Status(status) => {
                none(format!("`{AGENT}` gave no identity token: {status}"), hint)
            }
            Self::Time => Error::new(
                Code::Timeout,
                format!(
                    "`{AGENT}` gave no identity token in {} s",
                    PATIENCE.as_secs()
                ),
            )
            .hint(hint),
            Self::Output => none(
                format!("`{AGENT}` wrote something else than an identity token"),
                hint,
            ),
        }
    }
}

/// Runs a command to its end, and gives what it wrote.
fn run(mut command: Command, patience: Duration) -> std::result::Result<Secret, Failure> {
    process::scrub(&mut command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let deadline = Instant::now() + patience;
    let mut child = command.spawn().map_err(Failure::Io)?;
    let written = read(&mut child, patience);
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
        return Err(Failure::Status(status.to_string()));
    }
    String::from_utf8(written?)
        .map(Secret::new)
        .map_err(|_| Failure::Output)
}

/// Reads on a thread that nobody joins: a process of the agent's own may keep the pipe open.
fn read(child: &mut Child, patience: Duration) -> std::result::Result<Vec<u8>, Failure> {
    let limit = TOKEN_LIMIT + 1024; // room for a line break
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let (tell, outcome) = mpsc::channel();
    let reader = std::thread::Builder::new().name("identity token".into());
    let started = reader.spawn(move || {
        let mut written = Vec::new();
        let read = stdout.take(limit as u64 + 1).read_to_end(&mut written);
        let _ = tell.send(read.map(|_| written)); // nobody waits any more
    });
    started.map_err(Failure::Io)?;
    match outcome.recv_timeout(patience) {
        Ok(Ok(written)) if written.len() > limit => Err(Failure::Output),
        Ok(written) => written.map_err(Failure::Io),
        Err(_) => Err(Failure::Time),
    }
}

/// Waits for the end; none by the deadline.
fn end(child: &mut Child, deadline: Instant) -> Option<std::process::ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            _ => return None,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> std::result::Result<Secret, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, patience)
    }

    #[test]
    fn what_is_written_is_the_token() {
        let token = shell("echo a.b.c; echo noise >&2", PATIENCE).unwrap();
        assert_eq!(token.expose(), "a.b.c\n");
    }

    #[test]
    fn a_bad_end_is_a_failure_whatever_was_written() {
        let failure = shell("echo a.b.c; exit 3", PATIENCE).unwrap_err();
        assert!(matches!(&failure, Failure::Status(status) if status.contains('3')));
        let missing = run(Command::new("/nowhere/agent"), PATIENCE).unwrap_err();
        assert!(missing.said("x").message.contains("was not found"));
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
        assert!(matches!(failure, Failure::Output), "{failure:?}");
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}
