//! Facts out of a server's JSON, by JSON pointer (RFC 6901) with `*` for every element of an array.
//!
//! A fact is a string or an integer, and is short. An integer beyond 64 bits would be rounded by the JSON
//! parser, so that two people could share it: it is none, like a fraction.

use serde_json::Value;

/// The longest text that is taken for a fact, in bytes.
const TEXT_LIMIT: usize = 1024;

const COUNT_LIMIT: usize = 256;

/// Returns the first fact at `pointer`, an integer as its decimal digits. A blank string is none.
pub(crate) fn text(value: &Value, pointer: &str) -> Option<String> {
    texts(value, pointer).into_iter().next()
}

/// Returns every fact at `pointer`, in the order of the document, at most 256.
pub(crate) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    let Some(segments) = segments(pointer) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    collect(value, &segments, &mut found);
    found
}

/// The segments of a pointer, unescaped (RFC 6901 §4); `None` where it is not one.
fn segments(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let segments = pointer.strip_prefix('/')?.split('/');
    Some(
        segments
            .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
            .collect(),
    )
}

fn collect(value: &Value, segments: &[String], found: &mut Vec<String>) {
    if found.len() >= COUNT_LIMIT {
        return;
    }
    let Some((segment, rest)) = segments.split_first() else {
        found.extend(fact(value));
        return;
    };
    match value {
        Value::Array(elements) if segment == "*" => {
            for element in elements {
                collect(element, rest, found);
            }
        }
        Value::Array(elements) => {
            if let Some(element) = index(segment).and_then(|at| elements.get(at)) {
                collect(element, rest, found);
            }
        }
        Value::Object(members) => {
            if let Some(member) = members.get(segment) {
                collect(member, rest, found);
            }
        }
        _ => {}
    }
}

/// An array index: digits, without leading zeros.
fn index(segment: &str) -> Option<usize> {
    let digits = segment.bytes().all(|byte| byte.is_ascii_digit());
    let plain = segment == "0" || !segment.starts_with('0');
    segment.parse().ok().filter(|_| digits && plain)
}

fn fact(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.len() <= TEXT_LIMIT && !text.trim().is_empty() => {
            Some(text.clone())
        }
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_and_integers_are_facts() {
        let claims = json!({"sub": "a1", "id": 42, "data": {"id": -7}, "a/b": {"~": "odd"}});
        for (pointer, fact) in [
            ("/sub", "a1"),
            ("/id", "42"),
            ("/data/id", "-7"),
            ("/a~1b/~0", "odd"),
        ] {
            assert_eq!(text(&claims, pointer).as_deref(), Some(fact), "{pointer}");
        }
    }

    #[test]
    fn everything_else_is_none() {
        let claims = json!({"n": null, "b": true, "f": 1.5, "o": {}, "e": " ", "l": ["x"],
            "huge": "x".repeat(TEXT_LIMIT + 1)});
        for pointer in [
            "/n", "/b", "/f", "/o", "/e", "/l", "/l/01", "/l/+0", "/l/1", "/huge", "/absent",
            "sub", "",
        ] {
            assert_eq!(text(&claims, pointer), None, "{pointer}");
        }
    }

    #[test]
    fn an_integer_that_the_parser_rounds_is_none() {
        let claims: Value = serde_json::from_str(r#"{"id": 123456789012345678901234}"#).unwrap();
        assert_eq!(text(&claims, "/id"), None);
        let largest: Value = serde_json::from_str(r#"{"id": 18446744073709551615}"#).unwrap();
        assert_eq!(text(&largest, "/id").unwrap(), "18446744073709551615");
    }

    #[test]
    fn a_star_stands_for_every_element_of_an_array() {
        let claims =
            json!({"orgs": [{"name": "a"}, {"name": 2}, {"other": "x"}, "y"], "*": "literal"});
        assert_eq!(texts(&claims, "/orgs/*/name"), ["a", "2"]);
        assert_eq!(texts(&claims, "/orgs/1/name"), ["2"]);
        assert_eq!(texts(&claims, "/*"), ["literal"]);
    }

    #[test]
    fn the_number_of_facts_is_bounded() {
        let claims = json!({"orgs": vec!["x"; COUNT_LIMIT * 4]});
        assert_eq!(texts(&claims, "/orgs/*").len(), COUNT_LIMIT);
    }
}
