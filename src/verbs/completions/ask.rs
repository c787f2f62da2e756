//! What only a shell itself knows: it is started as for its person, start files and all, and tells.
//!
//! It gets no terminal, none of keyfob's secrets and little time. One that does not tell is no failure: there
//! is another place then.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::complete::ASKED;
use crate::process;

/// The longest that a start file may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most that is read of what a shell writes.
const LIMIT: u64 = 1024 * 1024;

/// What the lines begin with that are for us; start files write others.
const MARK: &str = "keyfob:";

/// Whether the person's bash loads completions from folders, and the folder that it was told to look into.
pub(crate) struct Bash {
    pub loads: bool,
    pub user_dir: Option<PathBuf>,
}

const BASH: &str = r#"printf '\nkeyfob:%s\n' "loads ${BASH_COMPLETION_VERSINFO-}" "user_dir ${BASH_COMPLETION_USER_DIR-}" end"#;

/// Whether this process runs in a shell that is being asked: asking another from there would have no end.
pub(crate) fn is_asked() -> bool {
    std::env::var_os(ASKED).is_some()
}

pub(crate) fn bash() -> Option<Bash> {
    let answers = ask(detached("bash")?.args(["-ic", BASH]))?;
    let value = |name: &str| value(&answers, name).next();
    Some(Bash {
        loads: value("loads").is_some(),
        user_dir: value("user_dir").map(PathBuf::from),
    })
}

pub(crate) struct Zsh {
    /// Whether `compinit` runs at its start.
    pub completes: bool,
    /// Whether it has a completion of keyfob's.
    pub knows: bool,
    /// Where it looks for functions, in its order.
    pub fpath: Vec<PathBuf>,
    /// Where it remembers which functions complete.
    pub dump: Option<PathBuf>,
    /// Where its start files are.
    pub zdotdir: Option<PathBuf>,
}

const ZSH: &str = r"print -l -- '' keyfob:completes\ ${+functions[compdef]} keyfob:dump\ $_comp_dumpfile \
    keyfob:knows\ ${+_comps[keyfob]} keyfob:zdotdir\ $ZDOTDIR keyfob:fpath\ $^fpath keyfob:end";

pub(crate) fn zsh() -> Option<Zsh> {
    let mut zsh = detached("zsh").unwrap_or_else(|| {
        let mut command = Command::new("zsh");
        command.arg("+m"); // it would wait to be in the foreground
        command
    });
    let answers = ask(zsh.args(["-ic", ZSH]))?;
    let values = |name: &'static str| value(&answers, name);
    let path = |name| values(name).next().map(PathBuf::from);
    Some(Zsh {
        completes: values("completes").next() == Some("1"),
        knows: values("knows").next() == Some("1"),
        fpath: values("fpath").map(PathBuf::from).collect(),
        dump: path("dump"),
        zdotdir: path("zdotdir"),
    })
}

/// The file that PowerShell reads at its start, as it says itself: on Windows it may have moved to `OneDrive`.
pub(crate) fn powershell() -> Option<PathBuf> {
    let programs: &[&str] = if cfg!(windows) {
        &["pwsh", "powershell"]
    } else {
        &["pwsh"]
    };
    programs.iter().find_map(|program| {
        let script = "'keyfob:profile ' + $PROFILE; 'keyfob:end'";
        let mut command = Command::new(program);
        command.args([
            "-NoLogo",
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            script,
        ]);
        let answers = ask(&mut command)?;
        value(&answers, "profile").next().map(PathBuf::from)
    })
}

fn value<'a>(answers: &'a [String], name: &str) -> impl Iterator<Item = &'a str> {
    let values = answers.iter().filter_map(move |line| {
        let (told, value) = line.split_once(' ')?;
        (told == name && !value.is_empty()).then_some(value)
    });
    values.collect::<Vec<_>>().into_iter()
}

/// A shell away from the terminal: an interactive one on it would take it over, or wait until it may. `None`
/// where there is no program that does so.
fn detached(shell: &str) -> Option<Command> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .any(|folder| folder.join("setsid").is_file())
        .then(|| {
            let mut command = Command::new("setsid");
            command.arg(shell);
            command
        })
}

/// Runs a shell until it has told everything; `None` where it does not.
fn ask(command: &mut Command) -> Option<Vec<String>> {
    process::scrub(command);
    command
        .env(ASKED, "1")
        .env("TERM", "dumb")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let answers = read(&mut child).and_then(|lines| collect(&lines, Instant::now() + PATIENCE));
    if answers.is_none() {
        end_all(&child);
    }
    let _ = child.kill(); // it may have ended by itself
    let _ = child.wait();
    answers
}

/// Ends what a start file waits for, which `setsid` has put into a group of that number.
#[cfg(unix)]
fn end_all(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = child.id().try_into().ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL); // without `setsid` there is none
    }
}

#[cfg(not(unix))]
fn end_all(_: &Child) {}

/// Reads on a thread that nobody joins: what a start file has started may keep the pipe open.
fn read(child: &mut Child) -> Option<Receiver<String>> {
    let stdout = BufReader::new(child.stdout.take()?.take(LIMIT));
    let (tell, lines) = mpsc::channel();
    let reader = std::thread::Builder::new().name("shell".into());
    let started = reader.spawn(move || {
        for line in stdout.split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches('\r').strip_prefix(MARK);
            if line.is_some_and(|line| tell.send(line.to_owned()).is_err()) {
                break;
            }
        }
    });
    started.ok().map(|_| lines)
}

fn collect(lines: &Receiver<String>, deadline: Instant) -> Option<Vec<String>> {
    let mut answers = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) if line == "end" => return Some(answers),
            Ok(line) => answers.push(line),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn told(script: &str) -> Option<Vec<String>> {
        ask(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn what_is_for_us_is_told_apart_from_what_a_start_file_writes() {
        let answers = told(
            "echo hello; printf '\\nkeyfob:a b c\\nkeyfob:a\\nkeyfob:end\\n'; echo keyfob:x y",
        )
        .unwrap();
        assert_eq!(answers, ["a b c", "a"]);
        assert_eq!(value(&answers, "a").collect::<Vec<_>>(), ["b c"]);
        assert_eq!(value(&answers, "x").count(), 0);
    }

    #[test]
    fn a_shell_that_ends_early_or_is_missing_tells_nothing() {
        assert!(told("echo keyfob:a b; exit").is_none());
        assert!(ask(&mut Command::new("/nowhere/zsh")).is_none());
        assert!(told("head -c 2000000 /dev/zero; echo; echo keyfob:end").is_none());
    }

    #[test]
    fn what_keeps_the_pipe_open_is_not_waited_for() {
        let begin = Instant::now();
        assert!(told("sleep 20 & echo keyfob:end").is_some());
        assert!(begin.elapsed() < PATIENCE);
    }

    #[test]
    fn nobody_is_waited_for_longer_than_that() {
        let begin = Instant::now();
        assert!(told("sleep 20").is_none());
        assert!(begin.elapsed() < PATIENCE * 3);
    }
}
