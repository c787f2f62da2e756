//! The flows by which somebody signs in.

use clap::ValueEnum;

/// What `--flow` chooses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Flow {
    /// Everything the place and the provider allow, at once; the first to finish wins.
    #[default]
    Auto,
    /// The system browser and a redirect to this machine (RFC 8252).
    Browser,
    /// A code typed on another device (RFC 8628).
    Device,
    /// The address that a browser anywhere ended on, pasted here.
    Paste,
    /// A machine account: the client's own id and secret, no person (RFC 6749 §4.4).
    ClientCredentials,
}
