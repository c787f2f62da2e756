//! The user's definitions: each is read, and a file that is none is named.

use std::fs;

use super::{Finding, Setup, Status, Topic};
use crate::names::is_provider_name;
use crate::provider::Provider;
use crate::rules::Rules;

const CHECK: Topic = Topic("providers");

pub(crate) fn providers(setup: &Setup) -> Vec<Finding> {
    let folder = setup.paths.providers();
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![CHECK.pass("those built in, and none of your own")];
        }
        Err(error) => {
            let message = format!("cannot read {}: {error}", folder.display());
            return vec![CHECK.fail(message, "make that folder yours, and readable")];
        }
    };
    let mut files: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    files.sort_unstable();
    let mut findings = Vec::new();
    let mut valid = 0;
    for file in files {
        let path = folder.join(&file);
        match file
            .strip_suffix(".toml")
            .filter(|name| is_provider_name(name))
        {
            None if file.ends_with('~') || path.is_dir() => {} // an editor's copy, somebody's folder
            None => findings.push(CHECK.warn(
                format!("{} has no provider's name, and is ignored", path.display()),
                "call it NAME.toml, in lower-case letters, digits and `-`, or put it elsewhere",
            )),
            Some(name) if !setup.concerns(name) => {}
            Some(name) => match setup.registry.get(name) {
                Ok(provider) => {
                    valid += 1;
                    findings.extend(elsewhere(&provider));
                }
                Err(error) => findings.push(CHECK.report(Status::Fail, &error)),
            },
        }
    }
    if findings.is_empty() {
        let said = match valid {
            1 => "1 file is valid".to_owned(),
            valid => format!("{valid} files are valid"),
        };
        findings.push(CHECK.pass(format!("{}: {said}", folder.display())));
    }
    findings
}

/// Servers that a definition leads to and nothing vouches for.
fn elsewhere(provider: &Provider) -> Vec<Finding> {
    let name = &provider.name;
    let departures = provider.departures().into_iter();
    let mut findings: Vec<Finding> = departures
        .map(|(host, keys)| {
            CHECK.warn(
                format!(
                    "{name}: `{}` leads to {host}, which gets nothing before you trust it",
                    keys.join("` and `")
                ),
                format!("if you do, `keyfob provider set {name} --accept-origin {host}`"),
            )
        })
        .collect();
    if provider.moved {
        findings.push(CHECK.warn(
            format!("{name} is not at the built-in server, and does not inherit its variables and client"),
            format!("`keyfob provider show {name}` says why; to have one again, name it in `environment.variables`"),
        ));
    }
    findings
}

// Whether the directory rules that hold here can be followed.

const RULES: Topic = Topic("rules");

pub(crate) fn rules(setup: &Setup) -> Vec<Finding> {
    let rules = Rules::new(setup.paths.clone(), setup.config.rules.clone());
    let named = match rules.accounts() {
        Ok(named) => named,
        Err(error) => return vec![RULES.report(Status::Warn, &error)],
    };
    let concerned = named
        .iter()
        .filter(|(provider, _)| setup.concerns(provider));
    let mut findings: Vec<Finding> = concerned
        .filter(|(provider, ruled)| !setup.vault.has_account(provider, &ruled.name))
        .map(|(provider, ruled)| {
            RULES.warn(format!("{} names an account of {provider} that is not signed in", ruled.rule),
                format!("`keyfob list {provider}` shows those that are; `keyfob use ACCOUNT --here` chooses one for this folder"),
            )
        })
        .collect();
    if findings.is_empty() && !named.is_empty() {
        let said = match named.len() {
            1 => "the account that is chosen for this folder is signed in".to_owned(),
            count => format!("the {count} accounts that are chosen for this folder are signed in"),
        };
        findings.push(RULES.pass(said));
    }
    findings
}
