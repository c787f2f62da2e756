//! The bearer challenge of a `WWW-Authenticate` header (RFC 6750 §3, RFC 9110 §11.6.1).

use std::collections::BTreeMap;

/// The parameters of the first `Bearer` challenge in a header's value, names in lower case; `None`
/// where it holds none. A header may hold several challenges, of several schemes.
pub(super) fn bearer(header: &str) -> Option<BTreeMap<String, String>> {
    let mut found: Option<BTreeMap<String, String>> = None;
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',', '=', '"']);
        if rest.is_empty() {
            return found;
        }
        let (word, after) = token(rest);
        match after.trim_start().strip_prefix('=') {
            Some(after) => {
                let (value, after) = value(after.trim_start());
                if let Some(parameters) = &mut found {
                    parameters.entry(word.to_ascii_lowercase()).or_insert(value);
                }
                rest = after;
            }
            None if found.is_some() => return found,
            None => {
                found = word.eq_ignore_ascii_case("bearer").then(BTreeMap::new);
                rest = after;
            }
        }
    }
}

fn token(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '\t', ',', '=', '"']).unwrap_or(text.len()))
}

/// A token, or a quoted string with its backslashes undone.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text);
        return (word.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => value.extend(characters.next()),
            c => value.push(c),
        }
    }
    (value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    fn error(header: &str) -> Option<String> {
        bearer(header)?.remove("error")
    }

    #[test]
    fn the_example_of_rfc_6750() {
        let header = r#"Bearer realm="example", error="invalid_token", error_description="The access token expired""#;
        let parameters = bearer(header).unwrap();
        assert_eq!(parameters["error"], "invalid_token");
        assert_eq!(parameters["error_description"], "The access token expired");
    }

    #[test]
    fn several_challenges_schemes_and_spellings() {
        let header = r#"Basic realm="a, Bearer error=\"no\"", bEARER Error = insufficient_scope,scope="a b", DPoP error="x""#;
        let parameters = bearer(header).unwrap();
        assert_eq!(parameters["error"], "insufficient_scope");
        assert_eq!(parameters["scope"], "a b");
        assert_eq!(
            error("Negotiate YWJj==, Bearer error=x").as_deref(),
            Some("x")
        );
    }

    #[test]
    fn quoted_strings_lose_their_backslashes() {
        assert_eq!(
            error(r#"Bearer error="a \"b\" \\ c""#).as_deref(),
            Some(r#"a "b" \ c"#)
        );
    }

    #[test]
    fn what_is_no_bearer_challenge_gives_nothing() {
        for header in ["", ",,==\"", "Basic realm=\"x\", error=\"y\"", "error=x"] {
            assert_eq!(bearer(header), None, "{header}");
        }
        assert_eq!(error("Bearer"), None);
        assert_eq!(
            error("Bearer error=\"unfinished").as_deref(),
            Some("unfinished")
        );
        assert_eq!(
            error("Bearer error=\"ends in \\").as_deref(),
            Some("ends in ")
        );
    }
}
