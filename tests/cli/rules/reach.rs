//! How far up a rule file is looked for: to the end of the repository, or of the home, and no higher.

use super::*;

/// A home inside a larger folder, with accounts, and rule files that were accepted all the way up.
fn nested() -> (Home, Provider) {
    let (mut home, provider) = two();
    let inner = home.path("inner");
    std::fs::create_dir_all(&inner).unwrap();
    for folder in [".", "inner", "inner/src", "outer"] {
        home.set("HOME", home.path("").display().to_string());
        home.rule(folder, WORK);
        home.run_in(folder, &["use", "--trust"]).ok();
    }
    home.set("HOME", inner.display().to_string());
    (home, provider)
}

fn remove(home: &Home, folder: &str) {
    std::fs::remove_file(home.path(folder).join(".keyfob.toml")).unwrap();
}

#[test]
fn the_home_is_the_end_and_its_own_file_holds() {
    let (home, _provider) = nested();
    home.assert_chosen("inner/src/deep", "acme/work", "directory");
    remove(&home, "inner/src");
    home.assert_chosen("inner/src/deep", "acme/work", "directory");
    remove(&home, "inner");
    home.assert_chosen("inner/src/deep", "acme/julien", "default");
    home.assert_chosen("inner", "acme/julien", "default");
    home.assert_chosen(".", "acme/work", "directory"); // above the home: that folder alone
}

#[test]
fn a_repository_is_the_end_and_its_own_file_holds() {
    let (home, _provider) = nested();
    home.repository("inner/src/clone");
    home.assert_chosen("inner/src/clone/deep", "acme/julien", "default");
    home.assert_chosen("inner/src/clone", "acme/julien", "default");
    home.run_in("inner/src/clone", &["use", "acme/work", "--here"])
        .ok();
    home.assert_chosen("inner/src/clone/deep", "acme/work", "directory");
    for git in ["worktree/.git", "inner/src/module/.git"] {
        home.write(git, "gitdir: elsewhere\n"); // as a worktree and a submodule have it
    }
    home.assert_chosen("inner/src/module/deep", "acme/julien", "default");
    home.rule("worktree", WORK);
    home.run_in("worktree", &["use", "--trust"]).ok();
    home.assert_chosen("worktree/deep/er", "acme/work", "directory");
}

/// As `/tmp`, whose files may be anybody's.
#[test]
fn within_neither_a_parent_has_no_say() {
    let (home, _provider) = nested();
    home.assert_chosen("outer", "acme/work", "directory");
    home.assert_chosen("outer/deep", "acme/julien", "default");
    let run = home
        .run_in("outer/deep", &["use", "acme/work", "--here"])
        .ok();
    assert!(run.stderr.contains("in this folder alone"), "{run:?}");
    home.assert_chosen("outer/deep", "acme/work", "directory");
    home.assert_chosen("outer/deep/er", "acme/julien", "default");
    home.repository("outer");
    home.assert_chosen("outer/other", "acme/work", "directory");
    home.repository("."); // the repository is the end, not the highest one
    remove(&home, "outer");
    home.assert_chosen("outer/other", "acme/julien", "default");
}

#[test]
fn a_home_that_cannot_be_told_leaves_the_folder_and_the_repository() {
    let (mut home, _provider) = nested();
    for unknown in ["", "relative", "/nowhere/at/all"] {
        home.set("HOME", unknown);
        home.assert_chosen("inner/src", "acme/work", "directory");
        home.assert_chosen("inner/src/deep", "acme/julien", "default");
    }
}

#[test]
fn the_nearest_that_names_the_provider_counts() {
    let (home, _provider) = two();
    home.rule(".", "accounts = ['acme/work']\n");
    home.rule("src", "accounts = ['sandbox/ada']\n");
    home.run_in("src", &["use", "--trust"]).ok();
    home.assert_chosen("src", "acme/work", "directory");
    home.run_in("src", &["use", "acme/julien", "--here"]).ok();
    home.assert_chosen("src/deep", "acme/julien", "directory");
    home.assert_chosen("other", "acme/work", "directory");
    home.rule(".", "nonsense"); // has no say where a nearer one decides
    home.assert_chosen("src", "acme/julien", "directory");
    home.run_in("src", &["token", "sandbox"])
        .fails(2, &["sandbox/ada"]);
    home.run_in("other", &["token", "acme"])
        .fails(1, &[".keyfob.toml:1:"]);
}

#[cfg(unix)]
#[test]
fn a_link_on_the_way_is_followed_to_where_the_folder_is() {
    use std::os::unix::fs::symlink;
    let (home, _provider) = two();
    home.run_in("src", &["use", "acme/work", "--here"]).ok();
    std::fs::create_dir_all(home.path("elsewhere/deep")).unwrap();
    symlink(home.path("elsewhere/deep"), home.path("src/link")).unwrap();
    symlink(home.path("src"), home.path("elsewhere/back")).unwrap();
    home.assert_chosen("src/link", "acme/julien", "default");
    home.assert_chosen("elsewhere/back", "acme/work", "directory");

    let mut linked = home.copy();
    symlink(home.path(""), linked.path("home")).unwrap();
    linked.set("HOME", linked.path("home").display().to_string());
    linked.set("KEYFOB_HOME", home.path("").display().to_string());
    let which = ["which", "acme", "--json"];
    let run = linked.run_at(&home.path("src"), &which).ok();
    assert_eq!(run.json()["reason"], "directory", "a home that is a link");
    home.write(
        "config/config.toml",
        "[[rules]]\npath = '~/elsewhere/back'\naccounts = ['acme/work']\n",
    );
    std::fs::remove_file(home.path("src/.keyfob.toml")).unwrap();
    home.assert_chosen("src", "acme/work", "directory"); // the same for a path that was written
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_gone_chooses_nothing_and_nobody_guesses_what_it_would_have() {
    let (home, _provider) = two();
    let line = "mkdir gone && cd gone && rmdir ../gone && keyfob which acme";
    let gone = || {
        let mut command = home.shell_command(line);
        Run::of(command.current_dir(home.path("")).output().expect("sh"))
    };
    assert_eq!(
        gone().ok().stdout,
        "acme/julien: it is the default of acme\n"
    );
    home.run_in("src", &["use", "acme/work", "--here"]).ok();
    gone().fails(1, &["which folder", "PROVIDER/NAME"]);
    std::fs::remove_dir_all(home.path("state/trust")).unwrap();
    home.write(
        "config/config.toml",
        "[[rules]]\npath = '~'\naccounts = ['acme/work']\n",
    );
    gone().fails(1, &["which folder"]);
    let line = line.replace("which acme", "which acme/work");
    let mut command = home.shell_command(&line);
    Run::of(command.current_dir(home.path("")).output().expect("sh")).ok();
}
