//! What commands say: serialised shapes for `--json`, tables and lines for people. Data in, text out.
//!
//! Each shape is pinned by its example in `src/verbs/shapes/`, which the man pages show.

pub mod account;
pub mod backup;
pub mod check;
pub mod completions;
pub mod doctor;
pub mod export;
pub mod log;
pub mod login;
pub mod logout;
pub mod moving;
pub mod naming;
pub mod provider;
pub mod refresh;
pub mod restore;
pub mod table;
pub mod token;
pub mod which;
pub mod whoami;
