//! Words of servers, definitions and files, by where they go: each sink takes a type of its own, and each type
//! has one constructor, which lets through what that sink bears. What a shell completes has its type in
//! [`complete`](crate::complete).

use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer};
use url::Url;

use crate::token_set::is_token;
use crate::variables::{Reason, is_variable, reserved};
use keyfob_base::escape::is_unsafe;
use keyfob_base::secret::Secret;

/// Lines for a terminal, in which nothing acts but colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Escapes everything that acts but line ends, tabs and colours (`ESC [ … m`).
    pub(crate) fn new(text: &str) -> Self {
        if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n')) {
            return Self(text.to_owned());
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = colour(rest).unwrap_or(c.len_utf8());
            if length > c.len_utf8() || matches!(c, '\n' | '\t') || !is_unsafe(c) {
                shown.push_str(&rest[..length]);
            } else {
                shown.extend(c.escape_unicode());
            }
            rest = &rest[length..];
        }
        Self(shown)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The length of a colour that a text begins with.
fn colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\x1b[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    numbers[end..]
        .starts_with('m')
        .then_some("\x1b[".len() + end + 1)
}

/// The address of a page, as it is shown and as a browser gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageAddress(String);

/// What a URL may hold as it is, and a shell, PowerShell or `cmd` would act on. `&` and `%` stay: they
/// are the URL's own.
const ACTIVE: &str = "$`'\"();|\\<>^{}!*";

impl PageAddress {
    /// Percent-encodes what a shell would act on, which means the same to a server: it may be pasted into a
    /// command, and somebody's browser may be a script that quotes badly.
    pub(crate) fn new(url: &Url) -> Self {
        let mut address = String::with_capacity(url.as_str().len());
        for c in url.as_str().chars() {
            if ACTIVE.contains(c) {
                let _ = write!(address, "%{:02X}", u32::from(c)); // a string takes anything
            } else {
                address.push(c);
            }
        }
        Self(address)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a variable that a token is put into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VariableName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnfitName {
    Grammar,
    Reserved(Reason),
}

impl VariableName {
    pub(crate) fn new(name: &str) -> Result<Self, UnfitName> {
        match reserved(name) {
            Some(reason) => Err(UnfitName::Reserved(reason)),
            None => Self::of_output(name),
        }
    }

    /// The name of a step's output, in which no program looks for anything.
    pub(crate) fn of_output(name: &str) -> Result<Self, UnfitName> {
        let fit = is_variable(name).then(|| Self(name.to_owned()));
        fit.ok_or(UnfitName::Grammar)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for VariableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The token that is put into a variable: one word of visible ASCII.
#[derive(Debug, Clone)]
pub(crate) struct VariableValue(Secret);

impl VariableValue {
    pub(crate) fn new(token: &Secret) -> Option<Self> {
        is_token(token.expose()).then(|| Self(token.clone()))
    }

    /// Hands out the value, as [`Secret::expose`] does.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_in_a_text_but_its_colours() {
        for (text, shown) in [
            ("a\tb\nc é 日本", "a\tb\nc é 日本"),
            ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\x1b[31", "\\u{1b}[31"),
            ("\x1b]0;x\x07", "\\u{1b}]0;x\\u{7}"),
            ("\x1b[1\x1b[2Km", "\\u{1b}[1\\u{1b}[2Km"),
            (
                "a\rb\u{9b}31m\u{202e}\u{ad}",
                "a\\u{d}b\\u{9b}31m\\u{202e}\\u{ad}",
            ),
        ] {
            assert_eq!(Text::new(text).as_str(), shown, "{text:?}");
        }
    }

    #[test]
    fn a_page_has_one_spelling() {
        let url = Url::parse("https://a.example/x;y?q=$(touch%20x)|'z'&s=1").unwrap();
        let spelt = "https://a.example/x%3By?q=%24%28touch%20x%29%7C%27z%27&s=1";
        assert_eq!(PageAddress::new(&url).as_str(), spelt);
        let again = Url::parse(spelt).unwrap();
        assert_eq!(PageAddress::new(&again).as_str(), spelt);
    }

    #[test]
    fn names_and_values_of_variables_are_told_from_other_words() {
        assert_eq!(
            VariableName::new("ACME_TOKEN").unwrap().as_str(),
            "ACME_TOKEN"
        );
        for name in ["", "1A", "A-B", "A=B", "A B", "A\nB", "Ä", "$(x)"] {
            assert_eq!(VariableName::new(name), Err(UnfitName::Grammar), "{name}");
        }
        for name in ["PATH", "LD_PRELOAD", "PROMPT_COMMAND"] {
            let unfit = VariableName::new(name);
            assert!(matches!(unfit, Err(UnfitName::Reserved(_))), "{name}");
            assert!(VariableName::of_output(name).is_ok());
        }
        for (token, fit) in [
            ("a$b;c", true),
            ("", false),
            ("a b", false),
            ("a\nb", false),
        ] {
            let value = VariableValue::new(&Secret::new(token));
            assert_eq!(value.is_some(), fit, "{token}");
            assert!(!format!("{value:?}").contains("a$b"));
        }
    }
}
