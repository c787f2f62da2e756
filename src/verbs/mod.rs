//! The verbs, a file each: its arguments, what it does, what it answers. Only this folder writes to stdout.

mod app;
pub(crate) mod arguments;
pub(crate) mod backup;
mod check;
mod cli;
pub mod completions;
mod concurrent;
pub(crate) mod doctor;
mod embedded;
pub(crate) mod exec;
pub(crate) mod export;
mod help;
mod list;
mod log;
pub(crate) mod login;
pub(crate) mod logout;
pub mod man;
mod mask;
mod move_secrets;
mod network;
pub(crate) mod output;
pub(crate) mod provider;
mod refresh;
mod rename;
pub(crate) mod restore;
#[cfg(feature = "sandbox")]
mod sandbox;
pub(crate) mod table;
mod token;
pub(crate) mod tokens;
mod usage;
mod use_account;
mod which;
mod whoami;

pub use cli::{Cli, Command, main};

use arguments::{scopes, subject_file};
use output::{caution, columns, print, print_answer, print_if_json, print_json, report};
