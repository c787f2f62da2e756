//! What the README shows: its commands are ones that keyfob takes, and its table of providers is theirs.

use clap::Parser;
use keyfob::verbs::Cli;
use serde_json::Value;

use keyfob_testkit::home::Home;

const README: &str = include_str!("../../README.md");

/// What stands in fenced blocks, a line each.
fn shown() -> impl Iterator<Item = &'static str> {
    let mut inside = false;
    README.lines().filter(move |line| {
        if line.starts_with("```") {
            inside = !inside;
            return false;
        }
        inside
    })
}

/// What stands between backticks in the running text.
fn quoted() -> impl Iterator<Item = &'static str> {
    let text = README.lines().filter(|line| !line.starts_with("```"));
    text.flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The words of each `keyfob …` in a line of shell, without what is round it.
fn commands(line: &str) -> Vec<Vec<String>> {
    let starts = line.match_indices("keyfob ").filter(|(at, _)| {
        let before = &line[..*at];
        before.is_empty() || before.ends_with(['$', '(', ' ']) && !before.ends_with("install ")
    });
    let texts = starts.map(|(at, _)| {
        let rest = &line[at..];
        let end = [')', '|', '>', '#']
            .into_iter()
            .filter_map(|c| rest.find(c));
        rest[..end.min().unwrap_or(rest.len())].trim()
    });
    texts.filter_map(shlex::split).collect()
}

#[test]
fn every_command_is_one() {
    let lines = shown().chain(quoted().filter(|text| text.starts_with("keyfob ")));
    let commands: Vec<_> = lines.flat_map(commands).collect();
    assert!(commands.len() > 40, "{commands:?}");
    for words in commands {
        if words.contains(&"…".to_owned()) || words.len() < 2 {
            continue;
        }
        if let Err(wrong) = Cli::try_parse_from(&words) {
            panic!("{words:?}: {wrong}");
        }
    }
}

#[test]
fn the_table_of_providers_is_true() {
    let rows: Vec<Vec<&str>> = README
        .lines()
        .skip_while(|line| !line.starts_with("| provider |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let home = Home::new();
    let answer = home.run(&["provider", "list", "--json"]).ok().json();
    let names: Vec<_> = answer["providers"].as_array().unwrap().iter().collect();
    assert_eq!(rows.len(), names.len());
    for (row, listed) in rows.iter().zip(names) {
        let [name, needs, ways, revokes] = row[..] else {
            panic!("{row:?}");
        };
        let name = name.trim_matches('`');
        assert_eq!(name, listed["name"]);
        let shown = home.run(&["provider", "show", name, "--json"]).ok().json();
        for need in listed["needs"].as_array().unwrap() {
            let need = need.as_str().unwrap().trim_start_matches("client_");
            let need = if need == "id" { "client id" } else { need };
            assert!(needs.contains(need), "{name} needs {need}");
        }
        let definition = &shown["definition"];
        let loopback = definition["redirect"]["no_loopback"] != true;
        assert_eq!(ways.contains("browser"), loopback, "{name}");
        let has = |key: &str| definition[key] != Value::Null;
        let said_by_metadata =
            definition["discovery"] == true && has("issuer") || name == "sandbox";
        for (key, said) in [
            ("device_authorization_endpoint", ways.contains("device")),
            ("revocation_endpoint", revokes.starts_with("yes")),
        ] {
            assert!(said || !has(key), "{name} has a {key}");
            assert!(!said || has(key) || said_by_metadata, "{name} has no {key}");
        }
    }
}
