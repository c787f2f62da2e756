//! Opens the authorization URL in a browser.
//!
//! A launch that worked says little: the page may open elsewhere, or not at all. So whoever calls this shows
//! the URL too, and a failure here ends nothing.

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use url::Url;

use crate::process;
use crate::web::{Flaw, flaws};

/// How long a launched command is watched. Misconfigured ones fail within milliseconds; one that still
/// runs after this is a browser.
const WATCH: Duration = Duration::from_secs(1);

/// What stands between the entries of `BROWSER`, as in `PATH`.
const SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Whether the platform's next launcher is tried after one that ran and failed. Elsewhere than on a free
/// desktop the exit status is no proof (Explorer's is 1 on success), and a retry may open a second tab.
const RETRY_LAUNCHERS: bool = cfg!(all(unix, not(target_os = "macos")));

/// Browsers that draw on the terminal, where the login itself is talking.
const TEXT_BROWSERS: [&str; 8] = [
    "www-browser",
    "lynx",
    "links",
    "links2",
    "elinks",
    "w3m",
    "browsh",
    "netrik",
];

/// How a browser is started here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Browser {
    /// Commands to try in order, each a line of shell words: `KEYFOB_BROWSER` or `BROWSER`.
    Commands(Vec<String>),
    /// The platform's way.
    System,
    /// None can or may be launched; why, in a few words.
    None(&'static str),
}

impl Browser {
    /// Looks at the environment: `KEYFOB_BROWSER`, else `BROWSER`, else the system's where somebody sits in
    /// front of a display and `may_launch_system` allows it.
    pub fn detect(may_launch_system: bool) -> Self {
        Self::detect_in(may_launch_system, |name| std::env::var(name).ok())
    }

    fn detect_in(may_launch_system: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        for name in ["KEYFOB_BROWSER", "BROWSER"] {
            let commands = entries(&variable(name).unwrap_or_default());
            if !commands.is_empty() {
                return Self::Commands(commands);
            }
        }
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let has_display = cfg!(any(windows, target_os = "macos"));
        if !may_launch_system {
            Self::None("no browser is named, and nothing may be asked")
        } else if over_ssh_in(&variable) {
            Self::None("this is an SSH session")
        } else if has_display || set("DISPLAY") || set("WAYLAND_DISPLAY") {
            Self::System
        } else {
            Self::None("there is no display")
        }
    }

    /// Launches it detached and does not wait for it to end.
    ///
    /// A command that cannot be started, or fails within a second, gives way to the next. The error says
    /// in one line what failed. The URL must be `https`, or `http` to loopback.
    pub async fn open(&self, url: &Url) -> Result<(), String> {
        check(url)?;
        match self {
            Self::None(why) => Err((*why).to_owned()),
            Self::Commands(entries) => open_with(entries, url).await,
            Self::System => open_by_system(open::commands(url.as_str())).await,
        }
    }
}

/// Whether the person sits at another machine.
pub fn over_ssh() -> bool {
    over_ssh_in(&|name| std::env::var(name).ok())
}

fn over_ssh_in(variable: &impl Fn(&str) -> Option<String>) -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .into_iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// The entries of a list like `firefox:chromium --new-window %s`.
fn entries(list: &str) -> Vec<String> {
    let entries = list
        .split(SEPARATOR)
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    entries.map(str::to_owned).collect()
}

/// A launcher hands the URL to whatever program claims its scheme, so the scheme is settled here.
fn check(url: &Url) -> Result<(), String> {
    let Some(flaw) = flaws(url).next() else {
        return Ok(());
    };
    Err(match flaw {
        Flaw::Scheme => "the URL is not https",
        Flaw::Host => "the URL names no host",
        Flaw::Userinfo | Flaw::Fragment => "the URL has a user or a fragment in it",
        Flaw::ControlCharacters => "the URL has control characters in it",
    }
    .to_owned())
}

async fn open_with(entries: &[String], url: &Url) -> Result<(), String> {
    let mut failures = Vec::new();
    for entry in entries {
        let failure = match command(entry, url) {
            Ok(command) => match launch(command).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure.words(),
            },
            Err(words) => words,
        };
        failures.push(failure);
    }
    Err(failures.join("; "))
}

/// Goes through the platform's launchers the way `open` itself does. Those that are not installed are
/// worth a word only if none is.
async fn open_by_system(launchers: Vec<Command>) -> Result<(), String> {
    let names: Vec<_> = launchers.iter().map(program).collect();
    let mut failures = Vec::new();
    for launcher in launchers {
        match launch(launcher).await {
            Ok(()) => return Ok(()),
            Err(Failure::Start(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(failure @ Failure::Start(..)) => failures.push(failure.words()),
            Err(failure @ Failure::Exit(..)) => {
                failures.push(failure.words());
                if !RETRY_LAUNCHERS {
                    break;
                }
            }
        }
    }
    if failures.is_empty() {
        return Err(format!("none of {} is installed", names.join(", ")));
    }
    Err(failures.join("; "))
}

/// Turns an entry into a command with the URL as one argument: in place of every `%s`, else at the end.
fn command(entry: &str, url: &Url) -> Result<Command, String> {
    let words = words(entry).ok_or_else(|| format!("`{entry}` has an open quote"))?;
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| format!("`{entry}` names no program"))?;
    let name = Path::new(program)
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    if TEXT_BROWSERS.contains(&name.as_ref()) {
        return Err(format!(
            "`{name}` is a text browser and needs the terminal for itself"
        ));
    }
    let mut command = Command::new(program);
    let mut placed = false;
    for argument in arguments {
        let (argument, has_url) = expand(argument, url.as_str());
        command.arg(argument);
        placed |= has_url;
    }
    if !placed {
        command.arg(url.as_str());
    }
    Ok(command)
}

/// Splits shell words; on Windows a backslash stands in paths and quotes nothing.
fn words(entry: &str) -> Option<Vec<String>> {
    if cfg!(windows) {
        shlex::split(&entry.replace('\\', r"\\"))
    } else {
        shlex::split(entry)
    }
}

/// Puts the URL for `%s` and `%` for `%%`, and says whether the URL is in it. One pass: a `%` of the URL
/// is left alone.
fn expand(word: &str, url: &str) -> (String, bool) {
    let mut expanded = String::new();
    let mut has_url = false;
    let mut rest = word;
    while let Some(at) = rest.find('%') {
        expanded.push_str(&rest[..at]);
        let (put, length) = match rest.as_bytes().get(at + 1) {
            Some(b's') => (url, 2),
            Some(b'%') => ("%", 2),
            _ => ("%", 1),
        };
        has_url |= put == url;
        expanded.push_str(put);
        rest = &rest[at + length..];
    }
    expanded.push_str(rest);
    (expanded, has_url)
}

/// Why a launch did not work.
enum Failure {
    /// The program could not be started.
    Start(String, io::Error),
    /// It ended at once and not well.
    Exit(String, ExitStatus),
}

impl Failure {
    fn words(&self) -> String {
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
async fn launch(mut command: Command) -> Result<(), Failure> {
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
fn program(command: &Command) -> String {
    let path = Path::new(command.get_program());
    format!(
        "`{}`",
        path.file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
    )
}
