//! Make and direnv.

use crate::machine::Machine;
use crate::page::Recipe;
use crate::vault::HomeVault as _;

pub fn make(recipe: &Recipe) {
    let machine = Machine::signed_in();
    machine.save(recipe.next("make"));
    let build = || machine.line("make model/config.json");
    let run = build().ok();
    assert!(run.stdout.contains("keyfob exec huggingface"), "{run:?}");
    assert!(machine.path("work/model/config.json").exists());
    let database = machine.line("make --print-data-base --question; true").ok();
    for token in machine.internet.tokens() {
        assert!(!run.stdout.contains(&token) && !database.stdout.contains(&token));
    }

    machine.home().later("huggingface/ada", 3600);
    build().ok();

    machine
        .line("keyfob logout huggingface && rm -r model")
        .ok();
    let before = machine.internet.visits("huggingface.co").len();
    let run = build();
    assert_eq!(run.status, 2, "{run:?}"); // make's own for any failure
    assert!(run.stderr.contains("keyfob login huggingface"), "{run:?}");
    assert!(!run.stdout.contains("keyfob exec"), "{run:?}");
    assert_eq!(machine.internet.visits("huggingface.co").len(), before);
}

/// A shell that direnv hooks into asks it after each change of folder.
const SESSION: &str = r#"
set -e
hook() { eval "$(direnv export bash)"; }
ask() { printf 'Authorization: Bearer %s\n' "$HF_TOKEN" | curl -fsS -H @- https://huggingface.co/api/whoami-v2; echo; }
direnv allow
hook; ask
python3 -c 'import base64, os, zlib; print(zlib.decompress(base64.urlsafe_b64decode(os.environ["DIRENV_DIFF"])).decode())' | grep -c -F "$HF_TOKEN"
cd ..; hook; echo "outside ${HF_TOKEN:-not set}"
cd work; hook; direnv reload; hook; ask
"#;

pub fn direnv(recipe: &Recipe) {
    let machine = Machine::signed_in();
    machine.save(recipe.next("sh"));
    let run = machine.bash(SESSION).ok();
    let said: Vec<_> = run.stdout.lines().collect();
    assert!(said[0].contains("\"ada\""), "{run:?}");
    assert_eq!(said[1..3], ["1", "outside not set"], "{run:?}");
    assert!(said[3].contains("\"ada\""), "{run:?}");
    let visits = machine.internet.visits("huggingface.co/api/whoami-v2");
    assert_eq!(visits[0].token, visits[1].token);

    machine.home().later("huggingface/ada", 3600);
    machine.bash("direnv exec . true").ok();
    let tokens = machine.internet.tokens();
    assert!(tokens.len() > 3, "a new one was got: {tokens:?}");

    machine.line("keyfob logout huggingface").ok();
    let run = machine
        .bash("direnv exec . sh -c 'echo ${HF_TOKEN:-not set}'")
        .ok();
    assert_eq!(run.line(), "not set");
    assert!(run.stderr.contains("nobody is signed in"), "{run:?}");
}
