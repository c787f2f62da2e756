//! Rules by remote: for repositories with such a remote, once one was accepted as what it says it is.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::*;
use keyfob_testkit::needs::skip;

const CONFIG: &str = "[[rules]]\nremote = 'git.example/acme'\naccounts = ['acme/work']\n";

/// Two accounts, and a rule for repositories of `git.example/acme`.
fn scene() -> (Home, Provider) {
    let (home, provider) = two();
    home.write("config/config.toml", CONFIG);
    (home, provider)
}

/// Runs git without what the machine says to it.
#[track_caller]
fn git(home: &Home, folder: &str, line: &str) {
    std::fs::create_dir_all(home.path(folder)).unwrap();
    let run = Command::new("git")
        .args(line.split(' '))
        .current_dir(home.path(folder))
        .env("HOME", home.path(""))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git starts");
    assert!(run.status.success(), "git {line}: {run:?}");
}

/// A repository that says it is of `git.example/acme`.
fn clone(home: &Home, folder: &str) {
    git(home, folder, "init -q");
    git(
        home,
        folder,
        "remote add origin git@git.example:acme/model.git",
    );
}

/// A program called git, before the real one on the PATH.
fn another_git(home: &mut Home, script: &str) {
    let bin = home.path("bin");
    home.write("bin/git", &format!("#!/bin/sh\n{script}\n"));
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(bin.join("git"), all).unwrap();
    let path = std::env::var("PATH").unwrap();
    home.set("PATH", format!("{}:{path}", bin.display()));
}

#[test]
fn a_repository_is_chosen_for_once_it_was_accepted() {
    let (home, _provider) = scene();
    clone(&home, "clone");
    for args in USING {
        home.run_in("clone/deep", args).fails(
            1,
            &[
                "the rule for `git.example/acme` in ",
                "names acme/work",
                "clone was not accepted as such a repository",
                "`keyfob use --trust`",
            ],
        );
    }
    home.run_in("clone", &["token", "acme/julien"]).ok();
    home.assert_chosen("other", "acme/julien", "default");
    let run = home.run_in("clone/deep", &["use", "--trust"]).ok();
    let root = home.path("clone").display().to_string();
    let said = format!("accepted {root} as git.example/acme/model: acme/work\n");
    assert_eq!(run.stderr, said);
    home.assert_chosen("clone/deep", "acme/work", "directory");
    let run = home.run_in("clone", &["which"]).ok();
    assert!(
        run.stdout.contains("the rule for `git.example/acme` in "),
        "{run:?}"
    );
    let run = home.run_in("clone", &["use", "--trust"]).ok();
    assert_eq!(run.stderr, format!("{root} is accepted already\n"));

    git(
        &home,
        "clone",
        "remote add fork https://git.example/ada/model",
    );
    git(
        &home,
        "clone",
        "remote set-url origin https://x:y@git.example/Acme/model/",
    );
    home.assert_chosen("clone", "acme/work", "directory"); // the same remote, another way
    git(
        &home,
        "clone",
        "remote set-url origin git@git.example:acme/secrets.git",
    );
    home.run_in("clone", &["token", "acme"])
        .fails(1, &["was not accepted"]);
    git(&home, "clone", "remote remove origin");
    home.assert_chosen("clone", "acme/julien", "default");
}

#[test]
fn a_worktree_has_its_repositorys_remotes_and_an_acceptance_of_its_own() {
    let (home, _provider) = scene();
    clone(&home, "clone");
    let identity = "-c user.name=a -c user.email=a@b.example";
    git(
        &home,
        "clone",
        &format!("{identity} commit -q --allow-empty -m x"),
    );
    git(&home, "clone", "worktree add -q ../tree");
    home.run_in("clone", &["use", "--trust"]).ok();
    home.run_in("tree", &["token", "acme"])
        .fails(1, &["tree was not accepted"]);
    home.run_in("tree", &["use", "--trust"]).ok();
    home.assert_chosen("tree/deep", "acme/work", "directory");
}

#[test]
fn what_does_not_fit_needs_no_acceptance() {
    let (home, _provider) = scene();
    for (folder, url) in [
        ("a", "https://git.example/acmes/model"),
        ("b", "https://git.example.evil.example/acme/model"),
        ("c", "https://git.example@evil.example/acme/model"),
        ("d", "https://git.example/acme/../evil/model"),
        ("e", "/srv/git.example/acme/model"),
    ] {
        git(&home, folder, "init -q");
        git(&home, folder, &format!("remote add origin {url}"));
        home.assert_chosen(folder, "acme/julien", "default");
    }
    git(&home, "f", "init -q");
    home.assert_chosen("f", "acme/julien", "default");
    let run = home.run_in("f", &["use", "--trust"]);
    run.fails(2, &["there is no .keyfob.toml"]);
}

/// What the environment says to git is for another repository, and what a repository's configuration says
/// runs nothing.
#[test]
fn neither_the_environment_nor_the_repository_leads_git_astray() {
    let (mut home, _provider) = scene();
    clone(&home, "clone");
    home.run_in("clone", &["use", "--trust"]).ok();
    git(&home, "evil", "init -q");
    let ran = home.path("ran");
    let run = format!("touch {}; true", ran.display());
    for key in [
        "core.fsmonitor",
        "core.pager",
        "pager.config",
        "core.sshCommand",
        "alias.config",
    ] {
        let config = Command::new("git")
            .args(["config", key, &run])
            .current_dir(home.path("evil"))
            .env("HOME", home.path(""))
            .status();
        assert!(config.unwrap().success());
    }
    home.write(
        "evil/more",
        "[remote \"x\"]\nurl = https://git.example/acme/model\n",
    );
    git(&home, "evil", "config include.path ../more");
    home.assert_chosen("evil", "acme/julien", "default");
    for (name, value) in [
        ("GIT_DIR", home.path("clone/.git").display().to_string()),
        ("GIT_CONFIG_COUNT", "1".into()),
        ("GIT_CONFIG_KEY_0", "remote.x.url".into()),
        ("GIT_CONFIG_VALUE_0", "https://git.example/acme/x".into()),
        (
            "GIT_CONFIG_PARAMETERS",
            "'remote.x.url=git.example:acme/x'".into(),
        ),
    ] {
        home.set(name, value);
        home.assert_chosen("evil", "acme/julien", "default");
        home.assert_chosen("clone", "acme/work", "directory");
    }
    assert!(!ran.exists());
}

#[test]
fn a_repository_of_another_user_or_a_broken_one_is_refused() {
    let (home, _provider) = scene();
    home.repository("broken"); // git must not look further up
    clone(&home, ".");
    home.run_in(".", &["use", "--trust"]).ok();
    let words = ["git cannot tell the remotes of", "PROVIDER/NAME"];
    home.run_in("broken", &["token", "acme"]).fails(1, &words);
    home.run_in("broken", &["token", "acme/julien"]).ok();
    clone(&home, "clone");
    home.run_in("clone", &["use", "--trust"]).ok();
    let folder = home.path("clone/.git");
    if std::os::unix::fs::chown(&folder, Some(65_534), None).is_err() {
        return skip("the right to give a folder away");
    }
    home.run_in("clone", &["token", "acme"])
        .fails(1, &["it belongs to another user (uid 65534)"]);
    home.run_in("clone", &["use", "--trust"])
        .fails(1, &["it belongs to another user"]);
}

#[test]
fn without_git_or_with_one_that_hangs_that_is_said() {
    let (mut home, _provider) = scene();
    clone(&home, "clone");
    let path = home.path("empty").display().to_string();
    home.set("PATH", path);
    home.run_in("clone", &["token", "acme"])
        .fails(1, &["git was not found", "write the rule with `path`"]);
    home.run_in("clone", &["token", "acme/julien"]).ok();
    home.run_in("other", &["token", "acme"]).ok(); // no repository, no question
    home.set("KEYFOB_TEST_GIT", "1");
    another_git(&mut home, "exec sleep 600");
    home.run_in("clone", &["token", "acme"])
        .fails(1, &["it took longer than 1 s"]);
    home.set("KEYFOB_TEST_GIT", "120");
    another_git(&mut home, "exec cat /dev/zero");
    home.run_in("clone", &["token", "acme"])
        .fails(1, &["it wrote too much"]);
}

/// It is run only where a rule for a remote has to be decided, and then once, without keyfob's secrets.
#[test]
fn git_is_asked_where_it_matters() {
    let (mut home, _provider) = scene();
    home.run(&["login", "sandbox"]).ok();
    clone(&home, "clone");
    home.run_in("clone", &["use", "--trust"]).ok();
    let log = home.path("asked").display().to_string();
    let path = std::env::var("PATH").unwrap();
    another_git(
        &mut home,
        &format!("printenv >>{log}; echo asked >>{log}; PATH={path} exec git \"$@\""),
    );
    home.set("KEYFOB_PASSPHRASE", format!("{MARK}passphrase"));
    home.set("KEYFOB_ACME_CLIENT_SECRET", format!("{MARK}client"));
    for args in [
        &["which", "acme/julien"][..],
        &["which", "sandbox"],
        &["list", "sandbox"],
        &["check", "--all"],
    ] {
        home.run_in("clone", args).ok();
    }
    home.run_in("other", &["which", "acme"]).ok();
    assert!(!home.path("asked").exists());
    home.run_in("clone", &["exec", "acme", "--", "true"]).ok();
    let asked = std::fs::read_to_string(home.path("asked")).unwrap();
    assert_eq!(asked.matches("\nasked\n").count(), 1, "{asked}");
    assert!(!asked.contains(MARK), "{asked}");
    home.run_in("clone", &["use", "acme/julien", "--here"]).ok();
    std::fs::remove_file(home.path("asked")).unwrap();
    home.assert_chosen("clone", "acme/julien", "directory");
    assert!(!home.path("asked").exists(), "a rule file goes before");
}
