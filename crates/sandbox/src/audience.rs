//! What tokens are for: `resource` (RFC 8707), and `audience` where clients say that instead.

use url::Url;

use super::http::{Form, Refusal};

/// The most a request may name.
const LIMIT: usize = 16;

/// Reads every `resource` and the `audience` of a request.
pub fn requested(form: &Form) -> Result<Vec<String>, Refusal> {
    let mut audience: Vec<String> = Vec::new();
    for resource in form.all("resource") {
        if !is_resource(resource) {
            return Err(invalid(
                "`resource` must be an absolute URI without a fragment",
            ));
        }
        audience.push(resource.into());
    }
    audience.extend(form.get("audience").map(String::from));
    if audience.len() > LIMIT {
        return Err(invalid("more than 16 resources"));
    }
    Ok(audience)
}

/// The audience of one access token: what is asked for of what was granted, or all of it (RFC 8707 §2.2).
pub fn narrowed(asked: &[String], granted: &[String]) -> Result<Vec<String>, Refusal> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    if !granted.is_empty() && !asked.iter().all(|one| granted.contains(one)) {
        return Err(invalid("`resource` is none of those that were granted"));
    }
    Ok(asked.to_vec())
}

/// Whether this is an absolute URI without a fragment (RFC 8707 §2).
fn is_resource(text: &str) -> bool {
    Url::parse(text).is_ok_and(|uri| uri.fragment().is_none())
}

fn invalid(description: &'static str) -> Refusal {
    Refusal::new("invalid_target", description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> Result<Vec<String>, &'static str> {
        requested(&Form::parse(form.as_bytes())).map_err(|refusal| refusal.error)
    }

    #[test]
    fn resources_are_absolute_and_may_repeat() {
        let two = "resource=https://a.example/x&resource=urn:b&audience=the+api";
        assert_eq!(
            read(two).unwrap(),
            ["https://a.example/x", "urn:b", "the api"]
        );
        for bad in ["a", "/a", "//a.example", "https://a.example/%23x"] {
            let form = format!("resource={bad}");
            assert_eq!(read(&form), Err("invalid_target"), "{bad}");
        }
        assert_eq!(read("resource=").unwrap(), Vec::<String>::new());
        let many = "resource=urn:a&".repeat(17);
        assert_eq!(read(&many), Err("invalid_target"));
    }

    #[test]
    fn one_token_is_for_no_more_than_was_granted() {
        let granted = ["urn:a".to_owned(), "urn:b".to_owned()];
        assert_eq!(narrowed(&[], &granted).unwrap(), granted);
        assert_eq!(narrowed(&granted[1..], &granted).unwrap(), granted[1..]);
        assert_eq!(narrowed(&granted, &[]).unwrap(), granted);
        assert!(narrowed(&["urn:c".into()], &granted).is_err());
    }
}
