//! `completions --install` and `--uninstall`: what becomes of the files of a person's own. That the shells then
//! complete is seen in `tests/completion`.

use std::fs;
use std::path::PathBuf;

use keyfob_testkit::disk::SmallDisk;
use keyfob_testkit::home::{Home, Run, skip};

const RC: &str = ".config/elvish/rc.elv";
const FILE: &str = ".config/fish/completions/keyfob.fish";

const INSTALL: [&str; 3] = ["completions", "elvish", "--install"];
const INSTALL_FISH: [&str; 3] = ["completions", "fish", "--install"];

fn text(home: &Home, file: &str) -> String {
    fs::read_to_string(home.path(file)).unwrap()
}

/// The one file that an answer names, and what was done to it.
#[track_caller]
fn changed(run: Run) -> (PathBuf, String, String) {
    let answer = run.ok().json();
    let file = &answer["files"][0];
    let member = |name: &str| file[name].as_str().unwrap().to_owned();
    (member("file").into(), member("part"), member("result"))
}

#[test]
fn what_is_done_is_answered_in_json() {
    let home = Home::new();
    let file = home.path(FILE);
    for (flag, result) in [
        ("--install", "added"),
        ("--install", "unchanged"),
        ("--uninstall", "removed"),
    ] {
        let run = home.run(&["completions", "fish", flag, "--json", "-q"]);
        assert_eq!(changed(run), (file.clone(), "whole".into(), result.into()));
    }
    let run = home
        .run(&["completions", "fish", "--uninstall", "--json"])
        .ok();
    assert_eq!(run.stdout, "{\"shell\":\"fish\",\"files\":[]}\n");
    assert!(!file.exists());
}

#[test]
fn a_shell_that_is_being_asked_changes_nothing() {
    let mut home = Home::new();
    home.run(&INSTALL_FISH).ok();
    home.set("KEYFOB_ASKED", "1");
    for args in [&INSTALL, &["completions", "fish", "--uninstall"]] {
        let run = home.run(&[&args[..], &["--json"]].concat()).ok();
        assert!(run.stdout.ends_with(",\"files\":[]}\n"), "{run:?}");
        assert!(run.stderr.contains("KEYFOB_ASKED is set"), "{run:?}");
    }
    assert!(!home.path(RC).exists() && home.path(FILE).exists());
}

#[test]
fn a_start_file_is_the_persons_and_the_line_for_it_is_said() {
    let home = Home::new();
    for before in [None, Some("use str\n")] {
        if let Some(before) = before {
            home.write(RC, before);
        }
        let run = home.run(&INSTALL).ok();
        assert!(
            run.line()
                .starts_with("if (has-external keyfob) { eval (keyfob completions")
        );
        let words = format!("add this line to {}:", home.path(RC).display());
        assert!(run.stderr.contains(&words), "{run:?}");
        assert!(!run.stderr.contains("a new elvish"), "{run:?}");
        let after = fs::read_to_string(home.path(RC)).ok();
        assert_eq!(after.as_deref(), before);
    }
    let wanted = home.run(&[&INSTALL[..], &["--json"]].concat()).ok().json();
    let line = wanted["files"][0]["line"].as_str().unwrap();
    assert_eq!(wanted["files"][0]["result"], "wanted");

    let with_it = format!("use str\n{line}\n");
    home.write(RC, &with_it);
    let (file, part, result) = changed(home.run(&[&INSTALL[..], &["--json"]].concat()));
    assert_eq!(
        (file, &*part, &*result),
        (home.path(RC), "line", "unchanged")
    );
    let uninstall = ["completions", "elvish", "--uninstall", "--json"];
    let kept = home.run(&uninstall).ok().json();
    assert_eq!(kept["files"][0]["result"], "kept");
    assert_eq!(kept["files"][0]["line"], line);
    assert_eq!(text(&home, RC), with_it);
}

#[test]
fn what_is_not_keyfobs_is_left_alone() {
    let home = Home::new();
    home.write(FILE, "complete -c keyfob -a mine\n");
    home.run(&INSTALL_FISH)
        .fails(1, &["keyfob.fish is not keyfob's", "move it away"]);
    home.run(&["completions", "fish", "--uninstall"]).ok();
    assert_eq!(text(&home, FILE), "complete -c keyfob -a mine\n");

    let theirs = "eval (keyfob completions elvish | slurp)\n";
    home.write(RC, theirs);
    let run = home.run(&INSTALL).ok();
    assert!(run.stderr.contains("already"), "{run:?}");
    home.run(&["completions", "elvish", "--uninstall"]).ok();
    assert_eq!(text(&home, RC), theirs);
}

#[test]
fn a_file_that_a_person_wrote_and_that_asks_keyfob_is_theirs() {
    let home = Home::new();
    let theirs = "complete -c kf -w keyfob\nkeyfob completions fish | source\n";
    home.write(FILE, theirs);
    for (flag, words, result) in [
        ("--install", "a line of ", "unchanged"),
        ("--uninstall", "remove this line", "kept"),
    ] {
        let run = home.run(&["completions", "fish", flag, "--json"]);
        assert!(run.stderr.contains(words), "{run:?}");
        assert_eq!(
            changed(run),
            (home.path(FILE), "line".into(), result.into())
        );
        assert_eq!(text(&home, FILE), theirs);
    }
    home.write(FILE, "alias kc 'keyfob completions fish --install'\n");
    home.run(&INSTALL_FISH).fails(1, &["is not keyfob's"]);
}

#[test]
fn a_script_of_another_version_is_renewed() {
    let home = Home::new();
    let script = home.run(&["completions", "fish"]).ok().stdout;
    home.write(FILE, &script);
    assert_eq!(
        changed(home.run(&[&INSTALL_FISH[..], &["--json"]].concat())).2,
        "renewed"
    );
    assert!(text(&home, FILE).len() < script.len());
}

#[test]
fn a_package_has_done_it_already() {
    let mut home = Home::new();
    home.write("share/fish/vendor_completions.d/keyfob.fish", "");
    home.set("XDG_DATA_DIRS", home.path("share").to_str().unwrap());
    let (file, _, result) = changed(home.run(&[&INSTALL_FISH[..], &["--json"]].concat()));
    assert!(file.starts_with(home.path("share")));
    assert_eq!(result, "unchanged");
    assert!(!home.path(FILE).exists());
}

#[test]
fn the_folder_of_the_platform_is_where_the_variables_say() {
    let mut home = Home::new();
    home.set("XDG_CONFIG_HOME", home.path("settings").to_str().unwrap());
    let named = |shell: &str, home: &Home| {
        changed(home.run(&["completions", shell, "--install", "--json"])).0
    };
    for (shell, file) in [
        ("fish", "settings/fish/completions/keyfob.fish"),
        ("elvish", "settings/elvish/rc.elv"),
        ("nushell", "settings/nushell/autoload/keyfob.nu"),
    ] {
        assert_eq!(named(shell, &home), home.path(file));
    }
    home.set("XDG_CONFIG_HOME", "relative");
    home.write(".elvish/rc.elv", "");
    assert_eq!(named("elvish", &home), home.path(".elvish/rc.elv"));
    assert_eq!(named("fish", &home), home.path(FILE));
}

#[test]
fn a_shell_that_is_not_named_is_the_one_it_was_typed_in() {
    let mut home = Home::new();
    home.set("SHELL", "/usr/bin/elvish");
    let run = home.run(&["completions", "--install", "--json"]).ok();
    assert_eq!(run.json()["shell"], "elvish");
    home.set("SHELL", "/usr/bin/tcsh");
    home.run(&["completions", "--install"])
        .fails(2, &["in which shell", "name the shell"]);
    for wrong in [
        &["completions"][..],
        &["completions", "bash", "--install", "--uninstall"],
    ] {
        assert_eq!(home.run(wrong).status, 2);
    }
}

#[test]
fn a_program_that_is_not_on_the_path_is_said() {
    let mut home = Home::new();
    home.set("PATH", "/nowhere");
    let run = home.run(&INSTALL_FISH).ok();
    assert!(run.stderr.contains("`keyfob` is not on PATH"), "{run:?}");
}

#[test]
fn a_strange_start_file_is_left_alone() {
    let home = Home::new();
    fs::create_dir_all(home.path(RC)).unwrap();
    home.run(&INSTALL).fails(1, &["cannot read", "rc.elv"]);
    fs::remove_dir(home.path(RC)).unwrap();
    let large = "# a comment\n".repeat(500_000);
    home.write(RC, &large);
    home.run(&INSTALL).fails(1, &["larger than", "rc.elv"]);
    assert_eq!(text(&home, RC), large);
}

#[test]
fn a_disk_that_takes_nothing_is_said() {
    let home = Home::new();
    let Some(disk) = SmallDisk::over(&home.path("")) else {
        let test = "a_disk_that_takes_nothing_is_said";
        return skip(test, "the right to mount a tmpfs");
    };
    disk.fill();
    home.run(&INSTALL_FISH)
        .fails(1, &["cannot write", "keyfob.fish", "prints what"]);
    let folder = home.path(FILE).parent().unwrap().to_owned();
    let left = fs::read_dir(folder).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing half-written");
    disk.empty();
    home.run(&INSTALL_FISH).ok();
    let installed = text(&home, FILE);
    disk.freeze();
    home.run(&["completions", "fish", "--uninstall"])
        .fails(1, &["cannot remove", "keyfob.fish"]);
    assert_eq!(text(&home, FILE), installed);
}
