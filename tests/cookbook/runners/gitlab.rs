//! A GitLab runner: the lines of each job's `script` in one bash that ends at the first failure, identity
//! tokens and dotenv reports in the variables, jobs in the order of their stages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{text, yaml};
use crate::machine::Machine;
use crate::page::Block;
use keyfob_testkit::home::Run;

/// Runs every job of a pipeline, until one fails.
pub fn run(machine: &Machine, pipeline: &Block) -> Vec<(String, Run)> {
    let pipeline = yaml(machine, &pipeline.text);
    let pipeline = pipeline.as_object().expect("jobs");
    let stages = pipeline.get("stages").and_then(Value::as_array);
    let stage = |job: &Value| {
        let stages = stages.map_or(&[][..], Vec::as_slice);
        stages.iter().position(|stage| *stage == job["stage"])
    };
    let mut jobs: Vec<_> = pipeline
        .iter()
        .filter(|(name, _)| *name != "stages")
        .collect();
    jobs.sort_by_key(|(_, job)| stage(job));
    let mut reports: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    let mut runs = Vec::new();
    for (name, job) in jobs {
        let mut variables = variables(machine, job);
        for need in job["needs"].as_array().into_iter().flatten() {
            let need = need.as_str().expect("a job's name");
            variables.extend(reports[need].clone());
        }
        let run = script(machine, job, &variables);
        let failed = run.status != 0;
        runs.push((name.clone(), run));
        if failed {
            break;
        }
        if let Some(report) = job["artifacts"]["reports"]["dotenv"].as_str() {
            reports.insert(name, read(machine, report));
        }
    }
    runs
}

fn variables(machine: &Machine, job: &Value) -> BTreeMap<String, String> {
    let mut variables = machine.everywhere();
    for (name, value) in [
        ("PATH", machine.search_path()),
        ("HOME", machine.path("").display().to_string()),
        ("CI", "true".into()),
        ("GITLAB_CI", "true".into()),
        ("CI_PROJECT_VISIBILITY", "private".into()),
    ] {
        variables.insert(name.into(), value);
    }
    for (name, token) in job["id_tokens"].as_object().into_iter().flatten() {
        let token = machine.internet.gitlab_identity(text(token, "aud"));
        variables.insert(name.clone(), token);
    }
    variables
}

fn script(machine: &Machine, job: &Value, variables: &BTreeMap<String, String>) -> Run {
    let lines = job["script"].as_array().expect("a script").iter();
    let lines: Vec<_> = lines.map(|line| line.as_str().expect("a line")).collect();
    let script = format!("set -eo pipefail\n{}\n", lines.join("\n"));
    let mut bash = machine.bare("bash", variables);
    bash.args(["-c", &script]).current_dir(machine.path("work"));
    Run::of(bash.output().expect("bash starts"))
}

/// A dotenv report, in which what follows the `=` is the value as it stands.
fn read(machine: &Machine, report: &str) -> BTreeMap<String, String> {
    let path = format!("work/{report}");
    let text = std::fs::read_to_string(machine.path(&path)).expect("the job wrote it");
    machine.may_hold_a_token(&path);
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
