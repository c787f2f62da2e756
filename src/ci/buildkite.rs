//! Buildkite: its agent, which runs the job, is asked by a command.

use std::io;
use std::process::Command;
use std::time::Duration;

use super::{TOKEN_LIMIT, none};
use crate::context::off_thread;
use crate::error::{Code, Error, Result};
use crate::process::{self, Failure};
use keyfob_base::secret::Secret;

const AGENT: &str = "buildkite-agent";

/// The agent asks its own server; that takes a second or two.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the agent. What it says besides is not shown, for it may hold the agent's own token.
pub async fn ask(audience: &str) -> Result<Secret> {
    let mut command = Command::new(AGENT);
    command.args(["oidc", "request-token", "--audience", audience]);
    let shown = format!("{AGENT} oidc request-token --audience {audience}");
    off_thread(move || token(command, &shown)).await
}

/// What the agent wrote, once it ended well.
fn token(command: Command, shown: &str) -> Result<Secret> {
    let limit = TOKEN_LIMIT + 1024; // room for a line break
    let written = process::output(command, limit, PATIENCE);
    let written = written.map_err(|failure| said(&failure, shown))?;
    String::from_utf8(written)
        .map(Secret::new)
        .map_err(|_| said(&Failure::Length, shown))
}

fn said(failure: &Failure, command: &str) -> Error {
    let hint = format!("run `{command}` in the job to see what is wrong");
    match failure {
        Failure::Io(error) if error.kind() == io::ErrorKind::NotFound => none(
            format!("`{AGENT}` was not found, which gives a job of Buildkite its identity token"),
            format!("put {AGENT} on the PATH of the job, or the token into KEYFOB_ID_TOKEN"),
        ),
        Failure::Io(error) => none(format!("`{AGENT}` cannot be run: {error}"), hint),
        Failure::Status(status) => {
            none(format!("`{AGENT}` gave no identity token: {status}"), hint)
        }
        Failure::Time => Error::new(
            Code::Timeout,
            format!(
                "`{AGENT}` gave no identity token in {} s",
                PATIENCE.as_secs()
            ),
        )
        .hint(hint),
        Failure::Length => none(
            format!("`{AGENT}` wrote something else than an identity token"),
            hint,
        ),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Secret> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        token(command, "x")
    }

    #[test]
    fn what_is_written_is_the_token() {
        assert_eq!(shell("echo a.b.c").unwrap().expose(), "a.b.c\n");
    }

    #[test]
    fn what_is_no_token_is_said_and_not_shown() {
        for (script, words) in [
            ("echo a.b.c; exit 3", "exit status: 3"),
            ("cat /dev/zero", "something else"),
            ("printf '\\377'", "something else"),
        ] {
            let error = shell(script).unwrap_err();
            assert!(error.message.contains(words), "{script}: {error}");
        }
        let missing = token(Command::new("/nowhere/agent"), "x").unwrap_err();
        assert!(missing.message.contains("was not found"), "{missing}");
    }
}
