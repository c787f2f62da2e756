//! GitLab's dotenv reports, which are dotenv in name alone: what follows the `=` is the value, quotes and all.

use super::is_simple;

/// The most bytes that GitLab takes in a report.
pub const REPORT_LIMIT: usize = 5 * 1024;

/// `NAME=VALUE`, of `[A-Za-z0-9._~+/=-]` alone: nothing can be quoted, blanks are stripped, and a `$` in a
/// variable of a job is expanded.
pub fn report_line(variable: &str, value: &str) -> Option<String> {
    is_simple(value).then(|| format!("{variable}={value}"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::assert_simple_only;
    use super::*;

    #[test]
    fn a_line_is_bare_or_refused() {
        assert_eq!(report_line("V", "glpat-a_b==").unwrap(), "V=glpat-a_b==");
        assert_simple_only(report_line);
    }
}
