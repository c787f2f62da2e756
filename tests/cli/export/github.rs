//! `export --format github`: masks first, then a file of the runner's, or nothing at all.

use std::path::PathBuf;

use super::{put, refused};
use crate::vault::HomeVault as _;
use keyfob_testkit::home::{Home, Run};
use keyfob_testkit::provider::{MARK, Provider};
use keyfob_testkit::scene::signed_in;

/// Somebody signed in, in a step whose files are empty.
fn step() -> (Home, Provider) {
    let (mut home, provider) = signed_in();
    for (variable, file) in [("GITHUB_ENV", "env"), ("GITHUB_OUTPUT", "output")] {
        home.write(file, "");
        home.set(variable, path(&home, file).display().to_string());
    }
    (home, provider)
}

fn path(home: &Home, file: &str) -> PathBuf {
    home.path(file)
}

fn read(home: &Home, file: &str) -> String {
    std::fs::read_to_string(path(home, file)).unwrap()
}

const EXPORT: [&str; 3] = ["export", "--format", "github"];

#[test]
fn the_value_is_masked_and_set_for_later_steps() {
    let (home, _provider) = step();
    let token = format!("{MARK}access-0002");
    let run = home.run(&EXPORT).ok();
    assert_eq!(run.stdout, format!("::add-mask::{token}\n"));
    assert_eq!(run.stderr, "");
    let file = read(&home, "env");
    let delimiter = file.lines().last().unwrap();
    assert_eq!(
        file,
        format!("ACME_TOKEN<<{delimiter}\n{token}\n{delimiter}\n")
    );
    assert_eq!(delimiter.len(), 32);
    assert_eq!(read(&home, "output"), "");

    home.run(&[&EXPORT[..], &["--output", "--name", "token"]].concat())
        .ok();
    assert!(read(&home, "output").starts_with("token<<"));
    assert_eq!(read(&home, "env"), file);

    home.run(&EXPORT).ok();
    let both = read(&home, "env");
    assert!(both.starts_with(&file), "the first record stays");
    assert_ne!(
        both.lines().last().unwrap(),
        delimiter,
        "delimiters are random"
    );
}

#[test]
fn a_percent_sign_is_escaped_in_the_mask_alone() {
    let (home, _provider) = step();
    put(&home, "acme/julien", "a%0Ab");
    assert_eq!(home.run(&EXPORT).ok().stdout, "::add-mask::a%250Ab\n");
    assert!(read(&home, "env").contains("\na%0Ab\n"));
}

#[test]
fn a_last_line_without_an_end_is_ended_first() {
    let (home, _provider) = step();
    home.write("env", "A=1");
    home.run(&EXPORT).ok();
    assert!(read(&home, "env").starts_with("A=1\nACME_TOKEN<<"));
    home.write("env", "A=1\n");
    home.run(&EXPORT).ok();
    assert!(read(&home, "env").starts_with("A=1\nACME_TOKEN<<"));
}

#[test]
fn without_the_runners_file_nothing_is_printed() {
    let (mut home, provider) = step();
    home.later("acme/julien", 3600);
    home.write("folder/a", "");
    for bad in ["folder", "missing", "folder/a/b"] {
        home.set("GITHUB_ENV", path(&home, bad).display().to_string());
        refused(
            home.run(&EXPORT),
            1,
            &["cannot append to the file that GITHUB_ENV names"],
        );
    }
    home.set("GITHUB_ENV", "");
    refused(
        home.run(&EXPORT),
        2,
        &["GITHUB_ENV is not set", "`--format sh`"],
    );
    home.unset("GITHUB_ENV");
    refused(home.run(&EXPORT), 2, &["GITHUB_ENV is not set"]);
    home.unset("GITHUB_OUTPUT");
    let output = [&EXPORT[..], &["--output"]].concat();
    refused(home.run(&output), 2, &["GITHUB_OUTPUT is not set"]);
    assert_eq!(
        provider.asked("/token").len(),
        1,
        "no token was got in vain"
    );
}

#[test]
#[cfg(unix)]
fn a_link_or_a_pipe_is_not_taken_for_the_runners_file() {
    let (mut home, _provider) = step();
    home.write("elsewhere", "mine\n");
    std::os::unix::fs::symlink(path(&home, "elsewhere"), path(&home, "link")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(path(&home, "pipe"))
        .status();
    assert!(made.unwrap().success());
    for bad in ["link", "pipe"] {
        home.set("GITHUB_ENV", path(&home, bad).display().to_string());
        refused(home.run(&EXPORT), 1, &["not a regular file"]);
    }
    assert_eq!(read(&home, "elsewhere"), "mine\n");
}

#[test]
fn the_runners_own_variables_are_refused() {
    let (home, _provider) = step();
    for name in [
        "GITHUB_TOKEN",
        "RUNNER_TEMP",
        "CI",
        "NODE_OPTIONS",
        "node_options",
    ] {
        let named = [&EXPORT[..], &["--name", name]].concat();
        refused(home.run(&named), 2, &[name, "`--name VAR`"]);
        home.run(&[&named[..], &["--output"]].concat()).ok();
    }
    assert_eq!(read(&home, "env"), "");

    let usual = "[environment]\nvariables = [\"GITHUB_TOKEN\"]\n";
    let (mut home, provider) = signed_in();
    home.provider("acme", &provider.definition(usual));
    home.write("env", "");
    home.set("GITHUB_ENV", path(&home, "env").display().to_string());
    refused(
        home.run(&EXPORT),
        1,
        &["acme.toml", "`environment.variables`"],
    );
}

#[test]
#[cfg(unix)]
fn masks_that_reach_nobody_leave_the_file_alone() {
    let (home, _provider) = step();
    for lost in [">/dev/null", ">&-", ">/dev/full"] {
        home.shell(&format!("keyfob export --format github {lost}"))
            .fails(1, &["mask", "nothing was set"]);
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = home.keyfob(&EXPORT).stdout(writer).output();
    Run::of(output.expect("keyfob starts")).fails(1, &["nothing was set"]);
    assert_eq!(read(&home, "env"), "");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_file_as_it_was() {
    let (mut home, _provider) = step();
    std::fs::create_dir(path(&home, "runner")).unwrap();
    let Some(disk) = keyfob_testkit::disk::SmallDisk::for_test(&path(&home, "runner")) else {
        return;
    };
    home.write("runner/env", "A=1");
    home.set(
        "GITHUB_ENV",
        path(&home, "runner/env").display().to_string(),
    );
    put(
        &home,
        "acme/julien",
        &format!("{MARK}{}", "a".repeat(16_000)),
    );
    disk.fill();
    let run = home.run(&EXPORT).fails(1, &["cannot append", "GITHUB_ENV"]);
    assert!(
        run.stdout.starts_with("::add-mask::"),
        "what is masked stays masked"
    );
    assert_eq!(read(&home, "runner/env"), "A=1");
}

#[test]
fn nothing_is_masked_where_the_tokens_do_not_come() {
    let (home, _provider) = step();
    refused(
        home.run(&[&EXPORT[..], &["acme", "github"]].concat()),
        4,
        &["github"],
    );
    assert_eq!(read(&home, "env"), "");
}
