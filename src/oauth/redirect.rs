//! The authorization response (RFC 6749 §4.1.2), judged from its query string in one fixed order:
//! `state`, then `iss` (RFC 9207), then `error`, then `code`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use url::{Url, form_urlencoded};

use super::{ErrorResponse, redact};
use keyfob_base::secret::Secret;

/// What the answer to one authorization request must show.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub state: Secret,
    /// The issuer the request went to, where it has one. One with a `{claim}` in it is not compared.
    pub issuer: Option<String>,
    /// Where the request went: an `iss` names at least its host where no issuer is known.
    pub endpoint: Option<Url>,
    /// Whether that server announces `iss`, so that its absence is refused (RFC 9207 §2.4).
    pub iss_required: bool,
}

impl Expected {
    /// The same of an answer that a page shows for copying, which has no `iss` in it.
    #[must_use]
    pub(crate) fn shown(&self) -> Self {
        Self {
            iss_required: false,
            ..self.clone()
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not the answer to this request; the wait goes on. Says why, in a few words without input.
    NotOurs(&'static str),
    /// The right `state` and a wrong or missing `iss`: the login ends, nothing of it is shown.
    WrongIssuer,
    Refused(ErrorResponse),
    /// Ours, but without a code or with a parameter twice.
    Malformed(&'static str),
    Code(Secret),
}

pub(crate) fn judge(query: &str, expected: &Expected) -> Verdict {
    let answer = Answer::parse(query);
    match answer.all("state").as_slice() {
        [] => return Verdict::NotOurs("no state"),
        // Secrets are compared in constant time.
        [state] if Secret::new(*state) == expected.state => {}
        [_] => return Verdict::NotOurs("another state"),
        _ => return Verdict::NotOurs("several states"),
    }
    if !is_issuer(&answer.all("iss"), expected) {
        return Verdict::WrongIssuer;
    }
    if answer.repeats() {
        return Verdict::Malformed("a parameter is there twice");
    }
    let code = answer.one("code").map(Secret::new);
    if let Some(error) = answer.one("error") {
        let secrets: Vec<_> = code.into_iter().chain([expected.state.clone()]).collect();
        return Verdict::Refused(ErrorResponse {
            error: redact::words(error, &secrets),
            description: answer
                .one("error_description")
                .map(|text| redact::words(text, &secrets)),
        });
    }
    code.map_or(Verdict::Malformed("no code"), Verdict::Code)
}

/// Simple string comparison after form decoding, no normalisation (RFC 9207 §2.4).
fn is_issuer(found: &[&str], expected: &Expected) -> bool {
    match expected.issuer.as_deref() {
        Some(issuer) if !issuer.contains('{') => {
            found.iter().all(|iss| *iss == issuer) && !(found.is_empty() && expected.iss_required)
        }
        Some(_) => true,
        None => match &expected.endpoint {
            Some(endpoint) => found.iter().all(|iss| {
                let named = Url::parse(iss).ok();
                named.is_some_and(|named| named.host() == endpoint.host())
            }),
            None => true,
        },
    }
}

/// The parameters in their order; those without a value count as absent (RFC 6749 §3.1).
struct Answer<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Answer<'a> {
    fn parse(query: &'a str) -> Self {
        let parameters = form_urlencoded::parse(query.as_bytes());
        Self(parameters.filter(|(_, value)| !value.is_empty()).collect())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let same = self.0.iter().filter(|(other, _)| other == name);
        same.map(|(_, value)| &**value).collect()
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    fn repeats(&self) -> bool {
        let mut seen = BTreeSet::new();
        self.0.iter().any(|(name, _)| !seen.insert(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example.com";
    const ISS: &str = "iss=https%3A%2F%2Fid.example.com";

    fn expected(issuer: Option<&str>, iss_required: bool) -> Expected {
        Expected {
            state: Secret::new("s t+te"),
            issuer: issuer.map(str::to_owned),
            endpoint: Url::parse("https://id.example.com/authorize").ok(),
            iss_required,
        }
    }

    fn judged(query: &str) -> Verdict {
        judge(query, &expected(Some(ISSUER), false))
    }

    fn refused(error: &str, description: Option<&str>) -> Verdict {
        Verdict::Refused(ErrorResponse {
            error: error.into(),
            description: description.map(str::to_owned),
        })
    }

    #[test]
    fn the_right_state_brings_the_code() {
        let code = Verdict::Code(Secret::new("a/b c"));
        assert_eq!(judged("code=a%2Fb+c&state=s+t%2Bte"), code);
        assert_eq!(
            judged(&format!("x=1&state=s%20t%2bte&{ISS}&code=a/b%20c")),
            code
        );
    }

    #[test]
    fn without_the_state_nothing_else_is_looked_at() {
        for query in [
            "",
            "code=c",
            "state=&code=c",
            "state&error=access_denied",
            "state=s+t%2Bt&code=c",
            "state=S+T%2BTE&code=c",
            "state=other&error=access_denied&error_description=x",
            "state=other&iss=https://evil.example&code=c&code=d",
            "state=s+t%2Bte&state=s+t%2Bte&code=c",
            "state=s+t%2Bte&state=other&code=c",
            "#state=s+t%2Bte&code=c",
        ] {
            assert!(matches!(judged(query), Verdict::NotOurs(_)), "{query}");
        }
    }

    #[test]
    fn a_wrong_issuer_ends_it_before_error_and_code() {
        for iss in [
            "https://evil.example",
            "https://id.example.com/",
            "https://ID.example.com",
            "https://id.example.com:443",
        ] {
            for rest in [
                "code=c",
                "error=access_denied&error_description=x",
                "code=c&code=d",
                "",
            ] {
                let query = format!("state=s+t%2Bte&iss={iss}&{rest}");
                assert_eq!(judged(&query), Verdict::WrongIssuer, "{query}");
            }
        }
        assert_eq!(
            judged(&format!(
                "state=s+t%2Bte&{ISS}&iss=https://evil.example&code=c"
            )),
            Verdict::WrongIssuer
        );
    }

    #[test]
    fn an_announced_issuer_may_not_be_absent() {
        let announced = expected(Some(ISSUER), true);
        for query in [
            "state=s+t%2Bte&code=c",
            "state=s+t%2Bte&code=c&iss=",
            "state=s+t%2Bte&error=access_denied",
        ] {
            assert_eq!(judge(query, &announced), Verdict::WrongIssuer, "{query}");
        }
        let query = format!("state=s+t%2Bte&code=c&{ISS}");
        assert_eq!(judge(&query, &announced), Verdict::Code(Secret::new("c")));
    }

    #[test]
    fn an_issuer_that_cannot_be_compared_is_ignored() {
        let verdict = judge(
            "state=s+t%2Bte&code=c&iss=https://x.example",
            &expected(Some("https://id.example.com/{tid}/v2.0"), false),
        );
        assert_eq!(verdict, Verdict::Code(Secret::new("c")));
    }

    #[test]
    fn where_no_issuer_is_known_it_names_the_host_that_was_asked() {
        let verdict = |iss: &str| {
            let query = format!("state=s+t%2Bte&code=c&iss={iss}");
            judge(&query, &expected(None, false))
        };
        for iss in ["https://id.example.com", "https://id.example.com/x"] {
            assert_eq!(verdict(iss), Verdict::Code(Secret::new("c")));
        }
        for iss in [
            "https://x.example",
            "https://example.com",
            "x",
            "id.example.com",
        ] {
            assert_eq!(verdict(iss), Verdict::WrongIssuer, "{iss}");
        }
    }

    #[test]
    fn an_error_comes_before_a_code() {
        assert_eq!(
            judged("state=s+t%2Bte&error=access_denied&code=c"),
            refused("access_denied", None)
        );
        assert_eq!(
            judged("state=s+t%2Bte&error=access_denied&error_description=not+today&error_uri=x"),
            refused("access_denied", Some("not today"))
        );
        assert_eq!(
            judged("state=s+t%2Bte&error=&code=c"),
            Verdict::Code(Secret::new("c"))
        );
    }

    #[test]
    fn words_of_an_error_are_redacted_and_cut() {
        let query = format!(
            "state=s+t%2Bte&code=c0de&error=no+c0de&error_description=s+t%2Bte{}",
            "x".repeat(10_000)
        );
        let Verdict::Refused(response) = judged(&query) else {
            panic!("not refused")
        };
        assert_eq!(response.error, "no [redacted]");
        let description = response.description.unwrap();
        assert!(description.starts_with("[redacted]xx") && description.chars().count() == 300);
    }

    #[test]
    fn a_repeated_parameter_or_no_code_is_malformed() {
        for query in [
            "state=s+t%2Bte",
            "state=s+t%2Bte&code=",
            "state=s+t%2Bte&code=c&code=c",
            "state=s+t%2Bte&error=a&error=b",
            &format!("state=s+t%2Bte&code=c&{ISS}&{ISS}"),
        ] {
            assert!(matches!(judged(query), Verdict::Malformed(_)), "{query}");
        }
        assert_eq!(
            judged("state=s+t%2Bte&code=&code=c"),
            Verdict::Code(Secret::new("c"))
        );
    }

    #[test]
    fn debug_of_a_code_shows_nothing() {
        assert!(!format!("{:?}", judged("state=s+t%2Bte&code=c0de")).contains("c0de"));
    }
}
