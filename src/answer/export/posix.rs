//! The POSIX shells and their kin: sh, dash, bash, zsh, ksh.

/// `export NAME='…'`, which carries every value.
///
/// Within single quotes nothing is special, so a quote ends them, comes escaped, and opens them again. Two
/// quotes never follow each other within, so zsh's `RC_QUOTES` changes nothing.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
pub fn export(variable: &str, value: &str) -> Option<String> {
    Some(format!(
        "export {variable}='{}'",
        value.replace('\'', r"'\''")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_leave_the_quotes() {
        assert_eq!(export("V", "abc").unwrap(), "export V='abc'");
        assert_eq!(export("V", "a'b").unwrap(), r"export V='a'\''b'");
        assert_eq!(export("V", "''").unwrap(), r"export V=''\'''\'''");
        assert_eq!(export("V", r"$(x)`\!!").unwrap(), r"export V='$(x)`\!!'");
    }
}
