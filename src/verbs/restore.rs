//! `restore`: accounts from a backup, one after another, and what they need of their providers before them.

mod key;
mod parts;
mod select;

use std::collections::BTreeSet;

use super::app::App;
use super::{print_json, report};
use crate::account::Account;
use crate::answer::restore::{Outcome, Restore, Restored as Shape};
use crate::audit::Action;
use crate::cli;
use crate::config;
use crate::error::{Code, Error, Result};
use crate::session::predict;
use crate::store::Kind;
use crate::vault::{BackupContents, Over, RestorePlace, Restored, Saved, backup_file};
use keyfob_base::timestamp::Timestamp;

/// Opens the file, and takes from it what was asked for.
pub fn run(app: &App, args: &cli::Restore) -> Result<()> {
    let sealed = backup_file::read(&args.file)?;
    app.term.obey_signals();
    let failed = |error: &Error| app.audit.note(Action::Restore, "", Some(error));
    let text = key::open(app, args, &sealed).inspect_err(failed)?;
    let backup = BackupContents::decode(&text).inspect_err(failed)?;
    drop(text);
    drop(sealed);
    let chosen = select::chosen(&args.accounts, &backup)?;
    let place = RestorePlace {
        asked: match args.store {
            Some(store) => Some(store),
            None => config::store_variable()?,
        },
        usual: app.config.store.unwrap_or(Kind::Keyring),
    };
    let mut failures = Vec::new();
    prove(app, args, &chosen, &backup, place).inspect_err(failed)?;
    let mut answer = Restore {
        file: args.file.display().to_string(),
        accounts: Vec::new(),
        providers: Vec::new(),
        clients: Vec::new(),
    };
    let wanted: BTreeSet<&String> = chosen.iter().map(|one| &one.account.provider).collect();
    parts::definitions(app, &backup, &wanted, &mut answer, &mut failures);
    parts::clients(app, &backup, &wanted, place, &mut answer, &mut failures);
    let mut used = false;
    for saved in chosen {
        let result = restored(app, args, saved, place, backup.moved);
        let result = result.map_err(|error| error.account(&saved.account));
        used |= matches!(
            &result,
            Ok(Fared {
                outcome: Outcome::Restored | Outcome::Updated,
                ..
            })
        );
        match result {
            Ok(fared) => {
                let error = fared.error.as_ref();
                answer
                    .accounts
                    .push(Shape::here(&fared.account, fared.outcome, error));
                failures.extend(fared.error);
            }
            Err(error) => {
                answer.accounts.push(Shape::failed(&saved.account, &error));
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
    if app.manner.json {
        print_json(&answer)?;
    }
    report(app, &failures)
}

/// Proves every store that will be written to, before anything is changed.
fn prove(
    app: &App,
    args: &cli::Restore,
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

/// How one account fared.
struct Fared {
    account: Account,
    outcome: Outcome,
    error: Option<Error>,
}

fn restored(
    app: &App,
    args: &cli::Restore,
    saved: &Saved,
    place: RestorePlace,
    moved: bool,
) -> Result<Fared> {
    let over = if args.replace {
        Over::Always
    } else {
        asked(app, saved)?
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
    Ok(match result? {
        Restored::New(account, taken, unfinished) => {
            let why = taken.map(|taken| format!(" (`{taken}` is another's)"));
            app.term.say(&format!(
                "restored {account}{}{}",
                why.unwrap_or_default(),
                life(&account)
            ));
            Fared {
                outcome: Outcome::Restored,
                error: unfinished.map(|error| error.account(&account)),
                account,
            }
        }
        Restored::Updated(account, unfinished) => {
            app.term
                .say(&format!("updated {account}{}", life(&account)));
            Fared {
                outcome: Outcome::Updated,
                error: unfinished.map(|error| error.account(&account)),
                account,
            }
        }
        Restored::Unchanged(account) => {
            app.term
                .say(&format!("{account} is here as it is in the backup"));
            Fared {
                outcome: Outcome::Unchanged,
                error: None,
                account,
            }
        }
        Restored::Newer(account) => {
            // Whoever was asked and said no has decided.
            let error = (!app.term.can_ask()).then(|| conflict(&account, saved, args, moved));
            if error.is_none() {
                app.term.say(&format!("{account} stays as it is here"));
            }
            Fared {
                outcome: Outcome::Kept,
                error,
                account,
            }
        }
    })
}

/// Asks whether a newer account here makes room.
fn asked(app: &App, saved: &Saved) -> Result<Over> {
    if !app.term.can_ask() {
        return Ok(Over::Never);
    }
    let Some(here) = app.vault.newer_than(saved)? else {
        return Ok(Over::Never);
    };
    let (without, which) = if loses_refresh_token(&here, saved) {
        (", without a refresh token", "that")
    } else {
        ("", "the older one")
    };
    let question = format!(
        "{here} here is of {}, and in the backup of {}{without}; put {which} in its place?",
        here.updated_at, saved.account.updated_at
    );
    Ok(if app.term.confirm(&question, "`--replace` answers it")? {
        Over::Seen(here.updated_at)
    } else {
        Over::Never
    })
}

/// What somebody has to know of an account that cannot be refreshed.
fn life(account: &Account) -> String {
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

fn conflict(here: &Account, saved: &Saved, args: &cli::Restore, moved: bool) -> Error {
    let what = if loses_refresh_token(here, saved) {
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
