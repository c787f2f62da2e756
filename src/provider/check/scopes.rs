//! Scopes by RFC 6749 §3.3, wherever a definition has them, and what stands between them.

use super::{Checked, ensure};
use crate::provider::Provider;
use crate::provider::fault::dotted;

const WHAT: &str = "must each be one scope: printable ASCII, without blank, quote or separator";

pub(super) fn check(provider: &Provider) -> Checked {
    let separator = provider.scope_separator.as_str();
    let granted = provider.token.granted_scope_separator.as_deref();
    for (key, separator) in [
        ("scope_separator", Some(separator)),
        ("token.granted_scope_separator", granted),
    ] {
        ensure(separator != Some(""), key, "must not be empty")?;
    }
    let fit = |scopes: &[String]| scopes.iter().all(|scope| one(scope, separator));
    ensure(fit(&provider.scopes), "scopes", WHAT)?;
    for (name, scopes) in &provider.presets {
        let key = dotted("presets", name);
        let what = "must be named in lower-case letters, digits and `-`, beginning with a letter";
        ensure(names_a_preset(name), key.clone(), what)?;
        ensure(!scopes.is_empty(), key.clone(), "must hold a scope")?;
        ensure(fit(scopes), key, WHAT)?;
    }
    let unlisted = &provider.token.unlisted_scopes;
    ensure(fit(unlisted), "token.unlisted_scopes", WHAT)?;
    for (theirs, ours) in &provider.token.granted_scope_aliases {
        let key = dotted("token.granted_scope_aliases", theirs);
        let fits = one(ours, separator) && one(theirs, granted.unwrap_or(" "));
        ensure(fits, key, "must be one scope for another")?;
    }
    Ok(())
}

fn one(scope: &str, separator: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
    !scope.is_empty() && !scope.contains(separator) && scope.bytes().all(plain)
}

fn names_a_preset(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain)
}
