//! What a token that somebody gives is judged by: how tokens begin, and where it says whose it is.

use super::requests::pointer;
use super::{Checked, ensure};
use crate::provider::Provider;

pub(super) fn check(provider: &Provider) -> Checked {
    let prefixes = &provider.prefixes;
    for (key, prefixes) in [
        ("prefixes.access", &prefixes.access),
        ("prefixes.refresh", &prefixes.refresh),
    ] {
        let fit = prefixes.iter().all(|prefix| begins_a_token(prefix));
        let what = "must each be 1 to 64 printable ASCII characters without blanks";
        ensure(fit, key, what)?;
    }
    let given = &provider.given;
    for (key, path) in [
        ("given.subject", &given.subject),
        ("given.username", &given.username),
    ] {
        path.as_ref().map_or(Ok(()), |path| pointer(key, path))?;
    }
    Ok(())
}

fn begins_a_token(prefix: &str) -> bool {
    (1..=64).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_graphic())
}
