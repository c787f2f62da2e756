//! Where a token that somebody gives says whose it is.

use super::Checked;
use super::requests::pointer;
use crate::provider::Provider;

pub(super) fn check(provider: &Provider) -> Checked {
    let given = &provider.given;
    for (key, path) in [
        ("given.subject", &given.subject),
        ("given.username", &given.username),
    ] {
        path.as_ref().map_or(Ok(()), |path| pointer(key, path))?;
    }
    Ok(())
}
