//! systemd and cron: nobody is there, and the environment is bare.

use std::process::Command;

use crate::machine::Machine;
use crate::page::Recipe;
use crate::runners::cron;
use crate::runners::systemd::Unit;
use crate::vault::HomeVault as _;
use keyfob_testkit::home::Run;

/// What the service and the job do: they use the token, and say which process they are.
const MIRROR: &str = r#"#!/bin/sh
echo $$
printf 'Authorization: Bearer %s\n' "$HF_TOKEN" | curl -fsS -H @- https://huggingface.co/api/models/acme/model
"#;

fn with_a_mirror(machine: Machine) -> Machine {
    machine.program("bin/mirror", MIRROR);
    machine
}

/// Runs it to its end; the process that is started becomes the command.
fn serve(mut command: Command) -> Run {
    let child = command.spawn().expect("it starts");
    let id = child.id().to_string();
    let run = Run::of(child.wait_with_output().expect("it ends"));
    assert!(
        run.status != 0 || run.stdout.lines().next() == Some(&id),
        "{run:?}"
    );
    run
}

pub fn systemd(recipe: &Recipe) {
    let block = recipe.next("ini");
    let unit = Unit::parse(block);
    let machine = with_a_mirror(Machine::signed_in());
    machine.save(block);
    let verified = machine
        .command("systemd-analyze")
        .args(["--user", "verify"])
        .arg(machine.path(".config/systemd/user/mirror.service"))
        .env("XDG_RUNTIME_DIR", machine.path(""))
        .output()
        .expect("systemd-analyze starts");
    let verified = Run::of(verified);
    let said = verified.ok().stderr; // of this machine's own units too
    assert!(!said.contains("mirror"), "{said}");

    serve(unit.command(&machine)).ok();
    machine.home().later("huggingface/ada", 2400);
    serve(unit.command(&machine)).ok();
    let visits = machine
        .internet
        .visits("huggingface.co/api/models/acme/model");
    assert_ne!(visits[0].token, visits[1].token, "20 minutes are too few");

    let nobody = with_a_mirror(Machine::new());
    let status = serve(unit.command(&nobody)).status;
    assert_eq!(status, 4);
    let ends = unit.service("RestartPreventExitStatus");
    assert!(
        ends.split(' ').any(|code| code == status.to_string()),
        "{ends}"
    );
}

pub fn cron(recipe: &Recipe) {
    let crontab = recipe.next("crontab");
    let machine = with_a_mirror(Machine::signed_in());
    let run = |machine| {
        let output = cron::command(machine, crontab).output();
        Run::of(output.expect("sh starts"))
    };
    run(&machine).ok();
    let visits = machine
        .internet
        .visits("huggingface.co/api/models/acme/model");
    assert_eq!(visits.len(), 1);

    let nobody = with_a_mirror(Machine::new());
    let run = run(&nobody);
    assert_eq!((run.status, run.stdout.as_str()), (4, ""), "{run:?}");
    assert!(run.stderr.contains("keyfob login huggingface"), "{run:?}");
}
