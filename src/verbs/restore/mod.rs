//! `restore`: accounts from a backup, one after another, and what they need of their providers before them.

mod key;
mod origins;
mod parts;
mod select;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::app::App;
use super::arguments::host;
use super::{print_if_json, report};
use crate::account::Account;
use crate::audit::Action;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::provider::Adopted;
use crate::session::predict;
use crate::store::Kind;
use crate::vault::{BackupContents, Over, RestorePlace, Restored, Saved, backup_file, difference};
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob restore keyfob.age             asks for the passphrase
  keyfob restore keyfob.age 'github/*' --store file
  keyfob restore keyfob.age --identity key.txt

An account that is newer here than in the file, has a refresh token here alone, or has another client or \
other servers in the file, is kept, unless you say so at the terminal or with `--replace`. Restoring the same file again changes nothing. The \
passphrase is asked for, or comes from KEYFOB_BACKUP_PASSPHRASE_FILE or KEYFOB_BACKUP_PASSPHRASE.")]
pub struct Restore {
    /// What `backup` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// PROVIDER/NAME in the file, or a pattern of `*` and `?`; everything in it where absent
    #[arg(value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// Decrypt with the age identities in this file, which may be behind a passphrase itself
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// Put accounts of the file in the place of newer ones here, of those with a refresh token, and of those
    /// with another client or other servers
    #[arg(long)]
    pub replace: bool,
    /// Send what is secret to this server too, which is not the provider's by its issuer; may be repeated
    #[arg(long, value_name = "HOST", value_parser = host)]
    pub accept_origin: Vec<String>,
    /// Keep the secrets here [default: KEYFOB_STORE, else where the account's are, else what config.toml
    /// says, else keyring]
    #[arg(long, value_name = "STORE")]
    pub store: Option<Kind>,
    /// Protect a new file store with a passphrase; goes with `--store file`
    #[arg(long)]
    pub passphrase: bool,
}

pub(crate) fn run(app: &App, args: &Restore) -> Result<()> {
    let sealed = backup_file::read(&args.file)?;
    app.term.obey_signals();
    let failed = |error: &Error| app.audit.note(Action::Restore, "", Some(error));
    let text = key::open(app, args, &sealed).inspect_err(failed)?;
    let backup = BackupContents::decode(&text).inspect_err(failed)?;
    drop(text);
    drop(sealed);
    let chosen = select::select(&args.accounts, &backup)?;
    let place = RestorePlace {
        asked: match args.store {
            Some(store) => Some(store),
            None => config::store_variable()?,
        },
        usual: app.config.store.unwrap_or(Kind::Keyring),
    };
    let mut failures = Vec::new();
    prove(app, args, &chosen, &backup, place).inspect_err(failed)?;
    let mut answer = RestoreAnswer {
        file: args.file.display().to_string(),
        accounts: Vec::new(),
        providers: Vec::new(),
        clients: Vec::new(),
    };
    let wanted: BTreeSet<&String> = chosen.iter().map(|one| &one.account.provider).collect();
    parts::definitions(app, args, &backup, &wanted, &mut answer, &mut failures);
    parts::clients(app, &backup, &wanted, place, &mut answer, &mut failures);
    let mut used = false;
    for saved in chosen {
        let result = restore(app, args, saved, place, backup.moved);
        let result = result.map_err(|error| error.account(&saved.account));
        match result {
            Ok(done) => {
                let outcome = done.outcome;
                used |= matches!(outcome, RestoreResult::Restored | RestoreResult::Updated);
                let error = done.error.as_ref();
                answer
                    .accounts
                    .push(RestoredAccount::here(&done.account, outcome, error));
                failures.extend(done.error);
            }
            Err(error) => {
                answer
                    .accounts
                    .push(RestoredAccount::failed(&saved.account, &error));
                failures.push(error);
            }
        }
    }
    if used && backup.moved {
        app.term.warn(&format!(
            "remove {} now: its refresh tokens are in use here, and a second use of one ends the sign-in",
            args.file.display()
        ));
    }
    print_if_json(app, &answer)?;
    report(app, &failures)
}

/// Proves every store that will be written to, before anything is changed.
fn prove(
    app: &App,
    args: &Restore,
    chosen: &[&Saved],
    backup: &BackupContents,
    place: RestorePlace,
) -> Result<()> {
    let over = if args.replace {
        Over::Always
    } else {
        Over::Never
    };
    let mut stores = Vec::new();
    for saved in chosen {
        let store = app.vault.place_of(saved, place, over);
        let store = store.map_err(|error| error.account(&saved.account))?;
        if let Some(store) = store.filter(|store| !stores.contains(store)) {
            app.vault.probe(store)?;
            app.term
                .say(&format!("the tokens are {}", app.vault.protection(store)));
            stores.push(store);
        }
    }
    let wanted = |name: &String| chosen.iter().any(|one| one.account.provider == *name);
    let mut clients = backup.clients.iter();
    // Of one that cannot be read it is said when its turn comes.
    let moves = clients
        .any(|saved| wanted(&saved.provider) && app.vault.wants_secrets_of(saved).unwrap_or(false));
    if moves && !stores.contains(&place.of_new()) {
        app.vault.probe(place.of_new())?;
    }
    Ok(())
}

struct RestoreOutcome {
    account: Account,
    outcome: RestoreResult,
    error: Option<Error>,
}

fn restore(
    app: &App,
    args: &Restore,
    saved: &Saved,
    place: RestorePlace,
    moved: bool,
) -> Result<RestoreOutcome> {
    check_dates(saved)?;
    let saved = &origins::settle_account(app, args, saved)?;
    let over = if args.replace {
        Over::Always
    } else {
        confirm_over(app, saved)?
    };
    let whose = saved.account.to_string();
    let result = app.vault.restore(saved, place, over);
    let failure = match &result {
        Ok(Restored::Unchanged(_) | Restored::Newer(_)) => None,
        result => Some(result.as_ref().err()),
    };
    if let Some(failure) = failure {
        let whose = match &result {
            Ok(Restored::New(account, ..) | Restored::Updated(account, _)) => account.to_string(),
            _ => whose,
        };
        app.audit.note(Action::Restore, &whose, failure);
    }
    let (account, outcome, error) = match result? {
        Restored::New(account, taken, unfinished) => {
            let why = taken.map(|taken| format!(" (`{taken}` is another's)"));
            app.term.say(&format!(
                "restored {account}{}{}",
                why.unwrap_or_default(),
                describe_life(&account)
            ));
            (account, RestoreResult::Restored, unfinished)
        }
        Restored::Updated(account, unfinished) => {
            app.term
                .say(&format!("updated {account}{}", describe_life(&account)));
            (account, RestoreResult::Updated, unfinished)
        }
        Restored::Unchanged(account) => {
            app.term
                .say(&format!("{account} is here as it is in the backup"));
            (account, RestoreResult::Unchanged, None)
        }
        Restored::Newer(account) => {
            // Whoever was asked and said no has decided.
            let error = (!app.term.can_ask()).then(|| conflict(&account, saved, args, moved));
            if error.is_none() {
                app.term.say(&format!("{account} stays as it is here"));
            }
            (account, RestoreResult::Kept, error)
        }
    };
    let error = error.map(|error| error.account(&account));
    Ok(RestoreOutcome {
        account,
        outcome,
        error,
    })
}

/// How far the clocks of two machines may be apart, in seconds.
const SLACK: u64 = 60;

/// A date to come would have an account take the place of every one here.
fn check_dates(saved: &Saved) -> Result<()> {
    let Saved {
        account, secrets, ..
    } = saved;
    let limit = Timestamp::now().plus(SLACK);
    let dates = [
        secrets.tokens.received_at,
        account.received_at,
        account.updated_at,
        account.created_at,
        account.signed_in_at.unwrap_or(account.created_at),
    ];
    match dates.into_iter().find(|date| *date > limit) {
        None => Ok(()),
        Some(date) => Err(Error::new(
            Code::BackupInvalid,
            format!("its date in the backup, {date}, is still to come"),
        )
        .hint(
            "nothing of it was restored; check this machine's clock, and where the file is from",
        )),
    }
}

fn confirm_over(app: &App, saved: &Saved) -> Result<Over> {
    if !app.term.can_ask() {
        return Ok(Over::Never);
    }
    let Some(here) = app.vault.newer_than(saved)? else {
        return Ok(Over::Never);
    };
    let (without, which) = if loses_refresh_token(&here, saved) {
        (", without a refresh token", "that")
    } else if saved.account.updated_at < here.updated_at {
        ("", "the older one")
    } else {
        ("", "that")
    };
    let other = difference(&here, &saved.account);
    let other = other.map_or_else(String::new, |other| format!(", where it {other}"));
    let question = format!(
        "{here} here is of {}, and in the backup of {}{without}{other}; put {which} in its place?",
        here.updated_at, saved.account.updated_at
    );
    Ok(if app.term.confirm(&question, "`--replace` answers it")? {
        Over::Seen(here.updated_at)
    } else {
        Over::Never
    })
}

fn describe_life(account: &Account) -> String {
    let ended = predict(account, None, Timestamp::now());
    match account.expires_at {
        _ if ended.is_err_and(|error| error.code == Code::LoginRequired) => format!(
            ", and only a new sign-in helps: `{}`",
            account.login_command()
        ),
        _ if account.refreshable => String::new(),
        Some(end) => format!(", without a refresh token: it ends at {end}"),
        None => ", without a refresh token".into(),
    }
}

/// Whether the account here could no longer be refreshed, were that of the backup in its place.
fn loses_refresh_token(here: &Account, saved: &Saved) -> bool {
    let without = saved.secrets.tokens.refresh_token.is_none();
    without && here.refreshable && !here.needs_no_person()
}

fn conflict(here: &Account, saved: &Saved, args: &Restore, moved: bool) -> Error {
    let what = if let Some(other) = difference(here, &saved.account) {
        format!("{here} in the backup {other}, and the one here stays as it is")
    } else if loses_refresh_token(here, saved) {
        format!("{here} has a refresh token here and none in the backup, and stays as it is")
    } else {
        format!("{here} is newer here than in the backup, and stays as it is")
    };
    let file = args.file.display();
    // One of a move is spent as soon as its account is refreshed anywhere.
    let next = if moved {
        format!(
            "remove {file} if it was restored before, for what it holds is spent then; else `--replace` puts that in its place"
        )
    } else {
        format!("`--replace` puts that of {file} in its place")
    };
    Error::new(Code::AccountConflict, what)
        .hint(next)
        .account(here)
}

#[derive(Debug, Serialize)]
pub(crate) struct RestoreAnswer {
    pub file: String,
    pub accounts: Vec<RestoredAccount>,
    pub providers: Vec<ProviderPart>,
    pub clients: Vec<ProviderPart>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RestoredAccount {
    /// `PROVIDER/NAME` here; in the file where nothing of it is here.
    account: String,
    result: RestoreResult,
    store: Option<Kind>,
    refreshable: bool,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestoreResult {
    /// It is new here.
    Restored,
    /// The one here was older.
    Updated,
    Unchanged,
    /// The one here is newer.
    Kept,
    Failed,
}

#[derive(Debug, Serialize)]
pub(crate) struct ProviderPart {
    provider: String,
    result: &'static str,
    error: Option<Error>,
}

impl RestoredAccount {
    pub(crate) fn here(account: &Account, result: RestoreResult, error: Option<&Error>) -> Self {
        Self {
            account: account.to_string(),
            result,
            store: Some(account.store),
            refreshable: account.refreshable,
            error: error.cloned(),
        }
    }

    pub(crate) fn failed(account: &Account, error: &Error) -> Self {
        Self {
            account: account.to_string(),
            result: RestoreResult::Failed,
            store: None,
            refreshable: account.refreshable,
            error: Some(error.clone()),
        }
    }
}

impl ProviderPart {
    pub(crate) fn of(provider: &str, result: &Result<Adopted>) -> Self {
        Self {
            provider: provider.to_owned(),
            result: match result {
                Ok(Adopted::Written) => "restored",
                Ok(Adopted::Unchanged) => "unchanged",
                Ok(Adopted::Kept) => "kept",
                Err(_) => "failed",
            },
            error: result.as_ref().err().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};
    use crate::error::Code;

    #[test]
    fn the_shape_is_the_documented_one() {
        let other = Account {
            provider: "github".into(),
            ..account()
        };
        let error = Error::new(
            Code::AccountConflict,
            "github/julien is newer here than in the backup, and stays as it is",
        )
        .hint("`--replace` puts that of keyfob.age in its place")
        .account(&other);
        let shape = RestoreAnswer {
            file: "keyfob.age".into(),
            accounts: vec![
                RestoredAccount::here(&account(), RestoreResult::Restored, None),
                RestoredAccount::here(&other, RestoreResult::Kept, Some(&error)),
            ],
            providers: vec![
                ProviderPart::of("github", &Ok(Adopted::Kept)),
                ProviderPart::of("gitlab", &Ok(Adopted::Unchanged)),
            ],
            clients: vec![ProviderPart::of("huggingface", &Ok(Adopted::Written))],
        };
        assert_shape(&shape, include_str!("../shapes/restore.json"));
        let failed = serde_json::to_value(RestoredAccount::failed(&other, &error)).unwrap();
        assert_eq!(
            (&failed["result"], &failed["store"]),
            (&"failed".into(), &serde_json::Value::Null)
        );
    }
}
