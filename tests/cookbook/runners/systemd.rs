//! A manager of services: `systemd-analyze`, which is the real one, judges the unit, and its `ExecStart` is run
//! in the environment that a user's manager gives.

use std::collections::BTreeMap;
use std::process::Command;

use crate::machine::Machine;
use crate::page::Block;

/// A service's settings, by section and key.
pub struct Unit(BTreeMap<(String, String), String>);

impl Unit {
    /// Reads a unit.
    pub fn parse(block: &Block) -> Self {
        let mut section = "";
        let mut settings = BTreeMap::new();
        for line in block.text.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if let Some((key, value)) = line.split_once('=') {
                settings.insert((section.into(), key.into()), value.into());
            }
        }
        Self(settings)
    }

    /// A setting of the service.
    #[track_caller]
    pub fn service(&self, key: &str) -> &str {
        let key = ("Service".to_owned(), key.to_owned());
        self.0.get(&key).expect("a setting of the service")
    }

    /// The command, with the home in the place of `%h`.
    pub fn command(&self, machine: &Machine) -> Command {
        let home = machine.path("").display().to_string();
        let home = home.trim_end_matches('/');
        let words = shlex::split(self.service("ExecStart")).expect("words");
        let mut words = words.iter().map(|word| word.replace("%h", home));
        let mut variables = machine.everywhere();
        for (name, value) in [
            ("HOME", home),
            ("USER", "ada"),
            ("LOGNAME", "ada"),
            ("SHELL", "/bin/bash"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("INVOCATION_ID", "6f0c9a1b2d3e4f5061728394a5b6c7d8"),
            ("SYSTEMD_EXEC_PID", "4711"),
        ] {
            variables.insert(name.into(), value.into());
        }
        let mut command = machine.bare(words.next().expect("a program"), &variables);
        command.args(words);
        command
    }
}
