//! A private D-Bus session with the real gnome-keyring in it, for tests.
//!
//! Every session has a bus, a home and runtime folders of its own; nothing of the machine's session
//! is touched. Its processes end with it, by their own ids.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::home::Home;
use crate::needs::has;
use crate::process::GENEROUS;
use crate::provider::Provider;

/// What the session's keyring is like at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// A bus, and nobody on it.
    Absent,
    /// A fresh home: a daemon without a collection.
    NoCollection,
    /// A login collection, unlocked.
    Unlocked,
    /// The same, locked, and nothing there that could show an unlock prompt.
    Locked,
}

/// A session; dropping it ends it.
pub struct SecretService {
    home: TempDir,
    _bus: Process,
    daemon: Option<Process>,
    address: String,
}

/// Programs that a session consists of, and is looked at with.
const PROGRAMS: [&str; 4] = [
    "gnome-keyring-daemon",
    "dbus-daemon",
    "dbus-send",
    "secret-tool",
];

impl SecretService {
    /// Starts a session and waits until its keyring answers; where a program lacks, the test is left out.
    pub fn for_test(keyring: Keyring) -> Option<Self> {
        PROGRAMS.into_iter().all(has).then(|| Self::start(keyring))
    }

    /// Starts a further session.
    pub fn start(keyring: Keyring) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (bus, address) = start_bus(home.path());
        let mut session = Self {
            home,
            _bus: bus,
            daemon: None,
            address,
        };
        match keyring {
            Keyring::Absent => {}
            Keyring::NoCollection => session.start_daemon(None),
            Keyring::Unlocked => session.start_daemon(Some("a password")),
            Keyring::Locked => {
                session.start_daemon(Some("a password"));
                session.lock();
            }
        }
        session
    }

    /// The bus's address, for `DBUS_SESSION_BUS_ADDRESS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A home in this session, whose secrets go to its keyring unless a test says otherwise.
    pub fn home(&self) -> Home {
        let mut home = Home::new();
        home.set("KEYFOB_STORE", "keyring");
        home.set("DBUS_SESSION_BUS_ADDRESS", self.address());
        home
    }

    /// The same, where `julien` is signed in at `acme`.
    pub fn signed_in(&self) -> (Home, Provider) {
        let (home, provider) = (self.home(), Provider::start());
        home.provider("acme", &provider.definition(""));
        home.login(&["acme"]).ok();
        (home, provider)
    }

    /// Puts a command into this session, with a home of its own and no display.
    pub fn join(&self, command: &mut Command) {
        command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("GNOME_KEYRING_CONTROL")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.home.path())
            .env("XDG_CONFIG_HOME", self.folder("config"))
            .env("XDG_DATA_HOME", self.folder("data"))
            .env("XDG_STATE_HOME", self.folder("state"))
            .env("XDG_CACHE_HOME", self.folder("cache"));
    }

    /// Locks the keyring, by a new daemon that nobody has given the password.
    pub fn lock(&mut self) {
        self.daemon = None;
        self.wait_for_owner(false);
        self.start_daemon(None);
    }

    /// Stops the daemon (SIGSTOP): it stays on the bus and answers nothing.
    pub fn stop(&self) {
        signal("STOP", self.daemon_id());
    }

    /// Lets a stopped daemon go on.
    pub fn resume(&self) {
        signal("CONT", self.daemon_id());
    }

    /// Removes an entry with the keyring's own tool.
    pub fn remove(&self, service: &str, name: &str) {
        let mut command = Command::new("secret-tool");
        self.join(&mut command);
        let status = command
            .args(["clear", "service", service, "username", name])
            .status()
            .expect("secret-tool starts");
        assert!(status.success(), "secret-tool clear: {status}");
    }

    /// How many entries of a service there are, as the keyring's own tool finds them.
    pub fn count(&self, service: &str) -> usize {
        let mut command = Command::new("secret-tool");
        self.join(&mut command);
        let found = command
            .args(["search", "--all", "service", service])
            .output()
            .expect("secret-tool starts");
        let shown = String::from_utf8_lossy(&found.stdout);
        shown
            .lines()
            .filter(|line| line.starts_with("secret = "))
            .count()
    }

    /// Whether there is an entry of a service under a name.
    pub fn holds(&self, service: &str, name: &str) -> bool {
        let mut command = Command::new("secret-tool");
        self.join(&mut command);
        let found = command
            .args(["lookup", "service", service, "username", name])
            .output()
            .expect("secret-tool starts");
        found.status.success()
    }

    /// The daemon's process id.
    pub fn daemon_id(&self) -> u32 {
        self.daemon.as_ref().expect("a daemon was started").0.id()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn start_daemon(&mut self, password: Option<&str>) {
        let mut command = Command::new("gnome-keyring-daemon");
        self.join(&mut command);
        command.args(["--foreground", "--components=secrets"]);
        command.args(password.map(|_| "--unlock"));
        let mut daemon = Process::spawn(command.stdin(Stdio::piped()).stdout(Stdio::null()));
        let mut stdin = daemon.0.stdin.take().expect("stdin is piped");
        let _ = stdin.write_all(password.unwrap_or_default().as_bytes());
        drop(stdin);
        self.daemon = Some(daemon);
        self.wait_for_owner(true);
    }

    /// Waits until the Secret Service's name on the bus is taken, or free.
    fn wait_for_owner(&self, taken: bool) {
        let wanted = format!("boolean {taken}");
        let deadline = Instant::now() + GENEROUS;
        loop {
            let mut command = Command::new("dbus-send");
            self.join(&mut command);
            let answer = command
                .args([
                    "--session",
                    "--print-reply",
                    "--dest=org.freedesktop.DBus",
                    "/",
                ])
                .arg("org.freedesktop.DBus.NameHasOwner")
                .arg("string:org.freedesktop.secrets")
                .output()
                .expect("dbus-send starts");
            if String::from_utf8_lossy(&answer.stdout).contains(&wanted) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "the Secret Service did not get ready: {answer:?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A process that ends when dropped.
struct Process(Child);

impl Process {
    fn spawn(command: &mut Command) -> Self {
        Self(
            command
                .stderr(Stdio::null())
                .spawn()
                .expect("the program starts"),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill(); // reaches a stopped process too
        let _ = self.0.wait();
    }
}

/// Starts a bus that knows no services, so that it starts none by itself.
fn start_bus(home: &Path) -> (Process, String) {
    let config = home.join("bus.xml");
    let mut file = File::create(&config).expect("a file in a temporary folder");
    write!(
        file,
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}/session-bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#,
        home.display()
    )
    .expect("a file in a temporary folder");
    let mut command = Command::new("dbus-daemon");
    command
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--nopidfile", "--print-address=1"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut bus = Process::spawn(&mut command);
    let mut address = String::new();
    let stdout = bus.0.stdout.take().expect("stdout is piped");
    BufReader::new(stdout)
        .read_line(&mut address)
        .expect("the bus tells its address");
    (bus, address.trim().to_owned())
}

/// Sends a signal to one process.
pub fn signal(name: &str, process: u32) {
    let status = Command::new("kill")
        .args([format!("-{name}"), process.to_string()])
        .status()
        .expect("kill starts");
    assert!(status.success(), "kill -{name} {process}");
}
