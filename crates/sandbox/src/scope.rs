//! The scopes the sandbox knows, and what may be asked of them (RFC 6749 §3.3).

use super::http::Refusal;

/// Each scope and what it lets a client do, as the consent page says it.
pub const SCOPES: [(&str, &str); 6] = [
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
pub fn requested(scope: Option<&str>) -> Result<Vec<String>, Refusal> {
    let Some(scope) = scope else {
        return Ok(DEFAULT.map(String::from).to_vec());
    };
    let scopes = split(scope);
    let known = |scope: &String| SCOPES.iter().any(|(name, _)| name == scope);
    if scopes.is_empty() || !scopes.iter().all(known) {
        return Err(Refusal::new(
            "invalid_scope",
            "known scopes are openid, profile, email, offline_access, read and write",
        ));
    }
    Ok(scopes)
}

/// What a client that acts for itself may ask for, and gets where it does not say: the scopes that are
/// not about a person.
const MACHINE: [&str; 2] = ["read", "write"];

/// Reads the `scope` of a client that acts for itself (RFC 6749 §4.4.2).
pub fn of_machine(scope: Option<&str>) -> Result<Vec<String>, Refusal> {
    let scopes = scope.map_or(MACHINE.map(String::from).to_vec(), split);
    if scopes.is_empty() || !scopes.iter().all(|scope| MACHINE.contains(&scope.as_str())) {
        return Err(Refusal::new(
            "invalid_scope",
            "a client that acts for itself gets read and write",
        ));
    }
    Ok(scopes)
}

/// Reads the `scope` of a refresh, which may narrow what was granted and never widen it (RFC 6749 §6).
pub fn narrowed(scope: Option<&str>, granted: &[String]) -> Result<Vec<String>, Refusal> {
    let Some(scope) = scope else {
        return Ok(granted.to_vec());
    };
    let scopes = split(scope);
    if scopes.is_empty() || !scopes.iter().all(|scope| granted.contains(scope)) {
        return Err(Refusal::new(
            "invalid_scope",
            "a refresh cannot ask for more than was granted",
        ));
    }
    Ok(scopes)
}

/// Whether this scope is among them.
pub fn has(scopes: &[String], name: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_scopes_are_granted_each_once() {
        assert_eq!(
            requested(Some("read openid read")).unwrap(),
            ["read", "openid"]
        );
        assert_eq!(requested(None).unwrap(), ["openid", "profile"]);
        for bad in ["admin", "openid,profile", "openid\nprofile", " "] {
            assert_eq!(
                requested(Some(bad)).unwrap_err().error,
                "invalid_scope",
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_refresh_narrows_and_never_widens() {
        let granted = requested(Some("openid read")).unwrap();
        assert_eq!(narrowed(Some("read"), &granted).unwrap(), ["read"]);
        assert_eq!(narrowed(None, &granted).unwrap(), granted);
        assert!(narrowed(Some("read write"), &granted).is_err());
    }
}
