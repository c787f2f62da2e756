//! What a step says to the runner of GitHub Actions: on its output, and in the files that it names.

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

/// Lines for the file of `GITHUB_ENV` or `GITHUB_OUTPUT` that set a variable. The delimiter, which nobody can
/// guess, is not in the value.
pub fn record(variable: &str, value: &str, delimiter: &str) -> String {
    format!("{variable}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// Whether the runner refuses to set a variable for later steps, or sets its own value over it: `GITHUB_*`,
/// `RUNNER_*`, `CI`, `NODE_OPTIONS`, in any case.
pub fn is_reserved(variable: &str) -> bool {
    let variable = variable.to_ascii_uppercase();
    variable.starts_with("GITHUB_")
        || variable.starts_with("RUNNER_")
        || ["CI", "NODE_OPTIONS"].contains(&variable.as_str())
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

    #[test]
    fn a_record_stands_between_its_delimiters() {
        assert_eq!(record("V", "a=<<b", "end"), "V<<end\na=<<b\nend\n");
    }

    #[test]
    fn the_runners_own_variables_are_reserved() {
        for variable in [
            "GITHUB_TOKEN",
            "github_env",
            "RUNNER_X",
            "CI",
            "NODE_OPTIONS",
        ] {
            assert!(is_reserved(variable), "{variable}");
        }
        for variable in ["GH_TOKEN", "CI_TOKEN", "MY_GITHUB_TOKEN", "GITHUB"] {
            assert!(!is_reserved(variable), "{variable}");
        }
    }
}
