//! The grammars of account and provider names: what shells, paths and completion bear.

use std::collections::BTreeMap;

pub(crate) const GRAMMAR: &str = "use lower-case letters, digits, `.`, `_` and `-`, 64 at most, beginning with a letter or digit, and no name of a Windows device such as `con`";

/// Names that mean a device on Windows, in whichever folder and with whichever extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let numbered = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port);
        number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
    });
    numbered || DEVICES.contains(&stem)
}

pub(crate) fn is_name(name: &str) -> bool {
    is_readable_name(name) && !is_device(name)
}

/// A name that an account may have got before devices were none.
pub(crate) fn is_readable_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
}

pub(crate) fn is_provider_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && !is_device(name)
        && !name.starts_with('-')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Accounts written `PROVIDER/NAME`, one a provider: provider to account name. What is wrong is said without
/// the entry, which may be anything, a token too.
pub(crate) fn one_a_provider<'a>(
    entries: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, String> {
    let mut accounts = BTreeMap::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let parts = entry.split_once('/');
        let Some((provider, name)) = parts.filter(|(p, n)| is_provider_name(p) && is_name(n))
        else {
            return Err(format!("its entry {} is no PROVIDER/NAME", at + 1));
        };
        if accounts.insert(provider.into(), name.into()).is_some() {
            return Err(format!("it names two accounts of {provider}"));
        }
    }
    Ok(accounts)
}

/// The variable that carries `what` for a provider, such as `KEYFOB_MY_HOST_CLIENT_ID`.
pub(crate) fn variable(provider: &str, what: &str) -> String {
    let provider = provider.to_ascii_uppercase().replace('-', "_");
    format!("KEYFOB_{provider}_{what}")
}

/// The variable that holds a provider's token where there is no convention, such as `MY_HOST_TOKEN`.
pub(crate) fn token_variable(provider: &str) -> String {
    let provider = provider.to_ascii_uppercase().replace('-', "_");
    let digit = provider.starts_with(|c: char| c.is_ascii_digit());
    let begin = if digit { "_" } else { "" };
    format!("{begin}{provider}_TOKEN")
}

/// Derives an account's name from a username: lower-cased, runs of other characters one `-`,
/// trimmed to the grammar, `account` where nothing is left.
pub(crate) fn name_from(username: &str) -> String {
    let mut name = String::new();
    for c in username.to_lowercase().chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_') {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(64); // all ASCII by now
    let trimmed = name
        .trim_start_matches(['.', '_', '-'])
        .trim_end_matches('-');
    if trimmed.is_empty() {
        "account".into()
    } else if is_device(trimmed) {
        let name: String = format!("user-{trimmed}").chars().take(64).collect();
        name.trim_end_matches('-').into()
    } else {
        trimmed.into()
    }
}

/// The candidate most like `typed`, if it is like enough to be offered.
pub(crate) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&typed, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_derived_by_the_grammar() {
        for (username, name) in [
            ("julien", "julien"),
            ("Ada Lovelace", "ada-lovelace"),
            ("ada@example.com", "ada-example.com"),
            ("--x--", "x"),
            ("日本", "account"),
            ("", "account"),
            ("a//b\\c:d", "a-b-c-d"),
            ("../../etc", "etc"),
        ] {
            assert_eq!(name_from(username), name, "{username}");
            assert!(is_name(&name_from(username)), "{username}");
        }
        assert!(is_name(&name_from(&"a".repeat(100))));
        assert!(is_name(&name_from(&format!("{}é!", "b".repeat(63)))));
    }

    #[test]
    fn the_grammars_refuse_what_breaks_shells_and_paths() {
        for bad in [
            "",
            ".a",
            "-a",
            "A",
            "a b",
            "a/b",
            "a@b",
            "a:b",
            "..",
            &"a".repeat(65),
        ] {
            assert!(!is_name(bad), "{bad}");
        }
        for bad in ["", "-a", "A", "a.b", "a_b", "a/b", &"a".repeat(33)] {
            assert!(!is_provider_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let names = ["huggingface", "github", "gitlab"];
        assert_eq!(nearest("hugingface", names), Some("huggingface"));
        assert_eq!(nearest("gihtub", names), Some("github"));
        assert_eq!(nearest("GitLab", names), Some("gitlab"));
        assert_eq!(nearest("keycloak", names), None);
    }

    #[test]
    fn devices_of_windows_are_no_names() {
        for device in [
            "con", "prn", "aux", "nul", "com0", "com1", "com9", "lpt1", "lpt9",
        ] {
            assert!(!is_name(device) && !is_provider_name(device), "{device}");
            let upper = device.to_uppercase();
            for username in [device.to_owned(), upper.clone(), format!("{upper}.Txt")] {
                let name = name_from(&username);
                assert!(is_name(&name) && name.starts_with("user-"), "{name}");
            }
            for extended in [format!("{device}.txt"), format!("{device}.tar.gz")] {
                assert!(!is_name(&extended), "{extended}");
            }
        }
        for name in [
            "conrad",
            "com",
            "com10",
            "lpt",
            "nul-1",
            "x.con",
            "auxiliary",
        ] {
            assert!(is_name(name), "{name}");
            assert_eq!(name_from(name), name);
        }
    }
}
