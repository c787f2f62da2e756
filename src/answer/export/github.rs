//! What a step says to the runner of GitHub Actions.

/// The line, without its end, that has the runner mask a value in all that a job logs from here on.
/// `None` for an empty value, of which the runner would make a mask of nothing.
pub fn mask(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| format!("::add-mask::{}", escape(value)))
}

/// A workflow command's data, in the runner's own escapes.
fn escape(value: &str) -> String {
    value
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_one_line_and_never_empty() {
        assert_eq!(mask("abc").as_deref(), Some("::add-mask::abc"));
        assert_eq!(
            mask("a%0Ab\r\nc::d").as_deref(),
            Some("::add-mask::a%250Ab%0D%0Ac::d")
        );
        assert_eq!(mask(""), None);
    }
}
