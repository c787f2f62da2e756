//! git over https, against git's own server.

use crate::machine::Machine;
use crate::page::Recipe;

/// Helpers that a person may have configured must not get the token.
fn with_a_store() -> Machine {
    let machine = Machine::signed_in();
    machine.write(
        ".gitconfig",
        "[credential]\n\thelper = store\n[user]\n\tname = Ada\n\temail = ada@example.com\n",
    );
    machine
}

fn came_by_git(machine: &Machine, page: &str) {
    let visits = machine.internet.visits(page);
    assert!(!visits.is_empty(), "nothing came to {page}");
    for visit in visits {
        assert!(visit.agent.starts_with("git/"), "{visit:?}");
        assert_eq!(visit.subject, "ada");
    }
}

pub fn clone(recipe: &Recipe) {
    let machine = with_a_store();
    machine.sh(recipe.next("sh")).ok();
    assert!(machine.path("work/model/README.md").exists());
    came_by_git(&machine, "github.com/acme/model.git/");
    assert!(!machine.path(".git-credentials").exists());
    let config = std::fs::read_to_string(machine.path("work/model/.git/config"));
    assert!(!config.expect("a file").contains("helper"));
}

pub fn helper(recipe: &Recipe) {
    let machine = with_a_store();
    machine.sh(recipe.next("sh")).ok();
    machine
        .line("git clone -q https://github.com/acme/model.git && cd model && echo more >> README.md && git commit -qam More && git push -q")
        .ok();
    came_by_git(&machine, "github.com/acme/model.git/git-receive-pack");
    assert!(!machine.path(".git-credentials").exists());

    machine.line("keyfob logout github --local").ok();
    let run = machine.line("cd model && git pull -q");
    assert!(run.stderr.contains("nobody is signed in"), "{run:?}");
    assert!(run.stderr.contains("terminal prompts disabled"), "{run:?}");
    assert_ne!(run.status, 0);
}
