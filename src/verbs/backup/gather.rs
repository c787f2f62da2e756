//! What goes into a backup, and what becomes of each account.

use std::collections::BTreeSet;

use super::BackedUp;
use super::summary;
use crate::account::{Account, sign_in};
use crate::error::{Code, Error, Result};
use crate::session::predict;
use crate::store::sealed::{Key, Lock};
use crate::vault::{BackupContents, Bound, RefreshToken, Saved, SavedProvider};
use crate::verbs::app::App;
use keyfob_base::timestamp::Timestamp;

pub(super) struct Gathered {
    pub(super) backup: BackupContents,
    pub(super) answers: Vec<ReportedAccount>,
}

pub(super) struct ReportedAccount {
    pub(super) account: Account,
    pub(super) refresh_token: Option<RefreshToken>,
    /// Why it is not in the file; why it is of little use there.
    pub(super) remark: Option<String>,
    pub(super) shape: BackedUp,
}

impl ReportedAccount {
    fn left_out(account: Account, why: String) -> Self {
        Self {
            shape: BackedUp::left_out(&account, &why),
            refresh_token: None,
            remark: Some(why),
            account,
        }
    }

    fn saved(app: &App, account: Account, one: &Saved, refresh_token: RefreshToken) -> Self {
        let remark = explain_end(app, one, refresh_token);
        Self {
            shape: BackedUp::saved(&account, refresh_token, remark.as_deref()),
            refresh_token: Some(refresh_token),
            remark,
            account,
        }
    }
}

pub(super) fn gather(app: &App, accounts: Vec<Account>, moves: bool) -> Result<Gathered> {
    let mut saved = Vec::new();
    let mut answers = Vec::new();
    for account in accounts {
        if let Some(bound) = Bound::of(&account) {
            answers.push(ReportedAccount::left_out(
                account,
                summary::explain_bound(bound).into(),
            ));
            continue;
        }
        let now = app.vault.reread(&account)?.ok_or_else(|| {
            Error::new(Code::UnknownAccount, "it was logged out meanwhile")
                .hint("nothing was written; run it again")
                .account(&account)
        })?;
        app.vault.is_sole(&now).map_err(hint_at_naming)?;
        let whole = moves || app.registry.lifetime(&now.provider).rotation == Some(false);
        let found = app.vault.save(&now, whole).map_err(hint_at_naming)?;
        let Some((one, refresh_token)) = found else {
            let why = format!("its secret was removed from {}", now.store.noun());
            answers.push(ReportedAccount::left_out(now, why));
            continue;
        };
        answers.push(ReportedAccount::saved(app, now, &one, refresh_token));
        saved.push(one);
    }
    if saved.is_empty() {
        return Err(explain_nothing(&answers));
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
fn explain_end(app: &App, one: &Saved, refresh_token: RefreshToken) -> Option<String> {
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

fn hint_at_naming(error: Error) -> Error {
    let next = error.hint.as_deref().unwrap_or("mend that");
    let hint = format!("{next}; or name the accounts that are to be in it");
    Error {
        message: format!("nothing was written: {}", error.message),
        ..error
    }
    .hint(hint)
}

fn explain_nothing(reported: &[ReportedAccount]) -> Error {
    let reasons = summary::group_by_remark(reported.iter()).into_iter();
    let reasons: Vec<_> = reasons
        .map(|(names, why)| format!("{names}: {why}"))
        .collect();
    let mut lost = reported.iter().map(|one| &one.account);
    let lost = lost.find(|account| Bound::of(account).is_none());
    let what = format!("nothing can be backed up: {}", reasons.join("; "));
    match lost {
        Some(account) => Error::new(Code::LoginRequired, what).hint(account.again()),
        None => Error::new(Code::Usage, what).hint("see `keyfob list`"),
    }
}

/// Encrypts, and where it can be proved that it opens, proves it.
pub(super) fn seal(backup: &BackupContents, lock: &Lock) -> Result<Vec<u8>> {
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
