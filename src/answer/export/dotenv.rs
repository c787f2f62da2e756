//! `.env` files, for which there is no standard: a line must mean the same to python-dotenv, to dotenv and
//! `--env-file` of Node.js, to Docker Compose, and to a shell that sources it.

/// `NAME=…`, bare where nobody sees anything special in it, else in single quotes.
///
/// Refused is what one of them reads differently there: a quote, which ends the string or does not; a
/// backslash, which some take as an escape; and `${`, in which python-dotenv puts another variable even
/// within single quotes.
pub fn line(variable: &str, value: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_come_only_where_they_are_needed() {
        assert_eq!(line("V", "hf_a.b-c+d/e").unwrap(), "V=hf_a.b-c+d/e");
        for quoted in [
            "~a", "=a", "a#b", "#", "$x", "a$", "a`b", "\"a\"", "a=", "!!", "a{b}",
        ] {
            assert_eq!(line("V", quoted).unwrap(), format!("V='{quoted}'"));
        }
    }

    #[test]
    fn what_some_reader_takes_otherwise_is_refused() {
        for value in ["a'b", "'", "a\\b", "\\", "a\\\\", "${x}", "a${x:-y}b"] {
            assert_eq!(line("V", value), None, "{value}");
        }
    }
}
