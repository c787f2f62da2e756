//! What is committed for packagers is what this source gives.
#![cfg(feature = "sandbox")] // the committed pages are those of the default features

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use keyfob::verbs;
use keyfob::verbs::completions::Shell;

fn committed(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// The files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            (name, text.replace("\r\n", "\n"))
        })
        .collect()
}

#[test]
fn man_pages_are_not_stale() {
    let fresh = tempfile::tempdir().unwrap();
    verbs::man::write_all(fresh.path()).unwrap();
    let fresh = files(fresh.path());
    let committed = files(&committed("man"));
    for (name, text) in &fresh {
        assert!(
            committed.get(name) == Some(text),
            "man/{name} is stale; renew with `cargo run -- man --dir man`"
        );
    }
    for name in committed.keys() {
        assert!(
            fresh.contains_key(name),
            "man/{name} is no verb's page; remove it"
        );
    }
}

#[test]
fn every_shell_has_its_file_and_every_file_asks_the_binary() {
    let committed = files(&committed("completions"));
    assert_eq!(committed.len(), Shell::value_variants().len());
    let nushell = verbs::completions::script(Shell::Nushell).unwrap();
    assert_eq!(nushell, committed["keyfob.nu"]);
    assert!(nushell.contains("KEYFOB_COMPLETE: "), "{nushell}");
    let others = Shell::value_variants().iter();
    for shell in others.filter(|shell| **shell != Shell::Nushell) {
        let value = shell.to_possible_value().unwrap();
        let ask = format!("keyfob completions {}", value.get_name());
        let asking = committed
            .values()
            .filter(|text| text.contains(&ask))
            .count();
        assert_eq!(
            asking, 1,
            "completions/ has no file, or several, with `{ask}`"
        );
    }
}

#[test]
fn the_zsh_file_calls_the_function_that_the_script_defines() {
    let script = verbs::completions::script(Shell::Zsh).unwrap();
    let function = "_clap_dynamic_completer_keyfob";
    assert!(
        script.contains(&format!("function {function}()")),
        "{script}"
    );
    assert!(files(&committed("completions"))["_keyfob"].contains(&format!("{function} \"$@\"")));
}
