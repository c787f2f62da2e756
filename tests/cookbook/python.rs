//! What is written in Python: `hf`, requests and openai, the real ones.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::machine::Machine;
use crate::page::Recipe;
use crate::vault::HomeVault as _;
use keyfob_testkit::home::Run;

pub fn hf(recipe: &Recipe) {
    let line = recipe.next("sh");
    let machine = Machine::signed_in();
    machine.sh(line).ok();
    assert!(machine.path("work/model/config.json").exists());
    let visits = machine.internet.visits("huggingface.co/acme/model/");
    assert!(visits[0].agent.contains("hf_hub/"), "{visits:?}");
}

pub fn short(recipe: &Recipe) {
    let (job, line) = (recipe.next("python"), recipe.next("sh"));
    let machine = Machine::signed_in();
    machine.save(job);
    assert_eq!(machine.sh(line).ok().line(), "ada");
    machine.home().later("huggingface/ada", 3300);
    assert_eq!(machine.sh(line).ok().line(), "ada");
    let visits = machine.internet.visits("huggingface.co/api/whoami-v2");
    let [first, second] = &visits[..] else {
        panic!("{visits:?}");
    };
    assert!(first.agent.starts_with("python-requests/"), "{first:?}");
    assert_ne!(first.token, second.token, "five minutes are too few");

    machine.home().later("huggingface/ada", 3300);
    machine.internet.is_unavailable();
    let run = machine.sh(line);
    assert_eq!((run.status, run.stdout.as_str()), (3, ""), "{run:?}");
}

/// It stays while its token ends.
pub fn long(recipe: &Recipe) {
    let (program, line) = (recipe.next("python"), recipe.next("sh"));
    let machine = Machine::signed_in();
    machine.save(program);
    assert_eq!(machine.sh(line).ok().line(), "acme/model 42");

    let mut watch = machine.command("python3");
    watch.arg("watch.py").stdin(Stdio::piped());
    let mut watch = watch.spawn().expect("python3 starts");
    let mut models = watch.stdin.take().expect("stdin is a pipe");
    let mut said = BufReader::new(watch.stdout.take().expect("stdout is a pipe"));
    let mut ask = || {
        models.write_all(b"acme/model\n").expect("it reads");
        let mut line = String::new();
        said.read_line(&mut line).expect("it answers");
        assert_eq!(line, "acme/model 42\n");
    };
    ask();
    machine.home().later("huggingface/ada", 3600);
    ask();
    let visits = machine.internet.visits("huggingface.co/api/models/");
    let tokens: Vec<_> = visits.iter().map(|visit| &visit.token).collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[1], tokens[2]);
    drop(models);
    Run::of(watch.wait_with_output().expect("it ends")).ok();

    machine.line("keyfob logout huggingface").ok();
    let run = machine.sh(line);
    assert!(run.stderr.contains("nobody is signed in"), "{run:?}");
    assert!(run.stderr.contains("exit status 4"), "{run:?}");
}

pub fn openai(recipe: &Recipe) {
    let (program, line) = (recipe.next("python"), recipe.next("sh"));
    let machine = Machine::signed_in();
    machine.save(program);
    assert_eq!(machine.sh(line).ok().line(), "Hello from the router.");
    let visits = machine.internet.visits("router.huggingface.co/v1/");
    assert!(visits[0].agent.starts_with("OpenAI/Python"), "{visits:?}");

    let both = line.text.replace(
        "python3 ask.py",
        "sh -c 'echo \"${OPENAI_API_KEY:+set} ${HF_TOKEN:-not set}\"'",
    );
    assert_eq!(machine.line(&both).ok().line(), "set not set");
}
