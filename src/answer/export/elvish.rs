//! Elvish.

/// `set-env NAME '…'`, which carries every value: within single quotes a quote is two, and nothing else is
/// special.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
pub fn set_env(variable: &str, value: &str) -> Option<String> {
    Some(format!(
        "set-env {variable} '{}'",
        value.replace('\'', "''")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(set_env("V", "abc").unwrap(), "set-env V 'abc'");
        assert_eq!(set_env("V", r"'a''b\").unwrap(), r"set-env V '''a''''b\'");
    }
}
