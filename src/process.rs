//! What every process that keyfob starts has in common: it inherits none of keyfob's own secrets.

mod output;

use std::ffi::OsStr;
use std::process::Command;

pub use output::{Failure, output};

/// Takes keyfob's secrets out of the environment that `command` will inherit: `KEYFOB_PASSPHRASE*`,
/// `KEYFOB_*_CLIENT_SECRET`, `KEYFOB_ID_TOKEN` and `KEYFOB_*_ID_TOKEN`.
///
/// It comes before the caller's own `env` calls, which it would undo for these names.
pub fn scrub(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if is_secret(&name) {
            command.env_remove(name);
        }
    }
}

/// Windows takes names of variables in any case, so they are compared without it.
fn is_secret(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes().to_ascii_uppercase();
    name.starts_with(b"KEYFOB_PASSPHRASE")
        || name.starts_with(b"KEYFOB_")
            && (name.ends_with(b"_CLIENT_SECRET") || name.ends_with(b"_ID_TOKEN"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "KEYFOB_PASSPHRASE",
            "KEYFOB_PASSPHRASE_FILE",
            "KEYFOB_GITHUB_CLIENT_SECRET",
            "KEYFOB_MY_HOST_CLIENT_SECRET",
            "KEYFOB_ID_TOKEN",
            "KEYFOB_MY_HOST_ID_TOKEN",
            "keyfob_passphrase",
        ] {
            assert!(is_secret(OsStr::new(name)), "{name}");
        }
        for name in [
            "PATH",
            "KEYFOB_HOME",
            "KEYFOB_GITHUB_CLIENT_ID",
            "MY_CLIENT_SECRET",
            "MY_ID_TOKEN",
            "KEYFOB_ACME_VALID_TOKEN",
            "MY_KEYFOB_PASSPHRASE",
        ] {
            assert!(!is_secret(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_is_no_secret_is_left_to_the_child() {
        let mut command = Command::new("true");
        scrub(&mut command);
        assert!(
            command
                .get_envs()
                .all(|(name, value)| is_secret(name) && value.is_none())
        );
    }
}
