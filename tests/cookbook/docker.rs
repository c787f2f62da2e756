//! Docker's login, at GitHub's registry: by a stand-in, and by docker itself where it is installed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::machine::{Machine, lacking};
use crate::page::{Block, Recipe};
use crate::runners::docker;
use keyfob_testkit::home::Run;

pub fn docker(recipe: &Recipe) {
    let line = recipe.next("sh");
    let machine = Machine::signed_in();
    docker::install(&machine);
    logs_in(&machine, line);
    if lacking(&["docker"]).is_none() {
        logs_in(&Machine::signed_in(), line);
    }
}

fn logs_in(machine: &Machine, line: &Block) {
    let login = || {
        let mut sh = machine.command("sh");
        // A daemon would ask the registry itself, the real one.
        sh.args(["-c", &line.text])
            .env("DOCKER_HOST", "unix:///nowhere");
        Run::of(sh.output().expect("sh starts"))
    };
    let run = login().ok();
    assert!(run.stdout.contains("Login Succeeded"), "{run:?}");
    let visits = machine.internet.visits("ghcr.io/token");
    let config = std::fs::read_to_string(machine.path(".docker/config.json")).expect("a file");
    let config: Value = serde_json::from_str(&config).expect("JSON");
    let kept = STANDARD.encode(format!("ada:{}", visits[0].token));
    assert_eq!(config["auths"]["ghcr.io"]["auth"], kept);

    machine.line("keyfob logout github --local").ok();
    let run = login();
    assert_ne!(run.status, 0, "{run:?}");
    assert!(run.stderr.contains("nobody is signed in"), "{run:?}");
}
