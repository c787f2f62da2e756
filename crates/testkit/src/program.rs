//! Where the binary under test is.

use std::path::PathBuf;
use std::sync::LazyLock;

/// Names another binary to test, such as an installed one.
const OVERRIDE: &str = "KEYFOB_TEST_PROGRAM";

static KEYFOB: LazyLock<String> = LazyLock::new(|| {
    let path = std::env::var_os(OVERRIDE).map_or_else(beside_tests, PathBuf::from);
    assert!(
        path.is_file(),
        "no keyfob at {}: `cargo build` makes it",
        path.display()
    );
    path.into_os_string()
        .into_string()
        .expect("a path in UTF-8")
});

/// The path of the binary under test.
pub fn keyfob() -> &'static str {
    &KEYFOB
}

/// Cargo puts the tests of a profile into `deps`, and the program above them.
fn beside_tests() -> PathBuf {
    let tests = std::env::current_exe().expect("this binary has a path");
    let profile = tests.ancestors().nth(2).expect("it is in a folder");
    let name = format!("keyfob{}", std::env::consts::EXE_SUFFIX);
    profile.join(name)
}
