//! Variables that do nothing, or something else than was meant. No value is shown: whatever stands in the wrong
//! variable may be a token.

use std::collections::BTreeMap;

use super::{Finding, Setup, Status, Topic};
use crate::choose::{ACCOUNT, Chooser, Environment};
use crate::complete;
use crate::config;
use crate::login::BROWSER_VARIABLES;
use crate::names::{nearest, variable};
use crate::rules::Rules;
use crate::store::passphrase::{BACKUP, FILE_STORE};

const CHECK: Topic = Topic("environment");

const BEGINNING: &str = "KEYFOB_";

const OWN: [&str; 11] = [
    "KEYFOB_HOME",
    "KEYFOB_STORE",
    ACCOUNT,
    "KEYFOB_PASSPHRASE",
    "KEYFOB_PASSPHRASE_FILE",
    "KEYFOB_BACKUP_PASSPHRASE",
    "KEYFOB_BACKUP_PASSPHRASE_FILE",
    "KEYFOB_ID_TOKEN",
    BROWSER_VARIABLES[0],
    complete::VARIABLE,
    complete::ASKED,
];

const OF_PROVIDERS: [&str; 3] = ["CLIENT_ID", "CLIENT_SECRET", "ID_TOKEN"];

/// Looks at the names of all variables, and at the values of the few that are no secrets.
pub(crate) fn environment(setup: &Setup) -> Vec<Finding> {
    let mut findings = unknown(Some(&setup.registry.names()));
    findings.extend(store());
    findings.extend(accounts(setup));
    findings.extend(ignored_tokens(setup));
    findings.extend(passphrases());
    findings.extend(nothing_wrong(&findings));
    findings
}

/// The same as far as it goes where nobody knows what is here.
pub(crate) fn homeless_environment() -> Vec<Finding> {
    let mut findings = unknown(None);
    findings.extend(store());
    findings.extend(passphrases());
    findings
}

fn nothing_wrong(findings: &[Finding]) -> Option<Finding> {
    let said = match set().len() {
        0 => "no variable of keyfob's is set".to_owned(),
        1 => "1 variable of keyfob's is set, and known".to_owned(),
        set => format!("{set} variables of keyfob's are set, and all known"),
    };
    findings.is_empty().then(|| CHECK.pass(said))
}

fn set() -> Vec<String> {
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut own: Vec<String> = names.filter(|name| name.starts_with(BEGINNING)).collect();
    own.sort_unstable();
    own
}

/// With no word on which providers there are, every provider's variables are known.
fn unknown(providers: Option<&[String]>) -> Vec<Finding> {
    let mut known: Vec<String> = OWN.map(str::to_owned).to_vec();
    for provider in providers.unwrap_or_default() {
        known.extend(OF_PROVIDERS.map(|what| variable(provider, what)));
    }
    let of_some = |name: &str| OF_PROVIDERS.iter().any(|what| name.ends_with(what));
    let is_known = |name: &String| known.contains(name) || providers.is_none() && of_some(name);
    let after = |name: &str| name.strip_prefix(BEGINNING).map(str::to_lowercase);
    let lower: Vec<String> = known.iter().filter_map(|name| after(name)).collect();
    let unknown = set().into_iter().filter(|name| !is_known(name));
    let findings = unknown.map(|name| {
        let typed = after(&name).unwrap_or_default();
        let hint = match nearest(&typed, lower.iter().map(String::as_str)) {
            Some(near) => {
                let near = near.to_uppercase();
                format!("did you mean {BEGINNING}{near}? otherwise unset {name}")
            }
            None => format!("unset {name}; `man keyfob` lists what is read, and of a provider it is KEYFOB_<PROVIDER>_CLIENT_ID and its like"),
        };
        CHECK.warn(format!("{name} is set, and nothing reads it"), hint)
    });
    findings.collect()
}

fn store() -> Option<Finding> {
    let error = config::store_variable().err()?;
    let found = CHECK.report(Status::Fail, &error);
    let message = "KEYFOB_STORE names no store, and sign-ins fail".to_owned();
    Some(Finding { message, ..found })
}

fn accounts(setup: &Setup) -> Vec<Finding> {
    let named = match Environment::PROCESS.accounts() {
        Ok(named) => named,
        Err(error) => return vec![CHECK.report(Status::Fail, &error)],
    };
    let findings = named.into_iter().filter_map(|(provider, name)| {
        let (message, hint) = if setup.vault.has_account(&provider, &name) {
            return None;
        } else if setup.registry.is_known(&provider).is_err() {
            let message = format!("{ACCOUNT} names an account of no provider that is known");
            (message, format!("correct {ACCOUNT}, or unset it"))
        } else {
            let message = format!("{ACCOUNT} names an account of {provider} that is not signed in");
            (
                message,
                format!(
                    "`keyfob list {provider}` shows those that are; correct {ACCOUNT}, or unset it"
                ),
            )
        };
        Some(CHECK.fail(message, hint))
    });
    findings.collect()
}

/// Tokens in variables of providers that have accounts, which go before.
fn ignored_tokens(setup: &Setup) -> Vec<Finding> {
    let mut signed_in: BTreeMap<String, String> = BTreeMap::new();
    for account in setup.vault.accounts().accounts {
        signed_in
            .entry(account.provider.clone())
            .or_insert(account.to_string());
    }
    let rules = Rules::new(setup.paths.clone(), Vec::new()); // they choose no variable
    let variables = Chooser::new(&setup.vault, &setup.registry, &rules).variables(None);
    let set = variables.into_iter().flatten(); // a wrong file is told of the providers
    let findings = set.filter_map(|set| {
        let account = signed_in.get(&set.provider)?;
        let name = set.name;
        Some(CHECK.warn(
            format!("{name} is set and ignored, for {account} is signed in"),
            format!("unset {name}, or `keyfob logout {account} --local` to use it"),
        ))
    });
    findings.collect()
}

fn passphrases() -> impl Iterator<Item = Finding> {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    let both = [FILE_STORE, BACKUP]
        .into_iter()
        .filter(move |names| is_set(names.variable) && is_set(names.file));
    both.map(|names| {
        let (variable, file) = (names.variable, names.file);
        let message = format!("{variable} and {file} are both set, and the file is ignored");
        CHECK.warn(message, "unset one of them")
    })
}
