//! The sign-ins before the recipes, and what a script makes of exit codes.

use crate::machine::Machine;
use crate::page::Recipe;
use crate::vault::HomeVault as _;

pub fn before(recipe: &Recipe) {
    let machine = Machine::new();
    machine.sh(recipe.next("sh")).ok();
    assert_eq!(machine.home().accounts(), ["github/ada", "huggingface/ada"]);
    let scopes = &machine.home().entry("github/ada")["scopes"];
    for scope in ["repo", "read:packages"] {
        let scopes = scopes.as_array().expect("scopes");
        assert!(scopes.iter().any(|granted| granted == scope), "{scopes:?}");
    }
}

/// A code each, by what leads to it.
pub fn exit_codes(recipe: &Recipe) {
    let script = recipe.next("sh");
    let machine = Machine::signed_in();
    let run = machine.sh(script).ok();
    assert_eq!(run.json()["name"], "ada");

    machine.home().later("huggingface/ada", 3600);
    machine.internet.is_unavailable();
    let run = machine.sh(script);
    assert_eq!(run.status, 75, "{run:?}");
    assert!(run.stderr.contains("tried again later"), "{run:?}");

    let key = machine.path("config/identity/identity.txt");
    std::fs::write(key, "no key\n").expect("a file");
    let run = machine.sh(script);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("cannot be used"), "{run:?}");

    let nobody = Machine::new();
    let run = nobody.sh(script);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("somebody has to run"), "{run:?}");

    nobody.write("config/config.toml", "nonsense");
    let run = nobody.line(&format!("set -e\n{}", script.text));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("config.toml"), "{run:?}");
    assert!(!run.stderr.contains("somebody"), "{run:?}");
}
