//! fish.

/// `set -gx NAME '…'`, which carries every value: within single quotes fish knows `\\` and `\'` alone.
#[allow(clippy::unnecessary_wraps, reason = "it is a form")]
pub fn set(variable: &str, value: &str) -> Option<String> {
    let value = value.replace('\\', r"\\").replace('\'', r"\'");
    Some(format!("set -gx {variable} '{value}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_and_quotes_are_escaped() {
        assert_eq!(set("V", "abc").unwrap(), "set -gx V 'abc'");
        assert_eq!(set("V", r"a'b\c\'").unwrap(), r"set -gx V 'a\'b\\c\\\''");
        assert_eq!(set("V", "$x(y)").unwrap(), "set -gx V '$x(y)'");
    }
}
