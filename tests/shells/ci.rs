//! The file of GitHub's runner, read as its documentation has it: `NAME<<DELIMITER`, lines, `DELIMITER`.

use std::collections::BTreeMap;

use crate::tokens::{Tokens, nasty};
use keyfob_testkit::home::Run;

/// What the runner makes of its file; a line that it cannot read fails the step.
fn parse(file: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        let equals = line.find('=').unwrap_or(usize::MAX);
        let heredoc = line.find("<<").unwrap_or(usize::MAX);
        if line.is_empty() {
            continue;
        }
        assert_ne!(equals, heredoc, "no assignment: {line}");
        if equals < heredoc {
            variables.insert(line[..equals].to_owned(), line[equals + 1..].to_owned());
            continue;
        }
        let (name, delimiter) = (&line[..heredoc], &line[heredoc + 2..]);
        assert!(!name.is_empty() && !delimiter.is_empty(), "{line}");
        let mut value = Vec::new();
        loop {
            match lines.next().expect("the delimiter comes") {
                line if line == delimiter => break,
                line => value.push(line),
            }
        }
        variables.insert(name.to_owned(), value.join("\n"));
    }
    variables
}

#[test]
fn the_runner_masks_and_sets_every_token() {
    let mut tokens = Tokens::hold(&nasty());
    for (variable, flags) in [
        ("GITHUB_ENV", &[][..]),
        ("GITHUB_OUTPUT", &["--output"][..]),
    ] {
        tokens.home.write("runner", "BEFORE=kept\nLAST=kept too"); // the last line has no end
        let path = tokens.home.path("runner").display().to_string();
        tokens.home.set(variable, path);
        let accounts = tokens.accounts();
        let mut args = vec!["export", "--format", "github"];
        args.extend(flags);
        args.extend(accounts.iter().map(String::as_str));
        let run: Run = tokens.home.run(&args).ok();

        let masked: Vec<String> = run
            .stdout
            .lines()
            .map(|line| line.strip_prefix("::add-mask::").expect("masks alone"))
            .map(|data| {
                data.replace("%0D", "\r")
                    .replace("%0A", "\n")
                    .replace("%25", "%")
            })
            .collect();
        let held: Vec<String> = tokens.variables().into_values().collect();
        assert_eq!(masked.len(), held.len());
        assert!(
            held.iter().all(|token| masked.contains(token)),
            "{masked:?}"
        );

        let file = std::fs::read_to_string(tokens.home.path("runner")).unwrap();
        let mut set = parse(&file);
        assert_eq!(set.remove("BEFORE").as_deref(), Some("kept"));
        assert_eq!(set.remove("LAST").as_deref(), Some("kept too"));
        assert_eq!(set, tokens.variables());
        tokens.home.unset(variable);
    }
}
