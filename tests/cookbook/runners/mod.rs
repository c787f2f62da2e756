//! Stand-ins for what runs a recipe where the real thing cannot be had: they read the same files and give
//! the same environment.

pub mod cron;
pub mod docker;
pub mod github;
pub mod gitlab;
pub mod systemd;

use serde_json::Value;

use crate::machine::Machine;
use keyfob_testkit::process::feed;

/// A YAML file, in the order of its keys. PyYAML reads it, which `hf` brings along.
fn yaml(machine: &Machine, text: &str) -> Value {
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut python = machine.command("python3");
    python.args(["-c", program]);
    feed(python, text).ok().json()
}

/// A key's value as text.
#[track_caller]
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("no {key} in {value}"))
}
