//! A runner of GitHub Actions: each `run` as `bash -e`, `GITHUB_ENV` applied after each step, masks obeyed,
//! and the variables of a job. `actions/checkout` has been here already.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::{text, yaml};
use crate::machine::Machine;
use crate::page::Block;

/// What a job left.
#[derive(Debug, Default)]
pub struct Log {
    /// What everybody may read who may read the log.
    pub shown: String,
    /// What the steps wrote.
    pub written: String,
    /// The exit code of each step that was run.
    pub steps: Vec<i32>,
    masks: Vec<String>,
}

/// The secrets of a repository.
pub type Secrets = BTreeMap<&'static str, String>;

/// Runs one job of a workflow, until a step fails.
pub fn run(machine: &Machine, workflow: &Block, job: &str, secrets: &Secrets) -> Log {
    let workflow = yaml(machine, &workflow.text);
    let job = &workflow["jobs"][job];
    assert_eq!(text(job, "runs-on"), "ubuntu-latest");
    let mut variables = variables(machine);
    if workflow["permissions"]["id-token"] == "write" {
        let identity = machine.internet.actions_identity();
        variables.extend(identity.map(|(name, value)| (name.into(), value)));
    }
    variables.extend(environment(job, secrets));
    let mut log = Log::default();
    for step in job["steps"].as_array().expect("steps") {
        if step.get("run").is_none() {
            assert!(text(step, "uses").starts_with("actions/checkout@"));
            continue;
        }
        let mut own = variables.clone();
        own.extend(environment(step, secrets));
        log.steps
            .push(self::step(machine, step, &own, &mut log.written));
        log.read();
        if log.steps.last() != Some(&0) {
            break;
        }
        variables.extend(assigned(&machine.path("runner/env")));
    }
    log
}

fn variables(machine: &Machine) -> BTreeMap<String, String> {
    let mut variables = machine.everywhere();
    let path = |path: &str| machine.path(path).display().to_string();
    for (name, value) in [
        ("PATH", machine.search_path()),
        ("HOME", path("")),
        ("CI", "true".into()),
        ("GITHUB_ACTIONS", "true".into()),
        ("GITHUB_ENV", path("runner/env")),
        ("GITHUB_OUTPUT", path("runner/output")),
        ("GITHUB_WORKSPACE", path("work")),
        ("RUNNER_TEMP", path("runner")),
    ] {
        variables.insert(name.into(), value);
    }
    machine.may_hold_a_token("runner/env");
    variables
}

/// The variables under `env`. The only expression that recipes use is a secret.
fn environment(of: &Value, secrets: &Secrets) -> BTreeMap<String, String> {
    let env = of["env"].as_object().into_iter().flatten();
    env.map(|(name, value)| {
        let value = value.as_str().expect("text");
        let secret = value
            .strip_prefix("${{ secrets.")
            .and_then(|rest| rest.strip_suffix(" }}"));
        let value = match secret {
            Some(secret) => secrets[secret].clone(),
            None => value.to_owned(),
        };
        (name.clone(), value)
    })
    .collect()
}

/// One step; both of its streams go to the log, in order.
fn step(
    machine: &Machine,
    step: &Value,
    variables: &BTreeMap<String, String>,
    log: &mut String,
) -> i32 {
    machine.write("runner/step.sh", text(step, "run"));
    machine.write("runner/env", "");
    machine.write("runner/output", "");
    let (mut written, stream) = std::io::pipe().expect("a pipe");
    let mut command = machine.bare("bash", variables);
    let mut child = command
        .arg("-e")
        .arg(machine.path("runner/step.sh"))
        .current_dir(machine.path("work"))
        .stdout(stream.try_clone().expect("a pipe"))
        .stderr(stream)
        .spawn()
        .expect("bash starts");
    drop(command); // its ends of the pipe
    written.read_to_string(log).expect("the log");
    child.wait().expect("bash ends").code().unwrap_or(-1)
}

impl Log {
    /// Obeys the commands in the log so far, and hides what they mask from there on.
    fn read(&mut self) {
        self.shown.clear();
        self.masks.clear();
        for line in self.written.lines() {
            if let Some(value) = line.strip_prefix("::add-mask::") {
                let value = value.replace("%0D", "\r").replace("%0A", "\n");
                let value = value.replace("%25", "%");
                assert!(!value.is_empty(), "a mask for nothing");
                self.masks.push(value);
                continue;
            }
            let hidden = self
                .masks
                .iter()
                .fold(line.to_owned(), |line, mask| line.replace(mask, "***"));
            self.shown += &hidden;
            self.shown.push('\n');
        }
    }

    /// Whether a value is hidden from the log.
    pub fn masks(&self, value: &str) -> bool {
        self.masks.iter().any(|mask| mask == value)
    }
}

/// What a file for `GITHUB_ENV` assigns: `NAME=VALUE`, or `NAME<<END`, lines, `END`.
fn assigned(file: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(file).expect("the runner made it");
    let mut lines = text.lines();
    let mut assigned = BTreeMap::new();
    while let Some(line) = lines.next() {
        if let Some((name, end)) = line.split_once("<<") {
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != end).collect();
            assigned.insert(name.to_owned(), value.join("\n"));
        } else {
            let (name, value) = line.split_once('=').expect("an assignment");
            assigned.insert(name.to_owned(), value.to_owned());
        }
    }
    assigned
}
