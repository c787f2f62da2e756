//! Masks of GitHub Actions: what a step says to the runner so that its log shows a token no more. Wherever else
//! such a line goes, it is the token in plain text; so it goes only where the runner reads.

use std::io::{self, Write};

use crate::error::{Code, Error, Result};
use crate::words::VariableValue;

/// The line, without its end, that has the runner mask a value in all that a job logs from here on.
pub(crate) fn mask(value: &VariableValue) -> String {
    // A workflow command's data, in the runner's own escapes; no token has a line end in it.
    format!("::add-mask::{}", value.expose().replace('%', "%25"))
}

/// Has the runner mask values, by this process's stderr.
pub(crate) fn mask_on_stderr<'a>(
    values: impl IntoIterator<Item = &'a VariableValue>,
) -> io::Result<()> {
    let lines: String = values.into_iter().map(|one| mask(one) + "\n").collect();
    io::stderr().write_all(lines.as_bytes())
}

/// Whether the runner of GitHub Actions reads this process's stderr.
pub(crate) fn is_stderr_read() -> bool {
    std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") && is_pipe() && is_of_step()
}

/// For `--mask`, before any token is got.
pub(crate) fn demand_runner() -> Result<()> {
    if is_stderr_read() {
        return Ok(());
    }
    Err(Error::new(
        Code::Usage,
        "`--mask` is for a step of GitHub Actions, and no runner reads standard error here",
    )
    .hint("leave the step's standard error as it is, or leave `--mask` out"))
}

pub(crate) fn explain_failure(error: &io::Error) -> Error {
    Error::new(
        Code::InternalError,
        format!("cannot have the runner mask the tokens, so nothing was set: {error}"),
    )
    .hint("leave the step's standard output and standard error to the runner")
}

#[cfg(unix)]
fn is_pipe() -> bool {
    use rustix::fs::{FileType, fstat};
    let kind = fstat(io::stderr()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    kind == Ok(FileType::Fifo)
}

#[cfg(windows)]
fn is_pipe() -> bool {
    use std::io::IsTerminal;
    use std::os::windows::io::AsHandle;
    let handle = io::stderr().as_handle().try_clone_to_owned();
    let file = handle.map(std::fs::File::from);
    // Windows has nothing to say of a pipe as a file.
    !io::stderr().is_terminal() && file.is_ok_and(|file| file.metadata().is_err())
}

/// Whether stderr is what the step itself was started with, and no pipe to a program of the step's that may
/// write a file: `2>&1 | tee build.log`.
#[cfg(target_os = "linux")]
fn is_of_step() -> bool {
    let target = |pid: u32, fd: u32| std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok();
    let own = std::process::id();
    let step = outermost(own);
    let ours = target(own, 2);
    [1, 2].iter().any(|fd| target(step, *fd) == ours)
}

#[cfg(not(target_os = "linux"))]
fn is_of_step() -> bool {
    true // nothing tells
}

/// The ancestor that the runner started: the last one with the runner's variable.
#[cfg(target_os = "linux")]
fn outermost(own: u32) -> u32 {
    let read = |pid: u32, what: &str| std::fs::read(format!("/proc/{pid}/{what}")).ok();
    let parent = |pid: u32| {
        let stat = String::from_utf8_lossy(&read(pid, "stat")?).into_owned();
        let (_, fields) = stat.rsplit_once(')')?; // the name before may hold anything
        fields.split_whitespace().nth(1)?.parse().ok()
    };
    let is_of_job = |pid: &u32| {
        let environment = read(*pid, "environ").unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| variable == b"GITHUB_ACTIONS=true")
    };
    let mut step = own;
    while let Some(above) = parent(step).filter(is_of_job) {
        step = above;
    }
    step
}
