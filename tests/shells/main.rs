//! `export` and the real programs that read it: every token comes back byte for byte, or is refused.
#![cfg(unix)]
#[path = "../support/vault.rs"]
mod vault;

mod ci;
mod dotenv;
mod json;
mod other;
mod posix;
mod program;
mod tokens;
