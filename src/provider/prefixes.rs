//! What a token is by its beginning: the longest prefix that fits, over all definitions, says it.

use super::Provider;
use keyfob_base::secret::Secret;

#[derive(Debug, PartialEq)]
pub(crate) enum PrefixMatch<'a> {
    Fits,
    /// It is known how this provider's tokens begin, and this one begins otherwise.
    Unknown,
    Refresh(&'a Provider),
    Foreign(&'a Provider),
}

/// Judges a token that `provider` is to have. Where several have the prefix it is its own, and else a
/// relative's: a row of which one starts from the other, as a self-managed server does.
pub(crate) fn judge<'a>(
    provider: &'a Provider,
    all: &'a [Provider],
    token: &Secret,
) -> PrefixMatch<'a> {
    let others = all.iter().filter(|other| other.name != provider.name);
    let fitting = std::iter::once(provider)
        .chain(others)
        .filter_map(|one| Some((longest(one, token)?, one)));
    let best = fitting.max_by_key(|(found, one)| (found.0, closeness(provider, one)));
    match best {
        Some(((_, true), one)) => PrefixMatch::Refresh(one),
        Some((_, one)) if closeness(provider, one) < KIN => PrefixMatch::Foreign(one),
        None if !provider.prefixes.access.is_empty() => PrefixMatch::Unknown,
        Some(_) | None => PrefixMatch::Fits,
    }
}

/// The length of the longest prefix that fits, and whether it is a refresh token's.
fn longest(provider: &Provider, token: &Secret) -> Option<(usize, bool)> {
    let prefixes = &provider.prefixes;
    let access = prefixes.access.iter().map(|prefix| (prefix, false));
    let refresh = prefixes.refresh.iter().map(|prefix| (prefix, true));
    access
        .chain(refresh)
        .filter(|(prefix, _)| token.expose().starts_with(prefix.as_str()))
        .map(|(prefix, refresh)| (prefix.len(), refresh))
        .max()
}

/// From here on a provider takes the other's tokens.
const KIN: u8 = 2;

/// How near another definition is: itself, kin, then one of its own before one that starts from another.
fn closeness(provider: &Provider, other: &Provider) -> u8 {
    let starts_from = |one: &Provider, other: &Provider| one.like.as_ref() == Some(&other.name);
    let siblings = provider.like.is_some() && provider.like == other.like;
    if provider.name == other.name {
        3
    } else if siblings || starts_from(provider, other) || starts_from(other, provider) {
        KIN
    } else {
        u8::from(other.like.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::PrefixRule;

    fn row(name: &str, like: Option<&str>, access: &[&str], refresh: &[&str]) -> Provider {
        let owned = |prefixes: &[&str]| prefixes.iter().map(|one| (*one).to_owned()).collect();
        Provider {
            name: name.into(),
            like: like.map(str::to_owned),
            prefixes: PrefixRule {
                access: owned(access),
                refresh: owned(refresh),
            },
            ..Provider::default()
        }
    }

    fn rows() -> Vec<Provider> {
        vec![
            row("hub", None, &["h_", "h_o_"], &["h_o__refresh_"]),
            row("lab", None, &["lab-"], &[]),
            row("lab-of-ours", Some("lab"), &["lab-"], &[]),
            row("lab-renamed", Some("lab"), &["ours-"], &[]),
            row("other", None, &[], &["lab-r-"]),
            row("plain", None, &[], &[]),
            row("tail", None, &["h_o"], &[]),
        ]
    }

    fn verdict(provider: &str, token: &str) -> String {
        let rows = rows();
        let provider = rows.iter().find(|row| row.name == provider).unwrap();
        match judge(provider, &rows, &Secret::new(token)) {
            PrefixMatch::Fits => "fits".into(),
            PrefixMatch::Unknown => "unknown".into(),
            PrefixMatch::Refresh(of) => format!("refresh {}", of.name),
            PrefixMatch::Foreign(of) => format!("foreign {}", of.name),
        }
    }

    #[test]
    fn the_longest_prefix_over_all_rows_says_what_a_token_is() {
        for (provider, token, said) in [
            ("hub", "h_abc", "fits"),
            ("hub", "h_o_abc", "fits"),
            ("hub", "h_o__refresh_abc", "refresh hub"),
            ("lab", "h_o__refresh_abc", "refresh hub"),
            ("plain", "h_o__refresh_abc", "refresh hub"),
            ("hub", "h_oabc", "foreign tail"), // longer than its own
            ("tail", "h_o_abc", "foreign hub"),
            ("plain", "h_abc", "foreign hub"),
            ("lab", "h_abc", "foreign hub"),
            ("lab", "lab-r-1", "refresh other"),
            ("plain", "anything", "fits"),
            ("hub", "anything", "unknown"),
            ("other", "anything", "fits"), // nobody knows how its access tokens begin
            ("hub", "H_abc", "unknown"),
            ("hub", "h", "unknown"),
        ] {
            assert_eq!(verdict(provider, token), said, "{token} at {provider}");
        }
    }

    #[test]
    fn rows_that_start_from_one_another_take_each_others_tokens() {
        for (provider, token, said) in [
            ("lab", "lab-1", "fits"),
            ("lab-of-ours", "lab-1", "fits"),
            ("lab-renamed", "lab-1", "fits"),
            ("lab-renamed", "ours-1", "fits"),
            ("lab", "ours-1", "fits"),
            ("lab-of-ours", "ours-1", "fits"),
            ("plain", "lab-1", "foreign lab"), // and not one that starts from it
        ] {
            assert_eq!(verdict(provider, token), said, "{token} at {provider}");
        }
    }
}
