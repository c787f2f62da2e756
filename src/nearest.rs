//! What somebody may have meant: the nearest of some names to a mistyped one.

/// The candidate most like `typed`, if it is like enough to be offered.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&typed, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let names = ["huggingface", "github", "gitlab"];
        assert_eq!(nearest("hugingface", names), Some("huggingface"));
        assert_eq!(nearest("gihtub", names), Some("github"));
        assert_eq!(nearest("GitLab", names), Some("gitlab"));
        assert_eq!(nearest("keycloak", names), None);
    }
}
