//! Two users of this machine, whom `tests/run` makes: what one can do to the other.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::home::Run;
use crate::needs::skip;
use crate::program;

/// Who may be run as, by root.
#[derive(Debug, Clone, Copy)]
pub struct LocalUser {
    /// The user's number.
    pub uid: u32,
    gid: u32,
}

/// Both of them, the program, and a folder where each has one of their own.
pub struct LocalUsers {
    dir: TempDir,
    /// Who uses keyfob.
    pub ada: LocalUser,
    /// Who is on the same machine.
    pub mallory: LocalUser,
}

impl LocalUsers {
    /// None where the test may not act as somebody else. Root without these users says that the test was skipped.
    pub fn find() -> Option<Self> {
        let root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        if !root {
            eprintln!("left out: only root can act as other users");
            return None;
        }
        let (Some(ada), Some(mallory)) = (user("keyfob-ada"), user("keyfob-mallory")) else {
            skip("the users keyfob-ada and keyfob-mallory, whom tests/run makes");
            return None;
        };
        let dir = tempfile::tempdir_in("/tmp").expect("a folder that all users reach");
        let users = Self { dir, ada, mallory };
        chmod(users.dir.path(), 0o755);
        // By a process of its own: one that another thread starts would inherit the copy, open for writing.
        let copied = Command::new("cp")
            .arg(program::keyfob())
            .arg(users.path("keyfob"))
            .status();
        assert!(copied.expect("cp starts").success(), "the program");
        for (name, user) in [("ada", ada), ("mallory", mallory)] {
            std::fs::create_dir(users.path(name)).expect("a folder");
            chmod(&users.path(name), 0o700);
            users.give(name, user);
        }
        Some(users)
    }

    /// A path in the folder, such as `ada/data`.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Gives a path to a user.
    pub fn give(&self, path: &str, to: LocalUser) {
        chown(self.path(path), Some(to.uid), Some(to.gid)).expect("root may");
    }

    /// A program as one of them, at home in `ada` or another folder.
    pub fn program(&self, user: LocalUser, home: &str, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .uid(user.uid)
            .gid(user.gid)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path(home))
            .env("KEYFOB_HOME", self.path(home))
            .env("KEYFOB_STORE", "file")
            .current_dir("/")
            .stdin(std::process::Stdio::null());
        command
    }

    /// keyfob as one of them.
    pub fn keyfob(&self, user: LocalUser, home: &str, args: &[&str]) -> Command {
        let program = self.path("keyfob");
        self.program(user, home, program.to_str().expect("UTF-8"), args)
    }

    /// Runs keyfob as `ada`, at home in a folder.
    pub fn run(&self, home: &str, args: &[&str]) -> Run {
        Run::of(
            self.keyfob(self.ada, home, args)
                .output()
                .expect("it starts"),
        )
    }
}

/// Changes a mode.
pub fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

fn user(name: &str) -> Option<LocalUser> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let fields: Vec<&str> = line.split(':').collect();
    Some(LocalUser {
        uid: fields.get(2)?.parse().ok()?,
        gid: fields.get(3)?.parse().ok()?,
    })
}
