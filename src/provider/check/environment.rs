//! Where a provider's tokens are looked for outside, and how they begin.

use std::collections::BTreeSet;

use super::{Checked, ensure};
use crate::names::{is_reserved_variable, is_variable};
use crate::provider::{PrefixRule, Provider};

/// The longest prefix; a longer one is a token in the wrong place.
const LONGEST: usize = 32;

pub(super) fn check(provider: &Provider) -> Checked {
    variables(&provider.environment.variables)?;
    prefixes(&provider.prefixes)
}

fn variables(names: &[String]) -> Checked {
    let key = "environment.variables";
    let fit = names.iter().all(|name| is_variable(name));
    let what = "must each be a variable: letters, digits and `_`, not beginning with a digit";
    ensure(fit, key, what)?;
    let free = !names.iter().any(|name| is_reserved_variable(name));
    let what = "must hold no variable that the system or keyfob itself uses, such as `PATH`";
    ensure(free, key, what)?;
    ensure(distinct(names.iter()), key, "must name each variable once")
}

fn prefixes(rule: &PrefixRule) -> Checked {
    for (key, prefixes) in [
        ("prefixes.access", &rule.access),
        ("prefixes.refresh", &rule.refresh),
    ] {
        let plain = |prefix: &String| {
            (1..=LONGEST).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_graphic())
        };
        let what = "must each be 1 to 32 printable ASCII characters without blanks";
        ensure(prefixes.iter().all(plain), key, what)?;
        ensure(distinct(prefixes.iter()), key, "must name each prefix once")?;
    }
    let both = rule.access.iter().chain(&rule.refresh);
    let what = "must hold no prefix that is in `prefixes.access` too";
    ensure(distinct(both), "prefixes.refresh", what)
}

fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> bool {
    let mut seen = BTreeSet::new();
    texts.into_iter().all(|text| seen.insert(text))
}
