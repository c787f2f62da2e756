//! curl.

use crate::machine::Machine;
use crate::page::Recipe;

pub fn curl(recipe: &Recipe) {
    let line = recipe.next("sh");
    let machine = Machine::signed_in();
    let run = machine.sh(line).ok();
    assert_eq!(run.json()["name"], "ada");
    let visits = machine.internet.visits("huggingface.co/api/whoami-v2");
    assert!(visits[0].agent.starts_with("curl/"), "{visits:?}");

    let run = Machine::new().sh(line);
    assert_eq!(run.status, 22, "{run:?}");
    assert!(run.stderr.contains("nobody is signed in"), "{run:?}");
}
