//! What is said where nothing is chosen: nobody is there, or too many are.

use super::pattern::fits;
use super::{Chooser, Target};
use crate::account::Account;
use crate::error::{Code, Error, Result};
use crate::names::nearest;
use crate::provider::SetVariable;
use crate::rules::Rule;
use keyfob_base::escape::escape_short;

const SHOWN: usize = 8;

impl Chooser<'_> {
    pub(super) fn unknown_account(&self, provider: &str, name: &str) -> Error {
        let others = self.vault.accounts_of(provider).accounts;
        if others.is_empty()
            && let Err(unknown) = self.known(provider)
        {
            return unknown;
        }
        let typed = format!("{provider}/{name}");
        let hint = match nearest(name, others.iter().map(|other| other.name.as_str())) {
            Some(other) => format!("did you mean `{provider}/{other}`?"),
            None => {
                format!("sign in with `keyfob login {provider} --as {name}`, or see `keyfob list`")
            }
        };
        Error::new(
            Code::UnknownAccount,
            format!("no account is called {typed}"),
        )
        .hint(hint)
        .account(typed)
    }

    /// Nobody is signed in at a provider, or what was typed is none; or nobody is anywhere.
    pub(super) fn nobody(&self, target: Option<Target<'_>>) -> Error {
        let Some(Target {
            provider: typed, ..
        }) = target
        else {
            return nobody_anywhere();
        };
        let Err(unknown) = self.known(typed) else {
            return Error::new(
                Code::LoginRequired,
                format!("nobody is signed in at {typed}"),
            )
            .hint(format!("sign in with `keyfob login {typed}`"));
        };
        let accounts = self.vault.accounts().accounts;
        match accounts.iter().find(|account| account.name == typed) {
            Some(account) => unknown.hint(format!("did you mean `{account}`?")),
            None => unknown,
        }
    }

    /// The same where a variable would do, which a CI job has rather than an account.
    pub(super) fn no_token(&self, target: Option<Target<'_>>) -> Error {
        let error = self.nobody(target);
        let known =
            target.filter(|_| error.code == Code::LoginRequired && self.environment.is_ci());
        let provider = known.and_then(|target| self.registry.describe(target.provider).ok());
        match provider.filter(|provider| provider.like.is_none()) {
            Some(provider) => {
                let variable = provider.token_variables().swap_remove(0);
                error.hint(format!(
                    "in a CI job, set {variable}, or exchange the job's identity token with `--exchange`; elsewhere sign in with `keyfob login {}`",
                    provider.name
                ))
            }
            None => error,
        }
    }

    /// The same where an account is wanted and a variable may be all there is.
    pub(super) fn not_kept(&self, target: Option<Target<'_>>) -> Error {
        let variables = self.variables(target.map(|target| target.provider));
        match variables.into_iter().find_map(Result::ok) {
            Some(SetVariable { provider, name }) => Error::new(
                Code::LoginRequired,
                format!("{name} holds a token that keyfob does not keep; this is for accounts"),
            )
            .hint(format!(
                "sign in with `keyfob login {provider}`; `token`, `export`, `exec`, `check` and `whoami` take the variable"
            )),
            None => self.nobody(target),
        }
    }

    /// Whether a definition exists; a broken one does.
    fn known(&self, provider: &str) -> Result<()> {
        match self.registry.get(provider) {
            Err(error) if error.code == Code::UnknownProvider => Err(error),
            _ => Ok(()),
        }
    }
}

/// An account that a directory rule names and that cannot be used; most likely it is another machine's.
pub(super) fn unknown_to_rule(error: Error, provider: &str, name: &str, rule: &Rule) -> Error {
    let missing = error.code == Code::UnknownAccount;
    let error = Error {
        message: format!("{rule}: {}", error.message),
        ..error
    };
    if missing {
        let file = rule.file.display();
        return error.hint(format!(
            "sign in as it with `keyfob login {provider} --as {name}`, or name another in {file}"
        ));
    }
    error
}

pub(super) fn no_match(pattern: &str, accounts: &[Account]) -> Error {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    let fits_some = |pattern: &String| names.iter().any(|name| fits(pattern, name));
    let (provider, rest) = pattern.split_once('/').unwrap_or((pattern, "*"));
    let providers = accounts.iter().map(|account| account.provider.as_str());
    let meant = nearest(provider, providers)
        .map(|provider| format!("{provider}/{rest}"))
        .filter(fits_some)
        .or_else(|| Some(pattern.to_lowercase()).filter(fits_some))
        .or_else(|| nearest(pattern, names.iter().map(String::as_str)).map(str::to_owned));
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "sign in with `keyfob login PROVIDER`".into(),
        None => "`keyfob list` shows the accounts".into(),
    };
    let shown = escape_short(pattern, 80);
    Error::new(
        Code::UnknownAccount,
        format!("no account matches `{shown}`"),
    )
    .hint(hint)
}

pub(crate) fn nobody_anywhere() -> Error {
    Error::new(Code::LoginRequired, "nobody is signed in")
        .hint("sign in with `keyfob login PROVIDER`; `keyfob provider list` shows the providers")
}

pub(super) fn ambiguous(message: &str, accounts: &[Account]) -> Error {
    let names: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    Error::new(Code::AmbiguousAccount, message).hint(one_of(&names))
}

pub(super) fn ambiguous_variables(set: &[SetVariable]) -> Error {
    let mut names: Vec<&str> = set.iter().map(|one| one.name.as_str()).collect();
    names.truncate(SHOWN);
    let message = format!(
        "nobody is signed in, and several variables hold tokens: {}",
        names.join(", ")
    );
    let providers: Vec<_> = set.iter().map(|one| one.provider.clone()).collect();
    Error::new(Code::AmbiguousAccount, message).hint(one_of(&providers))
}

pub(super) fn one_of(names: &[String]) -> String {
    let all = names.len();
    let mut shown: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    if all > SHOWN {
        shown.push(format!("{} more in `keyfob list`", all - SHOWN));
    }
    format!("name one of {}", shown.join(", "))
}

/// A variable that is set to what can be no token. What it holds is not shown, for it may be most of one.
pub(super) fn unreadable(variable: &SetVariable) -> Error {
    let SetVariable { provider, name } = variable;
    Error::new(
        Code::ConfigInvalid,
        format!("{name} holds no token: one is printable ASCII without blanks, of 64 KiB at most"),
    )
    .hint(format!(
        "set {name} anew, or unset it and sign in with `keyfob login {provider}`"
    ))
}
