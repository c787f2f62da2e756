//! What was typed: `PROVIDER` or `PROVIDER/NAME`.

use super::pattern::is_pattern;
use crate::error::{Error, Result};
use crate::names::{is_name, is_provider_name};
use keyfob_base::escape::escape_short;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub provider: &'a str,
    pub name: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Splits at the first `/`; each part must fit its grammar.
    pub(crate) fn parse(typed: &'a str) -> Result<Self> {
        Self::read(typed).ok_or_else(|| malformed(typed))
    }

    pub(super) fn read(typed: &'a str) -> Option<Self> {
        let (provider, name) = match typed.split_once('/') {
            Some((provider, name)) => (provider, Some(name)),
            None => (typed, None),
        };
        let fits = is_provider_name(provider) && name.is_none_or(is_name);
        fits.then_some(Self { provider, name })
    }
}

fn malformed(typed: &str) -> Error {
    if is_pattern(typed) {
        let shown = escape_short(typed, 80);
        let what = format!("`{shown}` is a pattern, and a name is wanted");
        return Error::usage(what).hint("name one account as PROVIDER/NAME; `logout`, `refresh`, `check`, `move`, `backup` and `restore` take patterns");
    }
    let lower = typed.to_lowercase();
    let hint = match Target::read(&lower) {
        Some(_) => format!("names are in lower case: `{lower}`"),
        None if is_host(typed) => {
            format!("an issuer is written as a URL: `keyfob login https://{typed}`")
        }
        None => "an account is written PROVIDER/NAME, such as `huggingface/julien`".into(),
    };
    Error::usage(format!("`{typed}` is no account name")).hint(hint)
}

fn is_host(typed: &str) -> bool {
    let host = typed.split('/').next().unwrap_or_default();
    host.contains('.')
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
}
