//! What a test may set otherwise. A build for release reads nothing of it.

use std::str::FromStr;
use std::time::Duration;

/// A bound, unless `KEYFOB_TEST_<NAME>` says how many seconds it is.
pub fn bound(name: &str, ordinary: Duration) -> Duration {
    setting(name).map_or(ordinary, Duration::from_secs)
}

pub fn setting<T: FromStr>(name: &str) -> Option<T> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let said = std::env::var(format!("KEYFOB_TEST_{name}"));
    said.ok()?.parse().ok()
}
