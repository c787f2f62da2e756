//! Every recipe of `docs/cookbook.md`, run as it is printed there.
//!
//! The programs are the real ones (curl, git, `hf`, requests, openai, make, direnv) wherever they can run.
//! What cannot has a stand-in that reads the same input: the runners of GitHub Actions and GitLab, systemd,
//! cron, and `docker` where it is not installed. The hosts are those of `internet`, on loopback.

#![cfg(target_os = "linux")]
#![allow(missing_docs)] // tests

#[allow(dead_code, reason = "recipes need a part")]
#[path = "../support/home.rs"]
mod home;
mod internet;
mod machine;
mod page;
mod runners;
#[allow(dead_code, reason = "recipes need a part")]
#[path = "../support/server.rs"]
mod server;
#[allow(dead_code, reason = "recipes need a part")]
#[path = "../support/tls.rs"]
mod tls;
#[allow(dead_code, reason = "recipes need a part")]
#[path = "../support/vault.rs"]
mod vault;

mod ci;
mod curl;
mod docker;
mod git;
mod local;
mod python;
mod shell;
mod unattended;

/// A test a recipe, by its title.
macro_rules! recipes {
    ($($module:ident::$name:ident: $title:literal,)*) => {
        const RUN: &[&str] = &[$($title),*];

        $(#[test]
        fn $name() {
            $module::$name(&page::recipe($title));
        })*
    };
}

recipes! {
    shell::before: "Before the recipes",
    curl::curl: "curl",
    git::clone: "git, for one command",
    git::helper: "git, from now on",
    python::hf: "hf",
    python::short: "Python requests, a short job",
    python::long: "Python requests, a program that stays",
    python::openai: "OpenAI-compatible clients",
    docker::docker: "Docker login",
    ci::github_without_a_secret: "GitHub Actions without a secret",
    ci::github_with_a_secret: "GitHub Actions with a secret",
    ci::gitlab: "GitLab CI",
    ci::gitlab_report: "GitLab CI, a token for later jobs",
    local::make: "Make",
    local::direnv: "direnv",
    unattended::systemd: "systemd",
    unattended::cron: "cron",
    shell::exit_codes: "The exit code in a script",
}

#[test]
fn every_recipe_of_the_page_is_run() {
    assert_eq!(page::titles(), RUN);
}
