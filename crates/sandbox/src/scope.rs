//! The scopes the sandbox knows and what may be asked of them (RFC 6749 §3.3), and what tokens are for:
//! `resource` (RFC 8707), and `audience` where clients say that instead.

use url::Url;

use crate::http::{Parameters, Refusal};

/// Each scope and what it lets a client do, as the consent page says it.
pub(crate) const SCOPES: [(&str, &str); 6] = [
    ("openid", "Know who you are"),
    ("profile", "See your name and organizations"),
    ("email", "See your email address"),
    ("offline_access", "Stay signed in"),
    ("read", "Read things that do not exist"),
    ("write", "Change things that do not exist"),
];

/// What a request without `scope` gets.
const DEFAULT: [&str; 2] = ["openid", "profile"];

/// Reads the `scope` of an authorization request. Order is kept, repetition is not.
pub(crate) fn read_scope(scope: Option<&str>) -> Result<Vec<String>, Refusal> {
    let Some(scope) = scope else {
        return Ok(DEFAULT.map(String::from).to_vec());
    };
    allow(
        split(scope),
        |scope| SCOPES.iter().any(|(name, _)| *name == scope),
        "known scopes are openid, profile, email, offline_access, read and write",
    )
}

/// What a client that acts for itself may ask for, and gets where it does not say.
const MACHINE: [&str; 2] = ["read", "write"];

/// Reads the `scope` of a client that acts for itself (RFC 6749 §4.4.2).
pub(crate) fn read_machine_scope(scope: Option<&str>) -> Result<Vec<String>, Refusal> {
    let scopes = scope.map_or(MACHINE.map(String::from).to_vec(), split);
    allow(
        scopes,
        |scope| MACHINE.contains(&scope),
        "a client that acts for itself gets read and write",
    )
}

/// Reads the `scope` of a refresh, which may narrow what was granted and never widen it (RFC 6749 §6).
pub(crate) fn narrow_scope(
    scope: Option<&str>,
    granted: &[String],
) -> Result<Vec<String>, Refusal> {
    let Some(scope) = scope else {
        return Ok(granted.to_vec());
    };
    allow(
        split(scope),
        |scope| has(granted, scope),
        "a refresh cannot ask for more than was granted",
    )
}

fn allow(
    scopes: Vec<String>,
    allowed: impl Fn(&str) -> bool,
    refusal: &'static str,
) -> Result<Vec<String>, Refusal> {
    if scopes.is_empty() || !scopes.iter().all(|scope| allowed(scope)) {
        return Err(Refusal::new("invalid_scope", refusal));
    }
    Ok(scopes)
}

pub(crate) fn has(scopes: &[String], name: &str) -> bool {
    scopes.iter().any(|scope| scope == name)
}

fn split(scope: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for name in scope.split(' ').filter(|name| !name.is_empty()) {
        if !has(&scopes, name) {
            scopes.push(name.into());
        }
    }
    scopes
}

const AUDIENCE_LIMIT: usize = 16;

pub(crate) fn read_audience(form: &Parameters) -> Result<Vec<String>, Refusal> {
    let mut audience: Vec<String> = Vec::new();
    for resource in form.all("resource") {
        if !is_resource(resource) {
            return Err(invalid_target(
                "`resource` must be an absolute URI without a fragment",
            ));
        }
        audience.push(resource.into());
    }
    audience.extend(form.get("audience").map(String::from));
    if audience.len() > AUDIENCE_LIMIT {
        return Err(invalid_target("more than 16 resources"));
    }
    Ok(audience)
}

/// The audience of one access token: what is asked for of what was granted, or all of it (RFC 8707 §2.2).
pub(crate) fn narrow_audience(
    asked: &[String],
    granted: &[String],
) -> Result<Vec<String>, Refusal> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    if !granted.is_empty() && !asked.iter().all(|one| granted.contains(one)) {
        return Err(invalid_target(
            "`resource` is none of those that were granted",
        ));
    }
    Ok(asked.to_vec())
}

fn is_resource(text: &str) -> bool {
    Url::parse(text).is_ok_and(|uri| uri.fragment().is_none())
}

fn invalid_target(description: &'static str) -> Refusal {
    Refusal::new("invalid_target", description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_scopes_are_granted_each_once() {
        assert_eq!(
            read_scope(Some("read openid read")).unwrap(),
            ["read", "openid"]
        );
        assert_eq!(read_scope(None).unwrap(), ["openid", "profile"]);
        for bad in ["admin", "openid,profile", "openid\nprofile", " "] {
            assert_eq!(
                read_scope(Some(bad)).unwrap_err().error,
                "invalid_scope",
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_refresh_narrows_and_never_widens() {
        let granted = read_scope(Some("openid read")).unwrap();
        assert_eq!(narrow_scope(Some("read"), &granted).unwrap(), ["read"]);
        assert_eq!(narrow_scope(None, &granted).unwrap(), granted);
        assert!(narrow_scope(Some("read write"), &granted).is_err());
    }

    fn read_error(form: &str) -> Result<Vec<String>, &'static str> {
        read_audience(&Parameters::parse(form.as_bytes())).map_err(|refusal| refusal.error)
    }

    #[test]
    fn resources_are_absolute_and_may_repeat() {
        let two = "resource=https://a.example/x&resource=urn:b&audience=the+api";
        assert_eq!(
            read_error(two).unwrap(),
            ["https://a.example/x", "urn:b", "the api"]
        );
        for bad in ["a", "/a", "//a.example", "https://a.example/%23x"] {
            let form = format!("resource={bad}");
            assert_eq!(read_error(&form), Err("invalid_target"), "{bad}");
        }
        assert_eq!(read_error("resource=").unwrap(), Vec::<String>::new());
        let many = "resource=urn:a&".repeat(17);
        assert_eq!(read_error(&many), Err("invalid_target"));
    }

    #[test]
    fn one_token_is_for_no_more_than_was_granted() {
        let granted = ["urn:a".to_owned(), "urn:b".to_owned()];
        assert_eq!(narrow_audience(&[], &granted).unwrap(), granted);
        assert_eq!(
            narrow_audience(&granted[1..], &granted).unwrap(),
            granted[1..]
        );
        assert_eq!(narrow_audience(&granted, &[]).unwrap(), granted);
        assert!(narrow_audience(&["urn:c".into()], &granted).is_err());
    }
}
