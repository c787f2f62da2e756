//! Processes that run beside the test: waited for without sleeping, stopped and killed by their ids.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::home::{Home, Run};

/// A bound for what takes a moment, on a busy machine too: who comes to it hangs.
pub const GENEROUS: Duration = Duration::from_secs(120);

/// A running keyfob; dropping it ends it, a stopped one too.
pub struct Running(Option<Child>);

impl Home {
    /// Starts the binary and leaves it running.
    pub fn begin(&self, args: &[&str]) -> Running {
        Running(Some(self.spawn(args)))
    }

    /// The same in many processes at once.
    pub fn begin_many(&self, count: usize, args: &[&str]) -> Vec<Running> {
        (0..count).map(|_| self.begin(args)).collect()
    }
}

/// Waits for all to end.
pub fn end_all(running: Vec<Running>) -> Vec<Run> {
    running.into_iter().map(Running::end).collect()
}

/// Runs a program to its end with this on its standard input; one that reads no further is free to go.
pub fn feed(mut command: Command, input: impl AsRef<[u8]>) -> Run {
    let child = command.stdin(Stdio::piped()).spawn();
    let mut child = child.expect("the program starts");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let _ = stdin.write_all(input.as_ref());
    drop(stdin);
    Running::new(child).end()
}

impl Running {
    /// Takes over a process.
    pub fn new(child: Child) -> Self {
        Self(Some(child))
    }

    /// The process.
    pub fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it has not ended")
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.0.as_ref().expect("it has not ended").id()
    }

    /// Waits for the process to end.
    pub fn end(mut self) -> Run {
        let child = self.0.take().expect("it has not ended");
        Run::of(child.wait_with_output().expect("keyfob ends"))
    }

    /// The same, which must come within `bound`.
    #[track_caller]
    pub fn end_within(mut self, bound: Duration) -> Run {
        let child = self.0.take().expect("it has not ended");
        let id = child.id();
        let (tell, told) = channel();
        std::thread::spawn(move || tell.send(child.wait_with_output()));
        let Ok(output) = told.recv_timeout(bound) else {
            let _ = Command::new("kill")
                .args(["-KILL", &id.to_string()])
                .status();
            panic!("it has not ended within {bound:?}");
        };
        Run::of(output.expect("keyfob ends"))
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.id().to_string()])
            .status()
            .expect("kill starts");
        assert!(status.success(), "kill -{name}");
    }

    /// Reads its stderr up to a line that holds these words.
    #[track_caller]
    pub fn await_line(&mut self, words: &str) {
        let stderr = self.child().stderr.as_mut().expect("stderr is a pipe");
        let mut said = Vec::new();
        let mut byte = [0];
        while stderr.read(&mut byte).expect("stderr can be read") == 1 {
            said.push(byte[0]);
            let line = String::from_utf8_lossy(&said);
            if byte[0] == b'\n' && line.contains(words) {
                return;
            }
        }
        panic!("no `{words}` in {}", String::from_utf8_lossy(&said));
    }

    /// Whether it has a file open whose name ends so. Linux alone can say.
    pub fn has_open(&self, suffix: &str) -> bool {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.id()));
        let targets = files.into_iter().flatten().flatten();
        targets
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .any(|target| ends(&target, suffix))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ends(path: &Path, suffix: &str) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(suffix))
}

/// Waits until something holds, and fails when it does not within two minutes.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + GENEROUS;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
