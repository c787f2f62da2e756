//! How paths are shown: those below the home folder from there, for the user's name is nobody's business.

use std::path::{Path, PathBuf};

use super::Finding;

/// A path as a shell takes it.
#[cfg(unix)]
pub fn quoted(path: &Path) -> String {
    let shown = path.display().to_string();
    shlex::try_quote(&shown).map_or_else(|_| shown.clone(), Into::into)
}

/// Several paths in words; nothing where there are none.
pub fn listed(paths: &[PathBuf]) -> Option<String> {
    let first = paths.first()?.display();
    Some(match paths.len() - 1 {
        0 => first.to_string(),
        more => format!("{first} and {more} more"),
    })
}

/// Shortens the paths in findings.
pub fn shorten(findings: &mut [Finding]) {
    let home = std::env::var("HOME").unwrap_or_default();
    let home = home.trim_end_matches('/');
    if home.is_empty() || !Path::new(home).is_absolute() {
        return;
    }
    for finding in findings {
        finding.message = below(home, &finding.message);
        finding.hint = finding.hint.as_ref().map(|hint| below(home, hint));
    }
}

/// A path inside quotation marks is left alone, for a shell would not expand it there.
fn below(home: &str, text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(home) {
        let (before, after) = (&rest[..at], &rest[at + home.len()..]);
        let begins = before.chars().last().or(shown.chars().last());
        let begins = begins.is_none_or(|c| c == ' ' || c == '`');
        let ends = after.chars().next().is_none_or(|c| "/ `,;:".contains(c));
        shown.push_str(before);
        shown.push_str(if begins && ends { "~" } else { home });
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn whole_paths_of_the_home_are_shortened_and_nothing_else() {
        for (text, shown) in [
            ("cannot read /home/ada/x: no", "cannot read ~/x: no"),
            ("`chmod 600 /home/ada/x /home/ada/y`", "`chmod 600 ~/x ~/y`"),
            ("/home/ada", "~"),
            ("/home/adam/x", "/home/adam/x"),
            ("/srv/home/ada/x", "/srv/home/ada/x"),
            ("chmod '/home/ada/a b'", "chmod '/home/ada/a b'"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(below("/home/ada", text), shown);
        }
    }
}
