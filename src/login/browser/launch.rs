//! Starts a browser apart from this process, and sees whether it fails at once.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::process;

/// How long a launched command is watched. Misconfigured ones fail within milliseconds; one that still
/// runs after this is a browser.
const WATCH: Duration = Duration::from_secs(1);

pub(crate) enum Failure {
    Start(String, io::Error),
    Exit(String, ExitStatus),
}

impl Failure {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Start(program, error) if error.kind() == io::ErrorKind::NotFound => {
                format!("{program} was not found")
            }
            Self::Start(program, error) => format!("{program} could not be started: {error}"),
            Self::Exit(program, status) => format!("{program} failed at once: {status}"),
        }
    }
}

/// Starts a command apart from this process and watches it for a moment. A thread that nobody joins waits
/// for its end, so that no zombie stays.
pub(crate) async fn launch(mut command: Command) -> Result<(), Failure> {
    let program = program(&command);
    detach(&mut command);
    let (tell, outcome) = oneshot::channel();
    let waiter = std::thread::Builder::new()
        .name("browser".into())
        .spawn(move || {
            let _ = tell.send(command.status());
        });
    if let Err(error) = waiter {
        return Err(Failure::Start(program, error));
    }
    match tokio::time::timeout(WATCH, outcome).await {
        Ok(Ok(Ok(status))) if !status.success() => Err(Failure::Exit(program, status)),
        Ok(Ok(Err(error))) => Err(Failure::Start(program, error)),
        _ => Ok(()),
    }
}

/// Nothing of this terminal, its Ctrl-C and keyfob's secrets goes to the browser.
fn detach(command: &mut Command) {
    process::scrub(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(windows)]
    {
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        let flags = CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW;
        std::os::windows::process::CommandExt::creation_flags(command, flags);
    }
}

/// The program in backticks, without the folders before it.
pub(crate) fn program(command: &Command) -> String {
    let path = Path::new(command.get_program());
    format!(
        "`{}`",
        path.file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
    )
}
