//! `logout`: revokes at the provider, refresh token first, then forgets, whatever the server said.

use std::sync::Arc;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use serde::Serialize;
use url::Url;

use super::app::App;
use super::{concurrent, print_if_json, report};
use crate::account::{Account, SignIn};
use crate::audit::Action;
use crate::complete;
use crate::context::Context;
use crate::error::{Code, Error, Result};
use crate::session::revoke::{Extent, Hint, RevocationOutcome, RevokedToken, SignedOut};
use crate::store::Kind;
use crate::words::PageAddress;
use keyfob_base::timestamp::Timestamp;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyfob logout huggingface/work
  keyfob logout 'huggingface/*'          asks before it signs out what matches
  keyfob logout --all --yes
  keyfob logout github --local          forget here, tell nobody
  keyfob logout github --local --leave-secret    although its keyring is gone")]
pub struct Logout {
    /// PROVIDER/NAME, PROVIDER for the one used here, or a pattern of `*` and `?`
    #[arg(value_name = "ACCOUNT", add = ArgValueCompleter::new(complete::accounts))]
    pub accounts: Vec<String>,
    /// Every account
    #[arg(long, conflicts_with = "accounts")]
    pub all: bool,
    /// Do not contact the provider
    #[arg(long)]
    pub local: bool,
    /// Forget it although its store cannot be used, and leave its secret there
    #[arg(long, requires = "local")]
    pub leave_secret: bool,
    /// Revoke tokens too that were given with `login --with-token`
    #[arg(long, conflicts_with = "local")]
    pub revoke: bool,
    /// Do not ask before `--all` or a pattern
    #[arg(short, long)]
    pub yes: bool,
}

pub(crate) fn run(app: &App, args: &Logout) -> Result<()> {
    let Some((accounts, mut failures)) = select(app, args)? else {
        return Ok(());
    };
    let extent = match (args.local, args.revoke) {
        (true, _) if args.leave_secret => Extent::NothingAndLeave,
        (true, _) => Extent::Nothing,
        (false, true) => Extent::Everything,
        (false, false) => Extent::Issued,
    };
    let (answer, unwell) = sign_out(app, accounts, extent)?;
    failures.extend(unwell);
    print_if_json(app, &answer)?;
    report(app, &failures)
}

pub(super) fn sign_out(
    app: &App,
    accounts: Vec<Account>,
    extent: Extent,
) -> Result<(LogoutAnswer, Vec<Error>)> {
    let mut failures = Vec::new();
    let sign_out = move |context: Arc<Context>, account| async move {
        context.sign_out(account, extent).await
    };
    let results = concurrent::run(app, accounts, "signing out", sign_out)?;
    let mut answer = LogoutAnswer::default();
    for (account, result) in results {
        let forgotten = match result {
            Ok(done) => shape_signed_out(app, done, &mut failures),
            Err(error) => {
                let error = hint_at_leaving(error.account(&account), &account);
                let whose = account.to_string();
                app.audit.note(Action::SignOut, &whose, Some(&error));
                failures.push(error.clone());
                Forgotten {
                    account: whose,
                    removed: false,
                    tokens: Vec::new(),
                    secret_left_in: Vec::new(),
                    error: Some(error),
                }
            }
        };
        answer.accounts.push(forgotten);
    }
    Ok((answer, failures))
}

/// Says what became of one account, and shapes it; what failed goes to the failures.
fn shape_signed_out(app: &App, mut done: SignedOut, failures: &mut Vec<Error>) -> Forgotten {
    let kept = done.kept.take();
    done.kept = kept.map(|error| hint_at_leaving(error, &done.account));
    let account = &done.account;
    let whose = account.to_string();
    let (tokens, page) = (&done.tokens, done.page.as_ref());
    let note = match account.identity.kind {
        SignIn::Given if done.kept.is_none() && explain_unconfirmed(&done).is_some() => None, // the failure says it
        _ if !done.left.is_empty() => Some(describe_left(account, &done.left)),
        _ if tokens.is_empty() && done.kept.is_none() => Some(format!(
            "{account} had no secret any more, so nothing was revoked: tokens that it had may live on"
        )),
        SignIn::Given => given_lives_on(account, tokens, page),
        _ => lives_on(&whose, account.expires_at, tokens, page),
    };
    if let Some(note) = note {
        app.term.warn(&note);
    }
    if let Some(error) = &done.kept {
        failures.push(error.clone());
    } else {
        app.term.say(&format!("signed out {account}"));
        failures.extend(explain_unconfirmed(&done));
    }
    Forgotten {
        account: account.to_string(),
        removed: done.kept.is_none(),
        tokens: done.tokens.iter().map(shape_revocation).collect(),
        secret_left_in: done.left,
        error: done.kept,
    }
}

/// A failure with the command that forgets the account all the same, where its store is what failed.
fn hint_at_leaving(error: Error, account: &Account) -> Error {
    if error.code != Code::StoreUnavailable {
        return error;
    }
    let hint = error.hint.clone().unwrap_or_default();
    error.hint(format!(
        "{hint}; `keyfob logout {account} --local --leave-secret` forgets it here alone"
    ))
}

fn describe_left(account: &Account, left: &[Kind]) -> String {
    let nouns: Vec<&str> = left.iter().map(|store| store.noun()).collect();
    let stores = nouns.join(" and ");
    format!(
        "{account} is forgotten here alone: its secret stays in {stores} as `{}`, and its tokens may live on; once it can be used, `keyfob doctor` says how to remove it",
        account.id
    )
}

/// The accounts meant, and what cannot even be read; `None` where `--all` or a pattern was not confirmed.
fn select(app: &App, args: &Logout) -> Result<Option<(Vec<Account>, Vec<Error>)>> {
    if !args.all {
        let several = app.chooser().accounts(&args.accounts)?;
        let (accounts, broken) = (several.chosen, several.broken);
        let asks = !args.yes && !several.matched.is_empty() && !accounts.is_empty();
        if asks && !confirm(app, &question_for(&accounts))? {
            return Ok(None);
        }
        several.surprises.iter().for_each(|line| app.term.say(line));
        if !asks {
            several.matched.iter().for_each(|line| app.term.say(line));
        }
        return Ok(Some((accounts, broken)));
    }
    let listing = app.vault.accounts();
    if listing.accounts.is_empty() && listing.broken.is_empty() {
        app.term.say("nobody is signed in");
    } else if !args.yes {
        let question = match listing.accounts.as_slice() {
            [account] => format!("sign out {account}?"),
            accounts => format!("sign out all {} accounts?", accounts.len()),
        };
        if !confirm(app, &question)? {
            return Ok(None);
        }
    }
    Ok(Some((listing.accounts, listing.broken)))
}

/// The question for accounts that a pattern matches. It names them all, for nothing else may be shown.
fn question_for(accounts: &[Account]) -> String {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    format!("sign out {}?", names.join(", "))
}

fn confirm(app: &App, question: &str) -> Result<bool> {
    let yes = app.term.confirm(question, "`--yes` answers it")?;
    if !yes {
        app.term.say("nobody was signed out");
    }
    Ok(yes)
}

fn shape_revocation(revoked: &RevokedToken) -> Revocation {
    Revocation {
        token: match revoked.token {
            Hint::RefreshToken => "refresh_token",
            Hint::AccessToken => "access_token",
        },
        result: match revoked.outcome {
            RevocationOutcome::Revoked => "revoked",
            RevocationOutcome::Failed(_) => "failed",
            RevocationOutcome::Unsupported(_) => "unsupported",
            RevocationOutcome::Skipped(_) => "skipped",
        },
        detail: revoked.outcome.reason().map(str::to_owned),
    }
}

fn given_lives_on(
    account: &Account,
    tokens: &[RevokedToken],
    page: Option<&Url>,
) -> Option<String> {
    let cause = tokens.iter().find_map(|revoked| revoked.outcome.reason())?;
    let there = page.map(PageAddress::new);
    let there = there.map_or_else(String::new, |page| format!(": {page}"));
    Some(format!(
        "{account}: {cause}; this one is still valid at the provider until it is revoked there{there}"
    ))
}

/// What was not revoked of somebody's tokens and why, until when it lives, and where to do it by hand.
pub(super) fn lives_on(
    whose: &str,
    ends: Option<Timestamp>,
    tokens: &[RevokedToken],
    page: Option<&Url>,
) -> Option<String> {
    let cause = tokens.iter().find_map(|revoked| revoked.outcome.reason())?;
    let lives = |token| {
        let left =
            |revoked: &&RevokedToken| revoked.token == token && !revoked.outcome.is_revoked();
        tokens.iter().find(left)
    };
    let access = lives(Hint::AccessToken).map(|_| match ends {
        Some(end) if end > Timestamp::now() => format!("its access token lives until {end}"),
        Some(_) => "its access token has ended".into(),
        None => "its access token has no known end".into(),
    });
    let refresh =
        lives(Hint::RefreshToken).map(|_| "its refresh token lives until you revoke it".to_owned());
    let left: Vec<String> = access.into_iter().chain(refresh).collect();
    let by_hand = page.map(PageAddress::new);
    let by_hand = by_hand.map_or_else(String::new, |page| format!("; revoke it by hand at {page}"));
    Some(format!("{whose}: {cause}; {}{by_hand}", left.join(", ")))
}

/// Forgotten here, while the provider may still take the tokens. That a given one cannot be revoked is a
/// failure too, for somebody asked for it.
fn explain_unconfirmed(done: &SignedOut) -> Option<Error> {
    let given = done.account.identity.kind == SignIn::Given;
    let cause = done
        .tokens
        .iter()
        .find_map(|revoked| match &revoked.outcome {
            RevocationOutcome::Failed(cause) => Some(cause),
            RevocationOutcome::Unsupported(cause) if given => Some(cause),
            _ => None,
        })?;
    let hint = match &done.page {
        Some(page) => format!("revoke it by hand at {}", PageAddress::new(page)),
        None if given => "revoke it by hand in your settings there".into(),
        None => {
            "in your settings there, remove keyfob from the applications you signed in to".into()
        }
    };
    Some(
        Error::new(
            Code::RevocationFailed,
            format!("forgotten here, and the provider did not confirm the revocation: {cause}"),
        )
        .hint(hint)
        .account(&done.account),
    )
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct LogoutAnswer {
    pub accounts: Vec<Forgotten>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Forgotten {
    pub account: String,
    pub removed: bool,
    /// What the provider was told, a line a token.
    pub tokens: Vec<Revocation>,
    /// The stores that could not be used and may have its secret still.
    pub secret_left_in: Vec<Kind>,
    pub error: Option<Error>,
}

/// One token's revocation (RFC 7009).
#[derive(Debug, Serialize)]
pub(crate) struct Revocation {
    token: &'static str,
    result: &'static str,
    detail: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::fixture::assert_shape;

    #[test]
    fn the_shape_is_the_documented_one() {
        let revocation = |token, outcome| shape_revocation(&RevokedToken { token, outcome });
        let failed = RevocationOutcome::Failed("the server answered 503".into());
        let logout = LogoutAnswer {
            accounts: vec![Forgotten {
                account: "huggingface/julien".into(),
                removed: true,
                tokens: vec![
                    revocation(Hint::RefreshToken, RevocationOutcome::Revoked),
                    revocation(Hint::AccessToken, failed),
                ],
                secret_left_in: vec![Kind::Keyring],
                error: None,
            }],
        };
        assert_shape(&logout, include_str!("shapes/logout.json"));
    }

    #[test]
    fn every_outcome_has_its_word() {
        let outcomes = [
            RevocationOutcome::Revoked,
            RevocationOutcome::Failed(String::new()),
            RevocationOutcome::Unsupported(String::new()),
            RevocationOutcome::Skipped(None),
        ];
        let token = Hint::AccessToken;
        let words =
            outcomes.map(|outcome| shape_revocation(&RevokedToken { token, outcome }).result);
        assert_eq!(words, ["revoked", "failed", "unsupported", "skipped"]);
    }
}
