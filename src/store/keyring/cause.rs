//! The keyring's failures in words: the true cause, out of the chain of errors that wrap it.

use std::error::Error as _;

use keyring_core::Error;

use crate::store::StoreError;

/// What makes the keyring usable. How to do without it depends on what was wanted, which stores do not know.
pub(crate) const WAY_OUT: &str = if cfg!(target_os = "macos") {
    "unlock the login keychain (`security unlock-keychain`)"
} else if cfg!(windows) {
    "sign in to a desktop session (the Credential Manager refuses network logons)"
} else {
    "unlock or start the keyring (gnome-keyring-daemon, KWallet)"
};

/// Says why the keyring failed. Never prints the error itself, for some variants carry the secret.
pub(crate) fn explain(error: &Error) -> StoreError {
    let cause = match error {
        Error::PlatformFailure(_) => failure(&chain(error)),
        Error::NoStorageAccess(_) => no_access(&chain(error)),
        Error::Ambiguous(entries) => {
            format!("{} entries of the keyring have the same key", entries.len())
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            "the keyring's entry is not what keyfob wrote".into()
        }
        other => format!("the keyring failed: {}", one_line(&other.to_string())),
    };
    StoreError {
        cause,
        hint: WAY_OUT.into(),
    }
}

/// Whether the Secret Service had the entry, and somebody removed it before it was read.
pub(crate) fn has_gone(error: &Error) -> bool {
    let said = match error {
        Error::PlatformFailure(_) => chain(error),
        _ => return false,
    };
    ["UnknownMethod", "UnknownObject", "NoSuchObject"]
        .iter()
        .any(|name| said.contains(name))
}

/// On one line. Most libraries repeat the inner error in the outer one, some do not.
fn chain(error: &Error) -> String {
    let mut said = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = one_line(&error.to_string());
        if said.is_empty() {
            said = words;
        } else if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        cause = error.source();
    }
    said.trim_start_matches("zbus error: ").to_owned()
}

fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

// Words of the secret-service and D-Bus libraries, whose types are not at hand here. Tests against
// the real service hold them.

fn failure(said: &str) -> String {
    if let Some((_, where_and_why)) = said.split_once("Failed to connect to address ") {
        format!("no D-Bus session bus: cannot connect to {where_and_why}")
    } else if said.contains("no secret service provider or dbus session found") {
        format!("no D-Bus session bus: {}", missing_bus())
    } else if said.contains("ServiceUnknown") || said.contains("NameHasNoOwner") {
        format!("no Secret Service runs in this session: {said}")
    } else {
        format!("the keyring cannot be reached: {said}")
    }
}

fn no_access(said: &str) -> String {
    if said.contains("prompt") || said.contains("locked") {
        "the keyring is locked and nobody unlocked it".into()
    } else if said.contains("result not returned") {
        "the keyring has no default collection".into()
    } else {
        format!("the keyring refuses access: {said}")
    }
}

fn missing_bus() -> &'static str {
    if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() {
        "DBUS_SESSION_BUS_ADDRESS names none"
    } else {
        "DBUS_SESSION_BUS_ADDRESS is not set"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error that does not repeat its source.
    #[derive(Debug)]
    struct Silent;

    impl std::fmt::Display for Silent {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("outer")
        }
    }

    impl std::error::Error for Silent {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            static INNER: std::fmt::Error = std::fmt::Error;
            Some(&INNER)
        }
    }

    #[test]
    fn a_secret_in_an_error_is_not_shown() {
        let marked = b"marked-secret".to_vec();
        let io = || Box::new(std::io::Error::other("marked-secret"));
        for error in [
            Error::BadEncoding(marked.clone()),
            Error::BadDataFormat(marked, io()),
        ] {
            let shown = format!("{:?}", explain(&error));
            assert!(!shown.contains("marked-secret"), "{shown}");
            assert!(!shown.contains("109, 97"), "{shown}");
        }
    }

    #[test]
    fn the_cause_is_the_whole_chain_on_one_line() {
        let inner = std::io::Error::other("first\n  second.");
        let error = explain(&Error::PlatformFailure(Box::new(inner)));
        assert_eq!(error.cause, "the keyring cannot be reached: first second");
        let silent = explain(&Error::PlatformFailure(Box::new(Silent)));
        assert_eq!(
            silent.cause,
            format!("the keyring cannot be reached: outer: {}", std::fmt::Error)
        );
        assert_eq!(error.hint, WAY_OUT);
    }
}
