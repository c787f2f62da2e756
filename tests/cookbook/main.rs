//! Every recipe of `docs/cookbook.md`, run as it is printed there.
//!
//! The programs are the real ones (curl, git, `hf`, requests, openai, make, direnv) wherever they can run.
//! What cannot has a stand-in that reads the same input: the runners of GitHub Actions and GitLab, systemd,
//! cron, and `docker` where it is not installed. The hosts are those of `internet`, on loopback.

#![cfg(target_os = "linux")]
#![allow(missing_docs)] // tests

mod internet;
mod machine;
mod page;
mod runners;
#[path = "../support/vault.rs"]
mod vault;

mod ci;
mod curl;
mod docker;
mod git;
mod guards;
mod local;
mod python;
mod shell;
mod unattended;

/// A test a recipe, by its title, and the programs without which it is left out.
macro_rules! recipes {
    ($($module:ident::$name:ident: $title:literal $(needs $program:literal)*,)*) => {
        const RUN: &[&str] = &[$($title),*];

        $(#[test]
        fn $name() {
            match machine::lacking(&["curl", $($program),*]) {
                Some(program) => keyfob_testkit::needs::skip(program),
                None => $module::$name(&page::recipe($title)),
            }
        })*
    };
}

recipes! {
    shell::before: "Before the recipes",
    curl::curl: "curl",
    git::clone: "git, for one command" needs "git",
    git::helper: "git, from now on" needs "git",
    python::hf: "hf" needs "hf",
    python::short: "Python requests, a short job" needs "hf",
    python::long: "Python requests, a program that stays" needs "hf",
    python::openai: "OpenAI-compatible clients" needs "hf",
    docker::docker: "Docker login",
    ci::github_without_a_secret: "GitHub Actions without a secret" needs "bash" needs "hf",
    ci::github_with_a_secret: "GitHub Actions with a secret" needs "bash" needs "hf",
    ci::gitlab: "GitLab CI" needs "bash" needs "hf",
    ci::gitlab_report: "GitLab CI, a token for later jobs" needs "bash" needs "hf",
    local::make: "Make" needs "make" needs "hf",
    local::direnv: "direnv" needs "bash" needs "direnv" needs "python3",
    unattended::systemd: "systemd" needs "systemd-analyze",
    unattended::cron: "cron",
    shell::exit_codes: "The exit code in a script",
}

#[test]
fn every_recipe_of_the_page_is_run() {
    assert_eq!(page::titles(), RUN);
}
