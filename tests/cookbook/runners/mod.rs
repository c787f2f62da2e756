//! Stand-ins for what runs a recipe where the real thing cannot be had: they read the same files and give
//! the same environment.

pub mod cron;
pub mod docker;
pub mod github;
pub mod gitlab;
pub mod systemd;

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::machine::Machine;

/// A YAML file, in the order of its keys. PyYAML reads it, which `hf` brings along.
fn yaml(machine: &Machine, text: &str) -> Value {
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut python = machine.command("python3");
    python.args(["-c", program]).stdin(Stdio::piped());
    let mut python = python.spawn().expect("python3 starts");
    let mut stdin = python.stdin.take().expect("stdin is a pipe");
    stdin.write_all(text.as_bytes()).expect("python3 reads");
    drop(stdin);
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// A key's value as text.
#[track_caller]
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("no {key} in {value}"))
}
