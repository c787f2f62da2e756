//! What can be drawn on stderr.

use std::io::IsTerminal;

/// A terminal as whoever draws on it sees it. Without a terminal it has no size, and nothing but text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub colour: bool,
    pub unicode: bool,
}

impl Canvas {
    pub(crate) fn look() -> Self {
        let terminal = std::io::stderr().is_terminal() && !is_dumb();
        let size = console::Term::stderr().size_checked();
        let (height, width) = size.filter(|_| terminal).unwrap_or_default();
        Self {
            width: width.into(),
            height: height.into(),
            colour: terminal && !is_plain(),
            unicode: cfg!(windows) || is_utf8(|name| std::env::var(name).ok()),
        }
    }
}

pub(crate) fn is_plain() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

pub(crate) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| kind == "dumb")
}

/// Whether the locale's characters are UTF-8: the first of these three that says anything (POSIX §8.2).
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|locale| !locale.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_says_anything_decides() {
        for (environment, utf8) in [
            (&[("LANG", "C.UTF-8")][..], true),
            (&[("LANG", "de_DE.utf8")], true),
            (&[("LANG", "de_DE.ISO-8859-1")], false),
            (&[("LANG", "C")], false),
            (&[], false),
            (
                &[
                    ("LC_ALL", "C"),
                    ("LC_CTYPE", "C.UTF-8"),
                    ("LANG", "C.UTF-8"),
                ],
                false,
            ),
            (
                &[("LC_ALL", ""), ("LC_CTYPE", "UTF-8"), ("LANG", "C")],
                true,
            ),
        ] {
            let found = is_utf8(|name| {
                let pair = environment.iter().find(|(known, _)| *known == name);
                pair.map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found, utf8, "{environment:?}");
        }
    }
}
