//! A home of its own for each test, and the real binary in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{end_all, feed};
use crate::program;

/// What a debug build of the program takes for its own bounds, so that a busy machine meets none of them; a test
/// of a bound sets it to a second. And a passphrase costs nothing.
const SETTINGS: [(&str, &str); 5] = [
    ("KEYFOB_TEST_CLOCK", "120"),
    ("KEYFOB_TEST_GIT", "120"),
    ("KEYFOB_TEST_GIVE_BACK", "120"),
    ("KEYFOB_TEST_KEYRING", "120"),
    ("KEYFOB_TEST_WORK_FACTOR", "10"),
];

/// Folders that only one test knows. Secrets go to the file store unless a test says otherwise.
pub struct Home {
    dir: TempDir,
    environment: BTreeMap<String, String>,
}

/// What one run of the binary gave.
#[derive(Debug)]
pub struct Run {
    /// The exit code; -1 where a signal ended it.
    pub status: i32,
    /// The answer.
    pub stdout: String,
    /// The conversation.
    pub stderr: String,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// An empty home.
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
            environment: SETTINGS
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
        }
    }

    /// Another home with the same files, as a backup or a second machine would have them.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        for (from, _) in self.files() {
            let path = from.strip_prefix(self.dir.path()).expect("of this home");
            let to = copy.dir.path().join(path);
            std::fs::create_dir_all(to.parent().expect("a file has a folder")).expect("a folder");
            std::fs::copy(from, to).expect("a file"); // its mode too
        }
        copy
    }

    /// Sets a variable for every later run.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.into(), value.into());
    }

    /// Takes a variable back.
    pub fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// A path in the home, such as `data/defaults.json`.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// The same as text, for an argument.
    pub fn text_path(&self, path: &str) -> String {
        self.path(path)
            .to_str()
            .expect("a path in UTF-8")
            .to_owned()
    }

    /// The binary with these arguments, in an environment that holds nothing of the machine's: no
    /// display, no bus, no browser, no terminal.
    pub fn keyfob(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program::keyfob());
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("KEYFOB_HOME", self.dir.path())
            .env("KEYFOB_STORE", "file")
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary to its end.
    pub fn run(&self, args: &[&str]) -> Run {
        Run::of(self.keyfob(args).output().expect("keyfob starts"))
    }

    /// Runs the binary to its end, which must come within `bound`.
    #[track_caller]
    pub fn run_within(&self, bound: Duration, args: &[&str]) -> Run {
        let start = Instant::now();
        let run = self.run(args);
        let elapsed = start.elapsed();
        assert!(elapsed < bound, "{elapsed:?} of at most {bound:?}: {run:?}");
        run
    }

    /// Runs the binary to its end with this on its standard input; one that reads no further is free to go.
    pub fn run_with_input(&self, args: &[&str], input: impl AsRef<[u8]>) -> Run {
        feed(self.keyfob(args), input)
    }

    /// Runs these commands at once.
    pub fn run_at_once<'a>(&self, commands: impl IntoIterator<Item = Vec<&'a str>>) -> Vec<Run> {
        let commands = commands.into_iter();
        end_all(commands.map(|args| self.begin(&args)).collect())
    }

    /// Runs the same command in many processes at once.
    pub fn run_many(&self, count: usize, args: &[&str]) -> Vec<Run> {
        end_all(self.begin_many(count, args))
    }

    /// Runs a line of the shell, in which `keyfob` is the binary.
    pub fn shell(&self, line: &str) -> Run {
        Run::of(self.shell_command(line).output().expect("sh starts"))
    }

    /// The same, not started yet; it is run in the home.
    pub fn shell_command(&self, line: &str) -> Command {
        let keyfob = self.keyfob(&[]);
        let mut command = Command::new("sh");
        command
            .args(["-c", &line.replace("keyfob", "\"$0\"")])
            .arg(keyfob.get_program())
            .current_dir(self.dir.path())
            .env_clear()
            .envs(
                keyfob
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
        command
    }

    /// Starts the binary and leaves it running.
    pub fn spawn(&self, args: &[&str]) -> Child {
        self.keyfob(args).spawn().expect("keyfob starts")
    }

    /// Writes a provider definition of the user's own.
    pub fn provider(&self, name: &str, definition: &str) {
        self.write(&format!("config/providers/{name}.toml"), definition);
    }

    /// Writes a file in the home, and its folders.
    pub fn write(&self, path: &str, contents: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        std::fs::write(path, contents).expect("a file");
    }

    /// The accounts as `list` has them.
    #[track_caller]
    pub fn accounts(&self) -> Vec<String> {
        let list = self.run(&["list", "--json"]).ok().json();
        let accounts = list["accounts"].as_array().expect("accounts").iter();
        accounts
            .map(|account| account["account"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// The events as `log` has them.
    #[track_caller]
    pub fn events(&self, args: &[&str]) -> Vec<Value> {
        let log = self.run(&[&["log", "--json"], args].concat()).ok();
        let answer = log.json();
        answer["events"].as_array().expect("events").clone()
    }

    /// An account's index entry, such as `acme/julien`.
    #[track_caller]
    pub fn entry(&self, account: &str) -> Value {
        let text = std::fs::read(self.path(&format!("data/accounts/{account}.json")));
        serde_json::from_slice(&text.expect("an index entry")).expect("JSON")
    }

    /// The files that hold accounts and their secrets.
    pub fn stored(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for folder in ["data/accounts", "data/secrets"] {
            collect(&self.path(folder), &mut files);
        }
        files.into_iter().map(|(path, _)| path).collect()
    }

    /// Every file in the home with its bytes.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.dir.path(), &mut files);
        files
    }

    /// The same but for the audit log, which holds every failure.
    pub fn holdings(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = self.files();
        files.retain(|(path, _)| path != &self.path("state/events.jsonl"));
        files
    }

    /// The same but for locks too, which are made where they are taken.
    pub fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = self.holdings();
        let locks = self.path("state/locks");
        files.retain(|(path, _)| !path.starts_with(&locks));
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(bytes) = std::fs::read(&path) {
            files.push((path, bytes));
        }
    }
}

impl Run {
    /// Takes what a finished process left.
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Demands success.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use, reason = "a demand stands alone")]
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{self:#?}");
        self
    }

    /// Demands a failure with this exit code, whose conversation holds these words, a hint among them.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use, reason = "a demand stands alone")]
    pub fn fails(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in {self:#?}");
        }
        assert!(self.stderr.contains("hint"), "no hint in {self:#?}");
        self
    }

    /// Demands clap's own refusal, which has no hint.
    #[track_caller]
    pub fn fails_usage(self, word: &str) {
        assert_eq!(self.status, 2, "{self:?}");
        assert!(self.stderr.contains(word), "{self:?}");
    }

    /// The last line of the conversation.
    pub fn last(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }

    /// The answer as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The failure that `--json` wrote as the last line of stderr.
    #[track_caller]
    pub fn failure(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The answer without its newline.
    pub fn line(&self) -> &str {
        self.stdout.trim_end_matches('\n')
    }
}
