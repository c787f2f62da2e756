//! cron: what follows the five fields of a crontab's line goes to `sh`, with next to nothing in the environment.

use std::process::Command;

use crate::machine::Machine;
use crate::page::Block;

/// The command of the one line of a crontab.
pub fn command(machine: &Machine, crontab: &Block) -> Command {
    let line = crontab.text.trim_end();
    assert!(
        !line.contains(['\n', '%']),
        "one line without a `%`, which cron would break"
    );
    let mut rest = line;
    for _ in 0..5 {
        let (field, command) = rest.split_once(' ').expect("a field");
        let fits = field
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"*/,-".contains(&byte));
        assert!(fits, "{field}");
        rest = command.trim_start();
    }
    let mut variables = machine.everywhere(); // Debian's cron reads /etc/environment
    for (name, value) in [
        ("HOME", machine.path("").display().to_string()),
        ("LOGNAME", "ada".into()),
        ("SHELL", "/bin/sh".into()),
        ("PATH", "/usr/bin:/bin".into()),
    ] {
        variables.insert(name.into(), value);
    }
    let mut command = machine.bare("/bin/sh", &variables);
    command.args(["-c", rest]);
    command
}
