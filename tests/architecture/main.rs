//! Who may import whom: the picture of ARCHITECTURE.md, kept true by reading the source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room of `src/` and the rooms that it imports, from the top down: nothing imports a room above it.
/// Another arrow is a decision, and is written down here first.
const ROOMS: &[(&str, &str)] = &[
    (
        "verbs",
        "account audit choose claims complete config context doctor error help interrupts login names oauth paths process provider rules session store term token_set variables vault words",
    ),
    (
        "doctor",
        "account audit choose complete config error login names oauth owners paths provider rules session store term vault",
    ),
    (
        "choose",
        "account config error names provider rules token_set vault",
    ),
    ("complete", "account help login names paths provider vault"),
    (
        "session",
        "account audit ci context error names oauth provider store term token_set vault",
    ),
    ("help", ""),
    (
        "login",
        "account audit ci claims config context error names oauth process provider store term token_set vault web words",
    ),
    ("ci", "account claims context error oauth process provider"),
    ("config", "error paths rules store toml_text"),
    ("claims", ""),
    (
        "context",
        "audit error interrupts oauth provider term vault",
    ),
    ("rules", "error names paths process toml_text"),
    ("audit", "error paths term"),
    ("oauth", "provider token_set web"),
    ("process", ""),
    (
        "vault",
        "account error interrupts names paths provider store token_set toml_text web",
    ),
    ("account", "provider store token_set"),
    ("term", "error interrupts words"),
    ("interrupts", "error"),
    ("provider", "error names paths toml_text variables web"),
    ("store", ""),
    ("toml_text", "error"),
    ("web", ""),
    ("owners", "error paths"),
    ("paths", "error"),
    ("error", ""),
    ("words", "token_set variables"),
    ("token_set", ""),
    ("variables", "names"),
    ("names", ""),
];

/// A room's source files: tests are no part of the picture.
fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let folder = path.parent().unwrap().file_name().unwrap();
        if !["tests", "fixture"].contains(&name) && folder != "tests" {
            found.push(path.to_owned());
        }
    }
}

/// The rooms that a text names as `crate::ROOM`, its comments and test modules apart.
fn imports(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<&str> = code.collect();
    code.join("\n")
        .split("crate::")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
        .filter(|room| !room.is_empty())
        .collect()
}

/// Each room and what it imports, as the source has it.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms = BTreeMap::new();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let room = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if ["main", "lib"].contains(&&*room) {
            continue;
        }
        let mut files = Vec::new();
        sources(&path, &mut files);
        let imported: &mut BTreeSet<String> = rooms.entry(room.clone()).or_default();
        for file in files {
            imported.extend(imports(&fs::read_to_string(file).unwrap()));
        }
        imported.remove(&room);
    }
    rooms
}

#[test]
fn every_room_imports_what_the_table_says_and_nothing_else() {
    let table: BTreeMap<String, BTreeSet<String>> = ROOMS
        .iter()
        .map(|(room, imports)| {
            let imports = imports.split_whitespace().map(str::to_owned);
            ((*room).to_owned(), imports.collect())
        })
        .collect();
    for (room, seen) in rooms() {
        let said = table.get(&room).cloned().unwrap_or_default();
        let new: Vec<&String> = seen.difference(&said).collect();
        let gone: Vec<&String> = said.difference(&seen).collect();
        assert!(
            table.contains_key(&room) && new.is_empty() && gone.is_empty(),
            "src/{room} imports {new:?} beyond its row, and no longer {gone:?}"
        );
    }
}

#[test]
fn nothing_imports_upwards() {
    let order: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (place, (room, imports)) in ROOMS.iter().enumerate() {
        for import in imports.split_whitespace() {
            let at = order.iter().position(|known| *known == import);
            assert!(
                at.is_some_and(|at| at > place),
                "{room} imports {import}, which stands above it or nowhere"
            );
        }
    }
}

#[test]
fn paths_are_read_where_they_stand() {
    let text = "//! crate::comment\nuse crate::one::Two;\nfn f() { crate::three_four::five() }\n\
                #[cfg(test)]\nmod tests {\n    use crate::six;\n}\n";
    let seen: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(seen, ["one", "three_four"]);
}
