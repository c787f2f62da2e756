//! Debian's Chromium without a window, as the browser that keyfob opens, driven over DevTools' pipe: JSON
//! with a NUL after each message, on two named pipes that the launched script gives it.

use keyfob_testkit::process::GENEROUS;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use keyfob_testkit::needs::has;

/// The longest that anything is waited for. Chromium takes long to start only where it never ran before.
const LIMIT: Duration = GENEROUS;

/// How it runs. Its own sandbox is not for root and not for most containers, and here it loads loopback
/// alone: no other host has an address, and nothing of Chromium's own calls home.
const FLAGS: &str = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
    --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' --remote-debugging-pipe";

/// A Chromium that keyfob or the test launches; dropping it ends it.
pub struct Chromium {
    folder: TempDir,
    to: File,
    from: File,
    unread: Vec<u8>,
    calls: u64,
    session: Option<String>,
    events: Vec<Value>,
}

impl Chromium {
    /// Prepares one; `None` where it is not installed.
    pub fn for_test() -> Option<Self> {
        if !has("chromium") {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = format!(
            "#!/bin/sh\necho $$ >{0}/pid\n\
             exec chromium {FLAGS} --user-data-dir={0}/profile \"$1\" 3<{0}/to 4>{0}/from\n",
            folder.path().display()
        );
        let run = folder.path().join("run");
        fs::write(&run, script).expect("a file");
        fs::set_permissions(run, Permissions::from_mode(0o755)).expect("a mode");
        Some(Self {
            to: pipe(&folder.path().join("to")),
            from: pipe(&folder.path().join("from")),
            folder,
            unread: Vec::new(),
            calls: 0,
            session: None,
            events: Vec::new(),
        })
    }

    /// The command that opens a URL in it, for `--browser`.
    pub fn command(&self) -> String {
        self.folder.path().join("run").display().to_string()
    }

    /// Opens a URL where keyfob opens none.
    pub fn open(&mut self, url: &str) {
        let mut script = Command::new(self.command());
        let script = script.arg(url).stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = script.spawn().expect("the script starts");
        std::thread::spawn(move || child.wait()); // ended by its id, as one of keyfob's is
        self.attach();
    }

    /// Waits until it has been launched and shows a page, and listens to that page from then on.
    pub fn attach(&mut self) {
        let found = self.until("a page in Chromium", |chromium| {
            let targets = chromium.call("Target.getTargets", &json!({}));
            let targets = targets["targetInfos"].as_array().expect("targets");
            let page = targets.iter().find(|target| target["type"] == "page");
            page.cloned().ok_or(Value::Null)
        });
        let target = json!({"targetId": found["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", &target);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Log", "Runtime", "Network", "Page"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Calls a method, and demands that it works.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.try_call(method, parameters)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The value of a JavaScript expression; `None` between two pages.
    pub fn evaluate(&mut self, expression: &str) -> Option<Value> {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.try_call("Runtime.evaluate", &asked).ok()?;
        let thrown = answer["exceptionDetails"].take();
        assert!(thrown.is_null(), "{thrown}");
        Some(answer["result"]["value"].take())
    }

    /// What DevTools told of by itself until now, such as `Network.requestWillBeSent`.
    pub fn told(&mut self, method: &str) -> impl Iterator<Item = &Value> {
        self.call("Target.getTargetInfo", &json!({})); // all that it told before its answer is read
        let told = self.events.iter();
        told.filter(move |event| event["method"] == method)
            .map(|event| &event["params"])
    }

    /// Asks again and again until there is an answer, and shows the last thing that was none in failing.
    #[track_caller]
    pub fn until<T>(
        &mut self,
        what: &str,
        mut ask: impl FnMut(&mut Self) -> Result<T, Value>,
    ) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            match ask(self) {
                Ok(answer) => return answer,
                Err(last) if Instant::now() > deadline => panic!("waited for {what}, saw {last:#}"),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn try_call(&mut self, method: &str, parameters: &Value) -> Result<Value, Value> {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.send(&message);
        let deadline = Instant::now() + LIMIT;
        loop {
            let mut message = self.next(deadline);
            if message["id"] != self.calls {
                self.events.push(message);
            } else if message["error"].is_null() {
                return Ok(message["result"].take());
            } else {
                return Err(message["error"].take());
            }
        }
    }

    fn send(&mut self, message: &Value) {
        let message = format!("{message}\0");
        self.to.write_all(message.as_bytes()).expect("a pipe");
    }

    fn next(&mut self, deadline: Instant) -> Value {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = self.unread.drain(..=end).collect();
                return serde_json::from_slice(&message[..end]).expect("JSON");
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).expect("a minute at most");
            let mut there = [PollFd::new(&self.from, PollFlags::IN)];
            let ready = poll(&mut there, Some(&left)).expect("a pipe");
            assert_ne!(ready, 0, "Chromium does not answer");
            let mut chunk = [0; 8192];
            let read = self.from.read(&mut chunk).expect("a pipe");
            self.unread.extend(&chunk[..read]);
        }
    }

    /// The process, if it was launched.
    fn pid(&self) -> Option<Pid> {
        let pid = fs::read_to_string(self.folder.path().join("pid")).ok()?;
        Pid::from_raw(pid.trim().parse().ok()?)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let Some(pid) = self.pid() else { return };
        self.send(&json!({"id": 0, "method": "Browser.close"}));
        let deadline = Instant::now() + Duration::from_secs(10);
        while runs(pid) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if runs(pid) {
            let _ = kill_process(pid, Signal::KILL); // it may have ended by now
        }
    }
}

/// A named pipe, open at both ends: neither waits for the other side to open its own.
fn pipe(path: &Path) -> File {
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, path, FileType::Fifo, mode, 0).expect("a pipe");
    let mut both = OpenOptions::new();
    both.read(true).write(true).open(path).expect("a pipe")
}

/// Whether a process is there and no zombie.
fn runs(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
