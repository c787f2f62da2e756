//! How an account is named: pointers into an answer, and the request for it.

use reqwest::header::HeaderName;

use super::requests::{headers, pointer};
use super::{Checked, ensure};
use crate::provider::{IdentityMethod, IdentityRule};

pub(super) fn check(rule: &IdentityRule) -> Checked {
    let single = [
        ("identity.subject", &rule.subject),
        ("identity.username", &rule.username),
        ("identity.display_name", &rule.display_name),
        ("identity.email", &rule.email),
    ];
    let tenant = rule.tenant.iter().map(|path| ("identity.tenant", path));
    let organizations = rule.organizations.iter();
    let several = organizations.map(|path| ("identity.organizations", path));
    for (key, path) in single.into_iter().chain(tenant).chain(several) {
        pointer(key, path)?;
    }
    request(rule)
}

fn request(rule: &IdentityRule) -> Checked {
    if let Some(body) = &rule.body {
        let key = "identity.body";
        let json = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok();
        ensure(json, key, "must be JSON")?;
        let posted = rule.method == IdentityMethod::Post;
        ensure(posted, key, "needs `identity.method` to be `POST`")?;
    }
    if let Some(scheme) = &rule.scheme {
        // A scheme is a token (RFC 9110 §11.1), as a header's name is.
        let token = HeaderName::from_bytes(scheme.as_bytes()).is_ok();
        let what = "must be the name of an authorization scheme";
        ensure(token, "identity.scheme", what)?;
    }
    headers("identity.headers", &rule.headers)
}
