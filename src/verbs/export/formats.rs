//! Assignments of tokens to variables, a form for each family of readers. Data in, text out.
//!
//! Each form gives back byte for byte what it carries, in the real reader; what it cannot carry so, it
//! refuses.

use serde::{Serialize, Serializer};

use super::Format;
use crate::words::{VariableName, VariableValue};

/// One assignment of a value to a variable, as its reader takes it: lines without the last one's end.
/// `None` where that reader cannot be trusted to give the value back.
pub(crate) type AssignmentForm =
    fn(variable: &VariableName, value: &VariableValue) -> Option<String>;

#[derive(Debug)]
pub(crate) struct Assignment {
    pub variable: VariableName,
    pub token: VariableValue,
}

/// Whether a value is of characters that mean nothing to any reader within its quotes:
/// `[A-Za-z0-9._~+/=-]`, which most tokens are of (RFC 6750 §2.1).
pub(super) fn is_simple(value: &VariableValue) -> bool {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte);
    value.expose().bytes().all(simple)
}

pub(super) fn form(format: Format) -> Option<AssignmentForm> {
    Some(match format {
        Format::Sh | Format::Bash | Format::Zsh | Format::Gitlab => posix,
        Format::Fish => fish,
        Format::PowerShell => powershell,
        Format::Cmd => cmd,
        Format::Nu => nu,
        Format::Elvish => elvish,
        Format::Dotenv => dotenv,
        Format::Json | Format::Github => return None,
    })
}

/// `export NAME='…'`, which carries every value.
///
/// Within single quotes nothing is special, so a quote ends them, comes escaped, and opens them again. Two
/// quotes never follow each other within, so zsh's `RC_QUOTES` changes nothing.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
fn posix(variable: &VariableName, value: &VariableValue) -> Option<String> {
    Some(format!(
        "export {variable}='{}'",
        value.expose().replace('\'', r"'\''")
    ))
}

/// `set -gx NAME '…'`, which carries every value: within single quotes fish knows `\\` and `\'` alone.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
fn fish(variable: &VariableName, value: &VariableValue) -> Option<String> {
    let value = value.expose().replace('\\', r"\\").replace('\'', r"\'");
    Some(format!("set -gx {variable} '{value}'"))
}

/// `set-env NAME '…'`, which carries every value: within single quotes a quote is two, and nothing else is
/// special.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
fn elvish(variable: &VariableName, value: &VariableValue) -> Option<String> {
    Some(format!(
        "set-env {variable} '{}'",
        value.expose().replace('\'', "''")
    ))
}

/// `$env.NAME = '…'`, which carries every value. Single quotes have no escape at all, so a value with a
/// quote in it goes into a raw string, `r#'…'#`, with as many `#` as end it nowhere else.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
fn nu(variable: &VariableName, value: &VariableValue) -> Option<String> {
    let value = value.expose();
    if !value.contains('\'') {
        return Some(format!("$env.{variable} = '{value}'"));
    }
    let mut hashes = "#".to_owned();
    while value.contains(&format!("'{hashes}")) {
        hashes.push('#');
    }
    Some(format!("$env.{variable} = r{hashes}'{value}'{hashes}"))
}

/// `$env:NAME = '…'`, of `[A-Za-z0-9._~+/=-]` alone.
fn powershell(variable: &VariableName, value: &VariableValue) -> Option<String> {
    is_simple(value).then(|| format!("$env:{variable} = '{}'", value.expose()))
}

/// `set "NAME=…"`, of `[A-Za-z0-9._~+/=-]` alone.
fn cmd(variable: &VariableName, value: &VariableValue) -> Option<String> {
    is_simple(value).then(|| format!("set \"{variable}={}\"", value.expose()))
}

/// `NAME=…`, bare where nobody sees anything special in it, else in single quotes.
///
/// Refused is what one of them reads differently there: a quote, which ends the string or does not; a
/// backslash, which some take as an escape; and `${`, in which python-dotenv puts another variable even
/// within single quotes.
fn dotenv(variable: &VariableName, value: &VariableValue) -> Option<String> {
    let value = value.expose();
    if value.bytes().all(is_bare) {
        return Some(format!("{variable}={value}"));
    }
    let exact = !value.contains(['\'', '\\']) && !value.contains("${");
    exact.then(|| format!("{variable}='{value}'"))
}

/// Neither `~` nor `=`, which shells expand at the start of a value.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._+/-".contains(&byte)
}

#[derive(Debug)]
pub(crate) struct Tokens<'a>(pub &'a [Assignment]);

impl Serialize for Tokens<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.iter();
        serializer.collect_map(members.map(|one| (&one.variable, one.token.expose())))
    }
}

#[cfg(test)]
pub(super) mod fixture {
    //! What tokens may hold.

    use keyfob_base::secret::Secret;

    use crate::words::{VariableName, VariableValue};

    /// What a form makes of an assignment to `V`.
    pub(crate) fn assign(form: super::AssignmentForm, value: &str) -> Option<String> {
        let value = VariableValue::new(&Secret::new(value)).expect("a token");
        form(&VariableName::new("V").expect("a name"), &value)
    }

    /// Every character, in order.
    pub(crate) fn all() -> String {
        ('!'..='~').collect()
    }

    /// Asserts that only `[A-Za-z0-9._~+/=-]` is carried.
    pub(crate) fn assert_simple_only(form: super::AssignmentForm) {
        for c in '!'..='~' {
            let simple = c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
            for value in [format!("{c}"), format!("a{c}b")] {
                assert_eq!(assign(form, &value).is_some(), simple, "{value}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{all, assert_simple_only, assign};
    use super::*;
    use crate::account::fixture::assert_shape;
    use crate::verbs::output::json;
    use keyfob_base::secret::Secret;

    #[test]
    fn an_assignment_shows_no_token() {
        let shown = format!("{:?}", assignment("HF_TOKEN", "hf_mark"));
        assert!(!shown.contains("hf_mark"), "{shown}");
    }

    #[test]
    fn quotes_leave_the_quotes() {
        assert_eq!(assign(posix, "abc").unwrap(), "export V='abc'");
        assert_eq!(assign(posix, "a'b").unwrap(), r"export V='a'\''b'");
        assert_eq!(assign(posix, "''").unwrap(), r"export V=''\'''\'''");
        assert_eq!(assign(posix, r"$(x)`\!!").unwrap(), r"export V='$(x)`\!!'");
    }

    #[test]
    fn backslashes_and_quotes_are_escaped() {
        assert_eq!(assign(fish, "abc").unwrap(), "set -gx V 'abc'");
        assert_eq!(
            assign(fish, r"a'b\c\'").unwrap(),
            r"set -gx V 'a\'b\\c\\\''"
        );
        assert_eq!(assign(fish, "$x(y)").unwrap(), "set -gx V '$x(y)'");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(assign(elvish, "abc").unwrap(), "set-env V 'abc'");
        assert_eq!(assign(elvish, r"'a''b\").unwrap(), r"set-env V '''a''''b\'");
    }

    #[test]
    fn a_quote_makes_the_string_a_raw_one_that_ends_at_its_end() {
        assert_eq!(assign(nu, r#"a"b\"#).unwrap(), r#"$env.V = 'a"b\'"#);
        assert_eq!(assign(nu, "a'b").unwrap(), "$env.V = r#'a'b'#");
        assert_eq!(assign(nu, "a'#b").unwrap(), "$env.V = r##'a'#b'##");
        assert_eq!(assign(nu, "'###").unwrap(), "$env.V = r####''###'####");
    }

    #[test]
    fn simple_values_are_quoted_and_others_refused() {
        assert_eq!(assign(powershell, "a~b==").unwrap(), "$env:V = 'a~b=='");
        assert_eq!(assign(cmd, "a~b==").unwrap(), "set \"V=a~b==\"");
        assert_simple_only(powershell);
        assert_simple_only(cmd);
    }

    #[test]
    fn quotes_come_only_where_they_are_needed() {
        assert_eq!(assign(dotenv, "hf_a.b-c+d/e").unwrap(), "V=hf_a.b-c+d/e");
        for quoted in [
            "~a", "=a", "a#b", "#", "$x", "a$", "a`b", "\"a\"", "a=", "!!", "a{b}",
        ] {
            assert_eq!(assign(dotenv, quoted).unwrap(), format!("V='{quoted}'"));
        }
    }

    #[test]
    fn what_some_reader_takes_otherwise_is_refused() {
        for value in ["a'b", "'", "a\\b", "\\", "a\\\\", "${x}", "a${x:-y}b"] {
            assert_eq!(assign(dotenv, value), None, "{value}");
        }
    }

    fn assignment(variable: &str, token: &str) -> Assignment {
        Assignment {
            variable: VariableName::new(variable).unwrap(),
            token: VariableValue::new(&Secret::new(token)).unwrap(),
        }
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let both = [
            assignment("HF_TOKEN", "hf_oauth_..."),
            assignment("GH_TOKEN", "gho_..."),
        ];
        assert_shape(&Tokens(&both), include_str!("../shapes/export.json"));
    }

    #[test]
    fn every_character_comes_back() {
        let written = json(&Tokens(&[assignment("V", &all())]));
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["V"], all());
    }
}
