//! JSON, read by another program.

use crate::program::program;
use crate::tokens::{Tokens, nasty};
use keyfob_testkit::home::Run;

#[test]
fn python_reads_every_token() {
    let Some(python) = program("python3") else {
        return;
    };
    let tokens = Tokens::hold(&nasty());
    let json = tokens.export("json").ok().stdout;
    assert_eq!(json.lines().count(), 1);
    tokens.home.write("tokens.json", &json);
    let show = "import json; d = json.load(open('tokens.json')); \
                print(*(k + '=' + v for k, v in d.items()), sep='\\0', end='\\0')";
    let output = tokens.command(&python).args(["-c", show]).output();
    let run = Run::of(output.unwrap()).ok();
    let read: Vec<(&str, &str)> = run
        .stdout
        .split_terminator('\0')
        .filter_map(|member| member.split_once('='))
        .collect();
    assert_eq!(read.len(), tokens.variables().len());
    for (variable, token) in tokens.variables() {
        assert!(
            read.contains(&(variable.as_str(), token.as_str())),
            "{variable}"
        );
    }
}
