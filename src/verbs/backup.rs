//! `backup`: accounts into one encrypted file; with `--move` they are then forgotten here.

mod recipients;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use super::app::{App, ask_passphrase};
use super::{print_json, report};
use crate::account::{Account, sign_in};
use crate::answer::backup::{self as answer, BackedUp};
use crate::audit::Action;
use crate::choose::nobody_anywhere;
use crate::cli;
use crate::error::{Code, Error, Result};
use crate::interrupts::uninterrupted;
use crate::session::predict;
use crate::store::passphrase::{BACKUP, Environment};
use crate::store::sealed::{Key, Lock};
use crate::vault::{
    BackupContents, Bound, Guard, LOCK_TIMEOUT, RefreshToken, Saved, SavedProvider, backup_file,
};
use keyfob_base::secret::Secret;
use keyfob_base::timestamp::Timestamp;

/// Writes the file, and says what is not in it.
pub fn run(app: &App, args: &cli::Backup) -> Result<()> {
    let path = backup_file::place(&args.file, args.replace)?;
    let accounts = meant(app, args)?;
    let recipients = recipients::of(args)?;
    app.term.obey_signals();
    if args.moves && !args.yes && !confirmed(app, &accounts)? {
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
    told::told(app, &path, &lock, &gathered.backup, &answer);
    if app.manner.json {
        let names = |names: Vec<&String>| names.into_iter().cloned().collect();
        let backup = &gathered.backup;
        print_json(&answer::Backup {
            file: path.display().to_string(),
            accounts: answer.into_iter().map(|one| one.shape).collect(),
            providers: names(backup.providers.iter().map(|one| &one.name).collect()),
            clients: names(backup.clients.iter().map(|one| &one.provider).collect()),
        })?;
    }
    report(app, &failures)
}

/// The accounts meant. One that cannot be read would be missed only when it is needed.
fn meant(app: &App, args: &cli::Backup) -> Result<Vec<Account>> {
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
fn confirmed(app: &App, accounts: &[Account]) -> Result<bool> {
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

/// The passphrase of a backup: given, or asked for; of a new one twice.
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

/// What goes into the file, and what becomes of each account.
struct Gathered {
    backup: BackupContents,
    answers: Vec<Told>,
}

/// An account, and what is told of it.
struct Told {
    account: Account,
    refresh_token: Option<RefreshToken>,
    /// Why it is not in the file; why it is of little use there.
    remark: Option<String>,
    shape: BackedUp,
}

impl Told {
    fn left_out(account: Account, why: String) -> Self {
        Self {
            shape: BackedUp::left_out(&account, &why),
            refresh_token: None,
            remark: Some(why),
            account,
        }
    }

    fn saved(app: &App, account: Account, one: &Saved, refresh_token: RefreshToken) -> Self {
        let remark = ended(app, one, refresh_token);
        Self {
            shape: BackedUp::saved(&account, refresh_token, remark.as_deref()),
            refresh_token: Some(refresh_token),
            remark,
            account,
        }
    }
}

fn gather(app: &App, accounts: Vec<Account>, moves: bool) -> Result<Gathered> {
    let mut saved = Vec::new();
    let mut answers = Vec::new();
    for account in accounts {
        if let Some(bound) = Bound::of(&account) {
            answers.push(Told::left_out(account, told::of_machine(bound).into()));
            continue;
        }
        let now = app.vault.reread(&account)?.ok_or_else(|| {
            Error::new(Code::UnknownAccount, "it was logged out meanwhile")
                .hint("nothing was written; run it again")
                .account(&account)
        })?;
        app.vault.is_sole(&now).map_err(unwritten)?;
        let whole = moves || app.registry.lifetime(&now.provider).rotation == Some(false);
        let found = app.vault.save(&now, whole).map_err(unwritten)?;
        let Some((one, refresh_token)) = found else {
            let why = format!("its secret was removed from {}", now.store.noun());
            answers.push(Told::left_out(now, why));
            continue;
        };
        answers.push(Told::saved(app, now, &one, refresh_token));
        saved.push(one);
    }
    if saved.is_empty() {
        return Err(nothing(&answers));
    }
    let providers: BTreeSet<&String> = saved.iter().map(|one| &one.account.provider).collect();
    let mut backup = BackupContents {
        created_at: Timestamp::now(),
        moved: moves,
        accounts: Vec::new(),
        providers: Vec::new(),
        clients: Vec::new(),
    };
    for provider in providers {
        if let Some(text) = app.registry.own_text(provider)? {
            backup.providers.push(SavedProvider {
                name: provider.clone(),
                text,
            });
        }
        backup.clients.extend(app.vault.save_client(provider)?);
    }
    backup.accounts = saved;
    Ok(Gathered { backup, answers })
}

/// Why only a new sign-in helps once an account is restored, if so.
fn ended(app: &App, one: &Saved, refresh_token: RefreshToken) -> Option<String> {
    let now = Timestamp::now();
    match predict(&one.account, None, now) {
        Err(error) if error.code == Code::LoginRequired => Some(match refresh_token {
            RefreshToken::LeftOut => {
                "its access token has ended, and its refresh token is left out".into()
            }
            RefreshToken::Included | RefreshToken::Absent => error.message,
        }),
        _ => {
            let rule = app.registry.lifetime(&one.account.provider);
            let end = sign_in::end(&one.account, &rule).filter(|end| end.at <= now)?;
            Some(format!("its sign-in was due {}", end.date()))
        }
    }
}

fn unwritten(error: Error) -> Error {
    let next = error.hint.as_deref().unwrap_or("mend that");
    let hint = format!("{next}; or name the accounts that are to be in it");
    Error {
        message: format!("nothing was written: {}", error.message),
        ..error
    }
    .hint(hint)
}

/// Says of every account why it is not in a file.
fn nothing(told: &[Told]) -> Error {
    let reasons = told::grouped(told.iter()).into_iter();
    let reasons: Vec<_> = reasons
        .map(|(names, why)| format!("{names}: {why}"))
        .collect();
    let mut lost = told.iter().map(|one| &one.account);
    let lost = lost.find(|account| Bound::of(account).is_none());
    let what = format!("nothing can be backed up: {}", reasons.join("; "));
    match lost {
        Some(account) => Error::new(Code::LoginRequired, what).hint(account.again()),
        None => Error::new(Code::Usage, what).hint("see `keyfob list`"),
    }
}

/// Encrypts, and where it can be proved that it opens, proves it.
fn seal(backup: &BackupContents, lock: &Lock) -> Result<Vec<u8>> {
    let text = backup.encode();
    let fault = |cause: String| {
        Error::new(Code::InternalError, cause)
            .hint("nothing was written; check the free memory, then run it again")
    };
    let sealed = lock
        .seal(&text)
        .map_err(|error| fault(format!("age cannot encrypt: {error}")))?;
    if let Lock::Passphrase(passphrase) = lock {
        let opened = Key::Passphrase(passphrase.clone()).open(&sealed);
        if !opened.is_ok_and(|opened| *opened == *text) {
            return Err(fault("what age encrypted does not decrypt".into()));
        }
    }
    Ok(sealed)
}

/// Forgets what is in the file. Nothing is revoked, for it lives on elsewhere.
fn forget(app: &App, told: Vec<Told>) -> (Vec<Told>, Vec<Error>) {
    let mut failures = Vec::new();
    let forgotten = |one: Told| {
        if one.refresh_token.is_none() {
            return one;
        }
        let gone = app.vault.forget(&one.account);
        let gone = gone.map_err(|error| remains(error, &one.account));
        let whose = one.account.to_string();
        app.audit.note(Action::SignOut, &whose, gone.as_ref().err());
        let kept = gone.err();
        let shape = one.shape.forgotten(kept.as_ref());
        failures.extend(kept);
        Told { shape, ..one }
    };
    let told = told.into_iter().map(forgotten).collect();
    (told, failures)
}

/// It is in the file and here: whoever refreshes first ends the other.
fn remains(error: Error, account: &Account) -> Error {
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
