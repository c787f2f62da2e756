//! Patterns such as `huggingface/*`: `*` stands for any characters, `/` too, and `?` for one.

pub(crate) fn is_pattern(typed: &str) -> bool {
    typed.contains(['*', '?'])
}

/// Whether `pattern` fits the whole of `name`. Only the last `*` is ever tried again, and `name` is short,
/// so the time is linear in the pattern.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut seen) = (0, 0);
    let mut last_star = None; // what follows it, and how much of the name it does not stand for yet
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                last_star = Some((at, seen));
            }
            Some(&byte) if byte == b'?' || byte == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((after, from)) = last_star else {
                    return false;
                };
                (at, seen) = (after, from + 1);
                last_star = Some((after, seen));
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_and_what_does_not() {
        for (pattern, name, expected) in [
            ("*", "acme/ada", true),
            ("acme/*", "acme/ada", true),
            ("acme/*", "acmes/ada", false),
            ("acme*", "acmes/ada", true),
            ("*/ada", "acme/ada", true),
            ("*/ada", "acme/ada-2", false),
            ("*/*a", "acme/ada", true),
            ("*/a?a", "acme/ada", true),
            ("acme/?", "acme/ada", false),
            ("acme/???", "acme/ada", true),
            ("acme/ada?", "acme/ada", false),
            ("acme?ada", "acme/ada", true),
            ("acme/a**a", "acme/ada", true),
            ("*ab*ab", "x/abab", true),
            ("*ab*abc", "x/ababab", false),
            ("**", "a", true),
            ("?", "", false),
            ("*", "", true),
            ("Acme/*", "acme/ada", false),
            ("acme/[a]*", "acme/ada", false),
            ("é*", "acme/ada", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_a_pattern() {
        for pattern in ["*", "acme/*", "?", "a?me/x"] {
            assert!(is_pattern(pattern), "{pattern}");
        }
        for name in ["", "acme", "acme/ada", "acme/[a]", "acme/{a,b}"] {
            assert!(!is_pattern(name), "{name}");
        }
    }

    /// What backtracks over every star takes longer than anybody waits.
    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let name = format!("{}/{}", "a".repeat(32), "a".repeat(64));
        assert!(!fits(&format!("{}b", "*a".repeat(40)), &name));
        assert!(!fits(&format!("{}b", "*a*?".repeat(100_000)), &name));
        assert!(fits(&"*".repeat(1_000_000), &name));
    }
}
