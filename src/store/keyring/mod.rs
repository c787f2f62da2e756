//! The system's keyring, behind a deadline: Secret Service is known to keep its callers for minutes.

mod cause;
mod chunks;
mod deadline;
mod entries;
#[cfg_attr(
    not(all(
        unix,
        not(any(target_os = "macos", target_os = "ios", target_os = "android"))
    )),
    path = "unlisted.rs"
)]
mod names;
mod system;

pub(crate) use system::Keyring;
