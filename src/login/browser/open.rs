//! Opens the authorization URL in a browser.
//! A launch that worked says little: the page may open elsewhere, or not at all. So whoever calls this shows
//! the URL too, and a failure here ends nothing.

use std::io;
use std::process::Command;

use url::Url;

use super::command;
use super::launch::{Failure, launch, program};
use crate::login::Surroundings;
use crate::web::{Flaw, flaws};
use crate::words::PageAddress;

/// The variables that name browsers; the first that is set counts.
pub(crate) const VARIABLES: [&str; 2] = ["KEYFOB_BROWSER", "BROWSER"];

/// What stands between the entries of `BROWSER`, as in `PATH`.
pub(super) const SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// Whether the platform's next launcher is tried after one that ran and failed. Elsewhere than on a free
/// desktop the exit status is no proof (Explorer's is 1 on success), and a retry may open a second tab.
pub(super) const RETRY_LAUNCHERS: bool = cfg!(all(unix, not(target_os = "macos")));

/// Windows' own way to hand a URL to the browser, by name and, where WSL leaves Windows' folders out of
/// `PATH`, where it usually is.
const RUNDLL32: [&str; 2] = ["rundll32.exe", "/mnt/c/Windows/System32/rundll32.exe"];

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BrowserOptions<'a> {
    /// `--browser`: this command and no other.
    pub command: Option<&'a str>,
    pub none: bool,
    /// `--no-input` or `CI`: only one that is named.
    pub no_input: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Browser {
    /// Commands to try in order, each a line of shell words: `--browser`, `KEYFOB_BROWSER` or `BROWSER`.
    Commands(Vec<String>),
    System,
    Windows,
    /// None can or may be launched; why, in a few words.
    None(String),
}

impl Browser {
    /// Chooses: `--browser`, else `KEYFOB_BROWSER`, else `BROWSER`, else the system's where somebody sits in
    /// front of one.
    pub(crate) fn detect(asked: BrowserOptions<'_>, here: &Surroundings) -> Self {
        Self::detect_in(asked, here, |name| std::env::var(name).ok())
    }

    pub(super) fn detect_in(
        asked: BrowserOptions<'_>,
        here: &Surroundings,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        if asked.none {
            return Self::None("`--no-browser` was given".into());
        }
        if let Some(command) = asked.command {
            return Self::named(vec![command.to_owned()]);
        }
        for name in VARIABLES {
            let commands = entries(&variable(name).unwrap_or_default());
            if !commands.is_empty() {
                return Self::named(commands);
            }
        }
        let unasked = "no browser is named, and nothing may be asked";
        let unasked = asked.no_input.then(|| unasked.to_owned());
        let reasons: Vec<_> = here.obstacle().into_iter().chain(unasked).collect();
        match here.wsl {
            _ if !reasons.is_empty() => Self::None(reasons.join("; ")),
            true => Self::Windows,
            false => Self::System,
        }
    }

    /// Text browsers alone are none.
    fn named(commands: Vec<String>) -> Self {
        let refusals = commands.iter().map(|entry| command::text_browser(entry));
        match refusals.collect::<Option<Vec<_>>>() {
            Some(all) => Self::None(all.join("; ")),
            None => Self::Commands(commands),
        }
    }

    /// A command that cannot be started, or fails within a second, gives way to the next. The error says
    /// in one line what failed. The URL must be `https`, or `http` to loopback.
    pub(crate) async fn open(&self, url: &Url) -> Result<(), String> {
        check(url)?;
        match self {
            Self::None(why) => Err(why.clone()),
            Self::Commands(entries) => open_with(entries, url).await,
            Self::System => open_by_system(system(url)).await,
            Self::Windows => open_by_system(windows(url)).await,
        }
    }

    /// What [`Browser::open`] would try, in its order. Starts nothing.
    pub(crate) fn launchers(&self) -> Vec<Launcher> {
        let blank = Url::parse("https://localhost").expect("a URL");
        match self {
            Self::None(_) => Vec::new(),
            Self::Commands(entries) => {
                let entries = entries.iter().enumerate();
                let launchers = entries.map(|(at, entry)| match command::command(entry, &blank) {
                    Ok(command) => Launcher::of(&command),
                    Err(_) => Launcher {
                        program: format!("entry {}", at + 1),
                        obstacle: Some(command::describe_flaw(entry)),
                    },
                });
                launchers.collect()
            }
            Self::System => system(&blank).iter().map(Launcher::of).collect(),
            Self::Windows => windows(&blank).iter().map(Launcher::of).collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Launcher {
    pub program: String,
    /// Why it would not be started, in a few words; none where it would.
    pub obstacle: Option<String>,
}

impl Launcher {
    fn of(command: &Command) -> Self {
        Self {
            program: program(command),
            obstacle: command::obstacle(command),
        }
    }
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
        let failure = match command::command(entry, url) {
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
pub(super) async fn open_by_system(launchers: Vec<Command>) -> Result<(), String> {
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

pub(super) fn system(url: &Url) -> Vec<Command> {
    open::commands(PageAddress::new(url).as_str())
}

/// Those of Windows, and behind them the platform's, PowerShell among them, which gets the URL as data.
/// Not `wslview`: it makes the URL part of a line of PowerShell or `cmd`.
pub(super) fn windows(url: &Url) -> Vec<Command> {
    let by_windows = RUNDLL32.into_iter().map(|rundll32| {
        let mut command = Command::new(rundll32);
        command.args([
            "url.dll,FileProtocolHandler",
            PageAddress::new(url).as_str(),
        ]);
        command
    });
    by_windows.chain(system(url)).collect()
}
