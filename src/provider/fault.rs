//! What is wrong with a definition, by the key it concerns.

/// One broken rule: the dotted key, and what it must be. Holds no value.
#[derive(Debug)]
pub(super) struct Fault {
    pub key: String,
    pub what: String,
}

pub(super) type Checked = Result<(), Fault>;

pub(super) fn ensure(holds: bool, key: impl Into<String>, what: impl Into<String>) -> Checked {
    let fault = || Fault {
        key: key.into(),
        what: what.into(),
    };
    if holds { Ok(()) } else { Err(fault()) }
}

/// `prefix.key`, the key quoted where TOML would.
pub(crate) fn dotted(prefix: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let key = if bare { key.into() } else { format!("{key:?}") };
    if prefix.is_empty() {
        key
    } else {
        format!("{prefix}.{key}")
    }
}
