//! Whether index and stores agree, both ways: accounts and clients whose secret is gone, secrets that nothing
//! leads to, defaults whose account is gone. No secret is read.

use std::collections::{BTreeSet, HashMap};

use super::{Finding, Mend, Setup, Status, Topic};
use crate::account::Account;
use crate::store::{Kind, PROBE};
use crate::vault::KeptClient;
use keyfob_base::timestamp::Timestamp;

const CHECK: Topic = Topic("index");

const NAMED: usize = 3;

/// Compares; `usable` are the stores whose answers can be believed.
pub(crate) fn index(setup: &Setup, usable: &[Kind]) -> Vec<Finding> {
    let vault = &setup.vault;
    // The stores before the index: a login writes the secret first.
    let (held, mut findings) = held(setup, usable);
    let (listing, clients) = (vault.accounts(), vault.clients());
    for error in listing.broken.iter().chain(&clients.broken) {
        findings.push(CHECK.report(Status::Fail, error));
    }
    for stray in vault.strays() {
        findings.push(CHECK.warn(
            format!(
                "{} has no name of an account or a client, and is ignored",
                stray.display()
            ),
            "give that file the name of its account, or put it elsewhere",
        ));
    }
    findings.extend(shared_secrets(&listing.accounts));
    findings.extend(copies(&listing.accounts, &clients.kept));
    let lacking = |kind: Kind, key: &str| held.get(&kind).is_some_and(|keys| !keys.contains(key));
    let missing = listing
        .accounts
        .iter()
        .filter(|account| lacking(account.store, &account.id));
    findings.extend(
        missing
            .filter(|account| is_gone(setup, account))
            .map(secret_gone),
    );
    for (provider, client) in &clients.kept {
        let gone = client.auth.needs_secret() && lacking(client.store, &client.id);
        findings.extend(client_unfit(provider, client, gone));
    }
    findings.extend(dangling_defaults(setup));
    for kind in [Kind::Keyring, Kind::File] {
        if let Some(keys) = held.get(&kind) {
            findings.extend(dangling_secrets(setup, kind, keys));
        }
    }
    if findings.is_empty() {
        findings.push(agreed(&listing.accounts, &held));
    }
    findings
}

pub(crate) fn is_agreed(finding: &Finding) -> bool {
    finding.check == CHECK.0 && finding.status == Status::Pass
}

fn copies(accounts: &[Account], clients: &[(String, KeptClient)]) -> Vec<Finding> {
    let of_accounts = accounts.iter().filter_map(|account| {
        let copy = account.copy_in?.noun();
        let finding = CHECK.warn(
            format!("{account}: a move was cut off, and a copy of its secret may be in {copy}"),
            format!("`keyfob move {account} --store {}`", account.store),
        );
        Some(finding.account(account))
    });
    let of_clients = clients.iter().filter_map(|(provider, client)| {
        let copy = client.copy_in?.noun();
        let mut known = accounts.iter();
        let whose = if known.any(|account| account.provider == *provider) {
            format!("'{provider}/*'")
        } else {
            provider.clone()
        };
        Some(CHECK.warn(
            format!("{provider}: a copy of what is kept of its client may be in {copy}"),
            format!("`keyfob move {whose} --store {}`", client.store),
        ))
    });
    of_accounts.chain(of_clients).collect()
}

/// The file store's are a folder, which tells the truth with or without its key.
fn held(setup: &Setup, usable: &[Kind]) -> (HashMap<Kind, BTreeSet<String>>, Vec<Finding>) {
    let (mut held, mut findings) = (HashMap::new(), Vec::new());
    for kind in [Kind::Keyring, Kind::File] {
        if kind == Kind::Keyring && !usable.contains(&kind) {
            continue;
        }
        match setup.vault.keys(kind) {
            Ok(Some(keys)) => {
                held.insert(kind, keys.into_iter().collect());
            }
            Ok(None) => {}
            Err(error) => findings.push(CHECK.report(Status::Fail, &error)),
        }
    }
    (held, findings)
}

fn agreed(accounts: &[Account], held: &HashMap<Kind, BTreeSet<String>>) -> Finding {
    let unseen = |account: &&Account| !held.contains_key(&account.store);
    let said = match (accounts.iter().find(unseen), accounts.len()) {
        (Some(account), count) => {
            let noun = account.store.noun();
            format!("{count} entries can be read; {noun} could not be compared with them")
        }
        (None, 0) => "nobody is signed in, and no secret is left over".into(),
        (None, 1) => "the one account has its secret, and no secret is without an account".into(),
        (None, count) => {
            format!("all {count} accounts have their secrets, and no secret is without an account")
        }
    };
    CHECK.pass(said)
}

/// Whether the account is still there and its secret is still not: somebody may have been logging it out.
fn is_gone(setup: &Setup, account: &Account) -> bool {
    let Ok(Some(now)) = setup.vault.reread(account) else {
        return false;
    };
    let keys = setup.vault.keys(now.store).ok().flatten();
    keys.is_some_and(|keys| !keys.contains(&now.id))
}

fn secret_gone(account: &Account) -> Finding {
    let message = format!(
        "{account}: its secret is gone from {}",
        account.store.noun()
    );
    let hint = format!(
        "`{}`, or `keyfob logout {account} --local`",
        account.login_command()
    );
    CHECK.fail(message, hint).account(account)
}

fn client_unfit(provider: &str, client: &KeptClient, gone: bool) -> Option<Finding> {
    let again = match &client.configuration_endpoint {
        Some(_) => format!("`keyfob login {provider} --register` registers another client"),
        None => format!("`keyfob provider set {provider} --client-secret` takes it again"),
    };
    let of = format!("{provider}: the client secret that was kept");
    if gone {
        let store = client.store.noun();
        return Some(CHECK.fail(format!("{of} is gone from {store}"), again));
    }
    let expired = client.expired(Timestamp::now());
    expired.then(|| CHECK.warn(format!("{of} has ended"), again))
}

fn dangling_defaults(setup: &Setup) -> Vec<Finding> {
    let defaults = match setup.vault.sound_defaults() {
        Ok(defaults) => defaults,
        Err(error) => return vec![CHECK.report(Status::Fail, &error)],
    };
    let gone = defaults.into_iter();
    let gone = gone.filter(|(provider, name)| !setup.vault.has_account(provider, name));
    gone.map(|(provider, name)| {
        CHECK.warn(
            format!("the default of {provider} is {provider}/{name}, which is gone"),
            format!(
                "`keyfob use {provider}/NAME` chooses another, `keyfob doctor --mend` takes it away"
            ),
        )
        .mendable(Mend::Default(provider, name))
    })
    .collect()
}

/// Those in the keyring are told and left alone: it has the secrets of every home of this user.
fn dangling_secrets(setup: &Setup, kind: Kind, keys: &BTreeSet<String>) -> Vec<Finding> {
    let Ok(referenced_keys) = setup.vault.referenced_keys(kind) else {
        return unclear(kind, keys).into_iter().collect();
    };
    let dangling = keys
        .iter()
        .filter(|key| !referenced_keys.contains(*key) && !key.starts_with(PROBE));
    if kind == Kind::File {
        return in_file_store(dangling.cloned().collect())
            .into_iter()
            .collect();
    }
    let (locked, others): (Vec<String>, Vec<String>) =
        dangling.cloned().partition(|key| setup.vault.has_lock(key));
    let locked = in_keyring(&locked, "; another KEYFOB_HOME or data folder may");
    let others = in_keyring(&others, ", nor did one before: another KEYFOB_HOME may");
    locked.into_iter().chain(others).collect()
}

fn in_file_store(keys: Vec<String>) -> Option<Finding> {
    let (named, noun) = (named(&keys)?, Kind::File.noun());
    let found = CHECK.warn(
        format!("no account leads to {named} in {noun}"),
        "`keyfob doctor --mend` removes what nothing leads to; if an account is missing in `keyfob list`, bring back its file in the index first",
    );
    Some(found.mendable(Mend::Secrets(keys)))
}

fn in_keyring(keys: &[String], whose: &str) -> Option<Finding> {
    let (named, noun) = (named(keys)?, Kind::Keyring.noun());
    let commands: Vec<String> = keys
        .iter()
        .take(NAMED)
        .map(|key| format!("`secret-tool clear service keyfob username {key}`"))
        .collect();
    Some(CHECK.warn(
        format!("no account here leads to {named} in {noun}{whose}"),
        format!("if none does, {}", commands.join(", ")),
    ))
}

/// What was told of before this may lead to any of them; with nothing held there is nothing to say.
fn unclear(kind: Kind, keys: &BTreeSet<String>) -> Option<Finding> {
    let message = format!(
        "whether something leads to every secret in {} cannot be told while an entry is unclear",
        kind.noun()
    );
    let hint = "mend the entries first, then run `keyfob doctor` again";
    (!keys.is_empty()).then(|| CHECK.warn(message, hint))
}

fn named(keys: &[String]) -> Option<String> {
    let shown: Vec<String> = keys
        .iter()
        .take(NAMED)
        .map(|key| format!("`{key}`"))
        .collect();
    let shown = shown.join(", ");
    match keys.len() {
        0 => None,
        1 => Some(format!("the secret {shown}")),
        count if count > NAMED => Some(format!("{count} secrets ({shown}, …)")),
        count => Some(format!("{count} secrets ({shown})")),
    }
}

// Entries that lead to one secret: an entry's file was copied, or a rename cut off.

pub(crate) fn shared_secrets(accounts: &[Account]) -> Vec<Finding> {
    let mut by_id: HashMap<&str, Vec<&Account>> = HashMap::new();
    for account in accounts {
        by_id.entry(&account.id).or_default().push(account);
    }
    let mut several: Vec<_> = by_id.into_values().filter(|same| same.len() > 1).collect();
    several.sort_by_key(|same| same[0].to_string());
    let told = several.into_iter().map(|same| {
        let names: Vec<_> = same.iter().map(ToString::to_string).collect();
        let logouts: Vec<_> = same
            .iter()
            .map(|account| format!("`keyfob logout {account}`"))
            .collect();
        CHECK.fail(
            format!(
                "{} lead to one secret: an entry was copied, or a rename cut off",
                names.join(" and ")
            ),
            format!(
                "{} takes that entry away and leaves the tokens to the other",
                logouts.join(" or ")
            ),
        )
    });
    told.collect()
}
