//! Which shell somebody types in.

use std::path::Path;

/// What `known` makes of the shell that this process was started from; else of `SHELL`.
pub(crate) fn here<T>(known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let named = || {
        let path = std::env::var_os("SHELL")?;
        known(Path::new(&path).file_name()?.to_str()?)
    };
    parent().and_then(|name| known(&name)).or_else(named)
}

/// The program that started this process, where the system says.
#[cfg(target_os = "linux")]
fn parent() -> Option<String> {
    let parent = std::os::unix::process::parent_id();
    let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn parent() -> Option<String> {
    None
}
