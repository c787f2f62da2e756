//! What commands say: serialised shapes for `--json`, tables and lines for people. Data in, text out.
//!
//! Each shape is pinned by its example in `src/verbs/shapes/`, which the man pages show.

pub mod backup;
pub mod completions;
pub mod doctor;
pub mod export;
pub mod provider;
pub mod restore;
