//! `exec --ephemeral`
