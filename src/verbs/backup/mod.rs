//! `backup`: accounts into one encrypted file; with `--move` they are then forgotten here.

mod gather;
mod recipients;
mod summary;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;

use super::app::{App, ask_passphrase};
use super::{print_json, report};
use crate::account::Account;
use crate::audit::Action;
use crate::choose::nobody_anywhere;
use crate::complete;
use crate::error::{Code, Error, Result};
use crate::interrupts::uninterrupted;
use crate::store::passphrase::{BACKUP, Environment};
use crate::store::sealed::Lock;
use crate::vault::{Bound, Guard, LOCK_TIMEOUT, RefreshToken, backup_file};
use gather::{ReportedAccount, gather, seal};
use keyfob_base::secret::Secret;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob backup keyfob.age              asks for a passphrase
  keyfob backup keyfob.age github --recipients-file recipients.txt
  keyfob backup keyfob.age --move       for a new machine: forgets them here

One file, encrypted with age: accounts, their secrets, and what of providers they need; not \
config.toml, nothing of the sandbox, and no account of an exchange. A refresh token that rotates can \
live in one place only, so those of providers that rotate, or may, are left out without `--move`. The \
passphrase is asked for, or comes from KEYFOB_BACKUP_PASSPHRASE_FILE or KEYFOB_BACKUP_PASSPHRASE.")]
pub struct Backup {
    /// The file to write
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`; every account where
    /// absent
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Encrypt to this age recipient instead of a passphrase; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Vec<String>,
    /// Encrypt to the age recipients in this file, a line each
    #[arg(long, value_name = "FILE")]
    pub recipients_file: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub replace: bool,
    /// Take every refresh token along, and forget the accounts here once the file is written
    #[arg(long = "move")]
    pub moves: bool,
    /// Do not ask before `--move`
    #[arg(short, long, requires = "moves")]
    pub yes: bool,
}

pub(crate) fn run(app: &App, args: &Backup) -> Result<()> {
    let path = backup_file::place(&args.file, args.replace)?;
    let accounts = select(app, args)?;
    let recipients = recipients::read(args)?;
    app.term.obey_signals();
    if args.moves && !args.yes && !confirm(app, &accounts)? {
        app.term.say("nothing was written, and nothing forgotten");
        return Ok(());
    }
    let lock = match recipients {
        Some(recipients) => Lock::Recipients(recipients),
        None => Lock::Passphrase(passphrase(app, true)?),
    };
    let turns = if args.moves {
        take_turns(app, &accounts)?
    } else {
        Vec::new()
    };
    let failed = |error: &Error| {
        let whose = error.account.as_deref().unwrap_or_default();
        app.audit.note(Action::Backup, whose, Some(error));
    };
    let gathered = gather(app, accounts, args.moves).inspect_err(failed)?;
    let sealed = seal(&gathered.backup, &lock).inspect_err(failed)?;
    // From here to the last account that is forgotten a signal would leave refresh tokens in two places.
    let (answer, failures) = uninterrupted(|| {
        backup_file::write(&path, &sealed, args.replace).inspect_err(failed)?;
        for saved in &gathered.backup.accounts {
            app.audit
                .note(Action::Backup, &saved.account.to_string(), None);
        }
        Ok(if args.moves {
            forget(app, gathered.answers)
        } else {
            (gathered.answers, Vec::new())
        })
    })?;
    drop(turns);
    summary::summarise(app, &path, &lock, &gathered.backup, &answer);
    if app.manner.json {
        let names = |names: Vec<&String>| names.into_iter().cloned().collect();
        let backup = &gathered.backup;
        print_json(&BackupAnswer {
            file: path.display().to_string(),
            accounts: answer.into_iter().map(|one| one.shape).collect(),
            providers: names(backup.providers.iter().map(|one| &one.name).collect()),
            clients: names(backup.clients.iter().map(|one| &one.provider).collect()),
        })?;
    }
    report(app, &failures)
}

/// The accounts meant. One that cannot be read would be missed only when it is needed.
fn select(app: &App, args: &Backup) -> Result<Vec<Account>> {
    let (accounts, mut broken) = if args.accounts.is_empty() {
        let listing = app.vault.accounts();
        (listing.accounts, listing.broken)
    } else {
        let several = app.chooser().accounts(&args.accounts)?;
        several.summary().for_each(|line| app.term.say(line));
        (several.chosen, several.broken)
    };
    if let Some(broken) = broken.pop() {
        return Err(Error {
            message: format!("nothing was written: {}", broken.message),
            ..broken
        });
    }
    if accounts.is_empty() {
        return Err(nobody_anywhere());
    }
    Ok(accounts)
}

/// Asks about the accounts that can leave; where there is none it fails soon enough.
fn confirm(app: &App, accounts: &[Account]) -> Result<bool> {
    let mut leaving = accounts.iter().filter(|one| Bound::of(one).is_none());
    let question = match (leaving.next(), leaving.count()) {
        (None, _) => return Ok(true),
        (Some(account), 0) => format!("forget {account} here once it is in the file?"),
        (Some(_), more) => {
            format!(
                "forget {} accounts here once they are in the file?",
                more + 1
            )
        }
    };
    app.term.confirm(&question, "`--yes` answers it")
}

pub(super) fn passphrase(app: &App, new: bool) -> Result<Secret> {
    let given = Environment::process(BACKUP).passphrase();
    let given = given.map_err(|error| Error::new(Code::Usage, error.cause).hint(error.hint))?;
    if let Some(given) = given {
        return Ok(given.secret);
    }
    ask_passphrase(app.term.as_ref(), BACKUP.owner, BACKUP.file, new)
}

/// The locks of all accounts. By their ids, so that two processes never wait for each other.
fn take_turns(app: &App, accounts: &[Account]) -> Result<Vec<Guard>> {
    let ids: BTreeMap<&String, &Account> = accounts.iter().map(|one| (&one.id, one)).collect();
    let take = |(id, account): (&String, &Account)| {
        let turn = app.vault.wait_for_lock(id, LOCK_TIMEOUT);
        turn.map_err(|error| error.account(account))
    };
    ids.into_iter().map(take).collect()
}

/// Forgets what is in the file. Nothing is revoked, for it lives on elsewhere.
fn forget(app: &App, reported: Vec<ReportedAccount>) -> (Vec<ReportedAccount>, Vec<Error>) {
    let mut failures = Vec::new();
    let forget_one = |one: ReportedAccount| {
        if one.refresh_token.is_none() {
            return one;
        }
        let gone = app.vault.forget(&one.account);
        let gone = gone.map_err(|error| explain_remaining(error, &one.account));
        let whose = one.account.to_string();
        app.audit.note(Action::SignOut, &whose, gone.as_ref().err());
        let kept = gone.err();
        let shape = one.shape.forget(kept.as_ref());
        failures.extend(kept);
        ReportedAccount { shape, ..one }
    };
    let reported = reported.into_iter().map(forget_one).collect();
    (reported, failures)
}

/// It is in the file and here: whoever refreshes first ends the other.
fn explain_remaining(error: Error, account: &Account) -> Error {
    let next = error.hint.as_deref().unwrap_or("mend that");
    let hint = format!(
        "{next}; then `keyfob logout {account} --local`, before it is used here or restored elsewhere"
    );
    Error {
        message: format!("it is in the backup and still here: {}", error.message),
        ..error
    }
    .hint(hint)
    .account(account)
}

#[derive(Debug, Serialize)]
pub(crate) struct BackupAnswer {
    /// The file, as an absolute path.
    pub file: String,
    pub accounts: Vec<BackedUp>,
    pub providers: Vec<String>,
    /// The providers of whose clients what is kept is in it.
    pub clients: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct BackedUp {
    account: String,
    result: BackupResult,
    refresh_token: &'static str,
    /// Why it is left out, or why only a new sign-in helps once it is restored.
    detail: Option<String>,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum BackupResult {
    Saved,
    Moved,
    LeftOut,
}

impl BackedUp {
    pub(crate) fn saved(
        account: &Account,
        refresh_token: RefreshToken,
        detail: Option<&str>,
    ) -> Self {
        Self {
            account: account.to_string(),
            result: BackupResult::Saved,
            refresh_token: match refresh_token {
                RefreshToken::Included => "included",
                RefreshToken::LeftOut => "left_out",
                RefreshToken::Absent => "none",
            },
            detail: detail.map(str::to_owned),
            error: None,
        }
    }

    pub(crate) fn left_out(account: &Account, why: &str) -> Self {
        Self {
            account: account.to_string(),
            result: BackupResult::LeftOut,
            refresh_token: "none",
            detail: Some(why.to_owned()),
            error: None,
        }
    }

    #[must_use]
    pub(crate) fn forget(self, kept: Option<&Error>) -> Self {
        Self {
            result: if kept.is_none() {
                BackupResult::Moved
            } else {
                self.result
            },
            error: kept.cloned(),
            ..self
        }
    }

    pub(crate) fn is_moved(&self) -> bool {
        matches!(self.result, BackupResult::Moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::{account, assert_shape};
    use crate::error::Code;

    #[test]
    fn the_shape_is_the_documented_one() {
        let named = |provider: &str| Account {
            provider: provider.into(),
            ..account()
        };
        let error = Error::new(Code::StoreUnavailable, "the keyring is locked")
            .hint("unlock it")
            .account("gitlab/julien");
        let shape = BackupAnswer {
            file: "/media/stick/keyfob.age".into(),
            accounts: vec![
                BackedUp::saved(&account(), RefreshToken::LeftOut, None),
                BackedUp::saved(&named("github"), RefreshToken::Included, None).forget(None),
                BackedUp::saved(&named("gitlab"), RefreshToken::Absent, None).forget(Some(&error)),
                BackedUp::left_out(
                    &named("sandbox"),
                    "the practice provider is of this machine alone",
                ),
            ],
            providers: vec!["github".into()],
            clients: vec!["huggingface".into()],
        };
        assert_shape(&shape, include_str!("../shapes/backup.json"));
    }
}
