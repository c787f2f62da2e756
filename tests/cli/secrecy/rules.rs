//! Secrets in a rule file, in the rules of `config.toml` and in the remotes of a repository, where none belongs.

use std::process::Command;

use super::*;

/// The verbs that a folder chooses for.
const VERBS: [&[&str]; 12] = [
    &["which"],
    &["which", "acme"],
    &["token", "acme"],
    &["export"],
    &["exec", "acme", "--", "true"],
    &["check"],
    &["whoami", "acme"],
    &["refresh", "acme"],
    &["logout", "acme", "--local"],
    &["use", "acme/julien"],
    &["use", "acme/julien", "--here"],
    &["use", "--trust"],
];

#[test]
fn what_stands_in_the_wrong_place_is_not_repeated() {
    let r = &mut Round::new(Home::new());
    r.run(well, &["login", "acme"]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join(".keyfob.toml");
    for text in [
        format!("token = '{MARK}x'\n"),
        format!("accounts = '{MARK}x'\n"),
        format!("accounts = ['acme/{MARK}x']\n"),
        format!("accounts = ['acme/julien', '{MARK}x/julien']\n"),
        format!("accounts = ['{MARK}"),
        format!("{MARK}x\n"),
        format!("{MARK}x: 1\n"),
    ] {
        std::fs::write(&file, &text).expect("a file");
        in_every_manner(r, elsewhere.path());
        let left = std::fs::read_to_string(&file).expect("it is left");
        assert_eq!(left, text);
    }
    std::fs::remove_file(&file).expect("it is there");
    for rule in [
        format!("path = '{MARK}x'\naccounts = []"),
        format!("path = '~/x'\naccounts = ['acme/{MARK}x']"),
        format!("remote = 'https://x:{MARK}x@git.example'\naccounts = []"),
    ] {
        let config = r.home.path("config/config.toml");
        std::fs::write(&config, format!("[[rules]]\n{rule}\n")).expect("a file");
        in_every_manner(r, elsewhere.path());
        std::fs::remove_file(config).expect("it is there");
    }
    r.judge();
}

#[test]
fn a_password_in_a_remote_is_not_repeated() {
    let r = &mut Round::new(Home::new());
    r.run(well, &["login", "acme"]);
    let rule = "[[rules]]\nremote = 'git.example/acme'\naccounts = ['acme/julien']\n";
    r.home.write("config/config.toml", rule);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let url = format!("https://x:{MARK}x@git.example/acme/model.git");
    for line in [&["init", "-q"][..], &["remote", "add", "origin", &url]] {
        let mut git = Command::new("git");
        let git = git.args(line).current_dir(elsewhere.path());
        assert!(git.status().expect("git starts").success());
    }
    in_every_manner(r, elsewhere.path());
    let trusted = r.home.path("state/trust");
    assert!(trusted.exists(), "it was accepted");
    in_every_manner(r, elsewhere.path());
    r.judge();
}

/// Runs every verb in a folder, however it ends.
fn in_every_manner(r: &mut Round, folder: &std::path::Path) {
    for verb in VERBS {
        for manner in MANNERS {
            let args = in_manner(verb, manner);
            let mut command = r.home.keyfob(&args);
            let run = command.current_dir(folder).output().expect("keyfob starts");
            r.hear(&args, Run::of(run));
        }
    }
}
