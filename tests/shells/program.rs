//! Where the real programs are.

use std::path::{Path, PathBuf};

use keyfob_testkit::needs::{has, skip};

/// What `tests/run` installs for these tests.
const READERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers");

/// A program on the PATH; where it is missing, that is said.
pub fn program(name: &str) -> Option<String> {
    has(name).then(|| name.to_owned())
}

/// A Python with the packages of `requirements.txt`.
pub fn python() -> Option<String> {
    installed(".venv/bin/python")
}

/// The folder with the packages of `package.json`.
pub fn node_modules() -> Option<String> {
    installed("node_modules")
}

/// Nushell: the installed one, or where there is none for this machine, the machine's own.
pub fn nu() -> Option<String> {
    let packaged = Path::new(READERS).join("node_modules/@nushell/linux-x64/bin/nu");
    if packaged.exists() {
        return Some(text(packaged));
    }
    program("nu")
}

fn installed(path: &str) -> Option<String> {
    let path = Path::new(READERS).join(path);
    if path.exists() {
        return Some(text(path));
    }
    skip("`tests/run`, which installs tests/readers");
    None
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().expect("UTF-8")
}
