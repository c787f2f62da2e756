//! GitHub Actions and GitLab CI, by their stand-ins.

use crate::machine::Machine;
use crate::page::{Block, Recipe};
use crate::runners::github::{self, Log, Secrets};
use crate::runners::gitlab;

/// The token with which the model was written to.
#[track_caller]
fn published(machine: &Machine) -> String {
    let visits = machine
        .internet
        .visits("huggingface.co/api/models/acme/model/commit");
    let [commit] = &visits[..] else {
        panic!("{visits:?}");
    };
    assert_eq!(commit.subject, "acme/model");
    assert!(commit.agent.contains("hf_hub/"), "{commit:?}");
    commit.token.clone()
}

/// A token may stand in the log where the runner is told to hide it, and nowhere else.
fn assert_hidden(log: &Log, token: &str) {
    assert!(!log.shown.contains(token), "{}", log.shown);
    let commands = log.written.lines().filter(|line| line.contains(token));
    for line in commands {
        assert_eq!(line, format!("::add-mask::{token}"));
    }
}

pub fn github_without_a_secret(recipe: &Recipe) {
    let workflow = recipe.next("yaml");
    let machine = Machine::new();
    let log = github::run(&machine, workflow, "publish", &Secrets::new());
    assert_eq!(log.steps, [0, 0], "{}", log.written);
    let token = published(&machine);
    assert!(log.masks(&token));
    assert_hidden(&log, &token);
    assert!(machine.home().stored().is_empty(), "nothing is stored");

    let without = Block {
        text: workflow.text.replace("  id-token: write\n", ""),
        ..workflow.clone()
    };
    let machine = Machine::new();
    let log = github::run(&machine, &without, "publish", &Secrets::new());
    assert_eq!(log.steps.len(), 1, "{}", log.written);
    assert!(log.shown.contains("id-token: write"), "{}", log.shown);
}

pub fn github_with_a_secret(recipe: &Recipe) {
    let workflow = recipe.next("yaml");
    let machine = Machine::new();
    let token = machine.internet.personal_token("huggingface.co", "ada");
    let secrets = Secrets::from([("HF_TOKEN", token.clone())]);
    for (job, steps) in [("variable", 1), ("account", 2)] {
        let machine_visits = || machine.internet.visits("huggingface.co/acme/model/").len();
        let before = machine_visits();
        let log = github::run(&machine, workflow, job, &secrets);
        assert_eq!(log.steps, vec![0; steps], "{}", log.written);
        assert_hidden(&log, &token);
        assert!(machine_visits() > before, "{job} has read the model");
    }
    assert_eq!(machine.home().accounts(), ["huggingface/ada"]);

    let machine = Machine::new();
    let revoked = Secrets::from([("HF_TOKEN", "hf_of_a_person_that_went".to_owned())]);
    let log = github::run(&machine, workflow, "account", &revoked);
    assert_eq!(log.steps, [1], "{}", log.written);
}

pub fn gitlab(recipe: &Recipe) {
    let pipeline = recipe.next("yaml");
    let machine = Machine::new();
    let runs = gitlab::run(&machine, pipeline);
    let [(_, job)] = &runs[..] else {
        panic!("{runs:?}");
    };
    assert_eq!(job.status, 0, "{job:?}");
    let token = published(&machine);
    assert!(!job.stdout.contains(&token) && !job.stderr.contains(&token));
    assert!(machine.home().stored().is_empty(), "nothing is stored");

    let wrong = Block {
        text: pipeline
            .text
            .replace("aud: https://huggingface.co", "aud: https://example.com"),
        ..pipeline.clone()
    };
    let machine = Machine::new();
    let runs = gitlab::run(&machine, &wrong);
    assert_eq!(runs[0].1.status, 1, "{runs:?}");
    let visits = machine.internet.visits("huggingface.co/api/");
    assert!(visits.is_empty(), "the job ended before: {visits:?}");
}

pub fn gitlab_report(recipe: &Recipe) {
    let pipeline = recipe.next("yaml");
    let machine = Machine::new();
    let runs = gitlab::run(&machine, pipeline);
    let [(first, token), (second, publish)] = &runs[..] else {
        panic!("{runs:?}");
    };
    assert_eq!((first.as_str(), second.as_str()), ("token", "publish"));
    assert_eq!((token.status, publish.status), (0, 0), "{runs:?}");
    assert!(
        token.stderr.contains("artifact"),
        "who can read it: {token:?}"
    );
    let published = published(&machine);
    assert!(!format!("{runs:?}").contains(&published), "{runs:?}");
}
