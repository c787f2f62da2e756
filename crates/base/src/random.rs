//! Values that nobody can guess: octets from the operating system alone.

use std::io;

use rand::RngCore;
use rand::rngs::OsRng;

/// Fills `octets` from the operating system's source; the error is its own.
pub fn fill(octets: &mut [u8]) -> io::Result<()> {
    OsRng
        .try_fill_bytes(octets)
        .map_err(|error| io::Error::other(error.to_string()))
}
