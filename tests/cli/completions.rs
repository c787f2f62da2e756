//! `completions --install` and `--uninstall`: what happens to the files of a person's own. That the shells then
//! complete is seen in `tests/completion`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use keyfob_testkit::disk::SmallDisk;
use keyfob_testkit::home::{Home, Run};

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
fn a_linked_start_file_is_written_where_it_leads() {
    let home = Home::new();
    home.write("dotfiles/rc.elv", "use str\n");
    let file = home.path("dotfiles/rc.elv");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir_all(home.path(".config/elvish")).unwrap();
    symlink("../../dotfiles/rc.elv", home.path(RC)).unwrap();
    home.run(&INSTALL).ok();
    assert!(home.path(RC).is_symlink());
    assert!(text(&home, "dotfiles/rc.elv").starts_with("use str\n\nif (has-external keyfob)"));
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
    home.run(&["completions", "elvish", "--uninstall"]).ok();
    assert!(home.path(RC).is_symlink());
    assert_eq!(text(&home, "dotfiles/rc.elv"), "use str\n");

    fs::remove_file(&file).unwrap();
    let run = home
        .run(&INSTALL)
        .fails(1, &["rc.elv", "add this line to it yourself"]);
    assert!(
        run.stderr.contains("eval (keyfob completions elvish"),
        "{run:?}"
    );
    assert!(home.path(RC).is_symlink() && !file.exists());
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
        ("--uninstall", "did not write", "kept"),
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
    home.run(&INSTALL).ok();
    let old = text(&home, RC).replace("if (has-external keyfob) ", "");
    home.write(RC, &format!("{old}use str\n"));
    assert_eq!(
        changed(home.run(&[&INSTALL[..], &["--json"]].concat())).2,
        "renewed"
    );
    assert!(text(&home, RC).starts_with("if (has-external keyfob) "));
    assert!(text(&home, RC).ends_with("\nuse str\n"));
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
        (
            "powershell",
            "settings/powershell/Microsoft.PowerShell_profile.ps1",
        ),
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
    let profile = ".config/powershell/Microsoft.PowerShell_profile.ps1";
    home.write(profile, "");
    let utf16 = b"\xff\xfea\0";
    fs::write(home.path(profile), utf16).unwrap();
    let install = ["completions", "powershell", "--install"];
    home.run(&install)
        .fails(1, &["UTF-16", "Get-Command keyfob"]);
    assert_eq!(fs::read(home.path(profile)).unwrap(), utf16);

    fs::create_dir_all(home.path(RC)).unwrap();
    home.run(&INSTALL).fails(1, &["cannot read", "rc.elv"]);
    fs::remove_dir(home.path(RC)).unwrap();
    let large = "# a comment\n".repeat(500_000);
    home.write(RC, &large);
    home.run(&INSTALL).fails(1, &["larger than", "rc.elv"]);
    assert_eq!(text(&home, RC), large);
}

#[test]
fn a_disk_that_takes_nothing_costs_no_start_file() {
    let home = Home::new();
    let Some(disk) = SmallDisk::for_test(&home.path("")) else {
        return;
    };
    let before = "use str\n".repeat(500);
    home.write(RC, &before);
    disk.fill();
    home.run(&INSTALL)
        .fails(1, &["cannot write", "rc.elv", "add this line"]);
    home.run(&INSTALL_FISH)
        .fails(1, &["cannot write", "keyfob.fish", "prints what"]);
    assert_eq!(text(&home, RC), before);
    let left = fs::read_dir(home.path(".config/elvish")).unwrap().count();
    assert_eq!(left, 1, "nothing half-written");
    disk.empty();
    home.run(&INSTALL).ok();
    disk.freeze();
    home.run(&["completions", "elvish", "--uninstall"])
        .fails(1, &["cannot write", "rc.elv"]);
    home.run(&INSTALL_FISH)
        .fails(1, &["cannot write", "keyfob.fish"]);
    assert!(text(&home, RC).starts_with(&before));
}

#[test]
fn a_start_file_that_was_made_for_the_line_goes_with_it() {
    let home = Home::new();
    let (install, uninstall) = ("--install", "--uninstall");
    let run = |flag: &str| home.run(&["completions", "elvish", flag]).ok().stderr;
    let file = ".config/elvish/rc.elv";
    run(install);
    assert!(home.path(file).exists());
    assert!(run(uninstall).contains("removed "), "the whole file");
    assert!(!home.path(file).exists());
    for theirs in ["", "x = 1\n"] {
        home.write(file, theirs);
        run(install);
        run(uninstall);
        assert_eq!(std::fs::read_to_string(home.path(file)).unwrap(), theirs);
    }
    std::fs::remove_file(home.path(file)).unwrap();
    run(install);
    let made = std::fs::read_to_string(home.path(file)).unwrap();
    home.write(file, &format!("{made}x = 1\n"));
    run(uninstall);
    assert_eq!(std::fs::read_to_string(home.path(file)).unwrap(), "x = 1\n");
}
