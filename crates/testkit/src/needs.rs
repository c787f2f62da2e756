//! What a test needs and a machine may lack.

use std::io::Write as _;

/// Says that a test was left out, past the harness's capture; where nothing may be left out it fails.
pub fn skip(needs: &str) {
    let test = std::thread::current(); // has the test's name, unless tests run one by one
    let test = test.name().unwrap_or_default();
    let forbidden = std::env::var_os("KEYFOB_TEST_NO_SKIPS").is_some_and(|value| value == "1");
    assert!(!forbidden, "{test} needs {needs}");
    let _ = writeln!(std::io::stderr(), "skipped: {test}: needs {needs}");
}

/// Whether a program is on the PATH, or a file is there.
pub fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The same; where it is not, the test is left out.
pub fn has(program: &str) -> bool {
    let installed = is_installed(program);
    if !installed {
        skip(program);
    }
    installed
}
