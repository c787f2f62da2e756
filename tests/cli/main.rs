//! The real binary, a verb a file: every test has a home of its own, and the servers check what they are sent.

#[path = "../support/vault.rs"]
mod vault;

mod accounts;
#[cfg(unix)]
mod acquaint;
mod backup;
mod basics;
#[cfg(unix)]
mod browser;
mod check;
mod choose;
mod client_secret;
#[cfg(unix)]
mod closed;
#[cfg(target_os = "linux")]
mod completions;
mod concurrency;
mod consent;
#[cfg(unix)]
mod discovery;
#[cfg(target_os = "linux")]
mod disks;
mod doctor;
mod env;
#[cfg(target_os = "linux")]
mod ephemeral;
mod exchange;
#[cfg(target_os = "linux")]
mod exec;
mod exit_codes;
mod export;
#[cfg(unix)]
mod flows;
#[cfg(unix)]
mod help;
#[cfg(unix)]
mod hostile;
#[cfg(target_os = "linux")]
mod jobs;
#[cfg(target_os = "linux")]
mod killed;
mod list;
mod locks;
mod log;
mod logout;
mod machine;
mod manners;
#[cfg(target_os = "linux")]
mod mishaps;
#[cfg(target_os = "linux")]
mod move_verb;
mod network;
mod origins;
#[cfg(target_os = "linux")]
mod owners;
mod patterns;
#[cfg(unix)]
mod polls;
mod provider_add;
mod provider_remove;
mod provider_set;
mod provider_test;
mod provider_verb;
#[cfg(unix)]
mod race;
mod readme;
mod redirect;
mod refresh;
mod refresh_all;
mod registration;
mod rename;
mod restore;
mod rules;
mod sandbox_serve;
#[cfg(target_os = "linux")]
mod sealed;
#[cfg(unix)]
mod secrecy;
#[cfg(target_os = "linux")]
mod secret_service;
mod shapes;
#[cfg(unix)]
mod store_file;
#[cfg(unix)]
mod terminal;
mod token;
mod token_endpoint;
#[cfg(unix)]
mod unasked;
mod use_verb;
mod which;
mod whoami;
mod with_token;
