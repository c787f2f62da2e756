//! What a URL must be before it is opened, called or taken into a definition, judged in one place;
//! whoever asks has the words for it.

use url::{Host, Url};

/// The longest identifier of a resource, in bytes; the browser's URL has to carry it.
const RESOURCE_LIMIT: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Neither https nor http to a loopback host.
    Scheme,
    /// A host that no host can be called, such as `$(x)`.
    Host,
    Userinfo,
    /// A fragment, even an empty one.
    Fragment,
    /// Control characters, as they are or encoded.
    ControlCharacters,
}

/// Every flaw of a URL, the gravest first.
pub(crate) fn flaws(url: &Url) -> impl Iterator<Item = Flaw> + use<> {
    let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    let named = !url.username().is_empty() || url.password().is_some();
    [
        (!safe, Flaw::Scheme),
        (!has_plain_host(url), Flaw::Host),
        (named, Flaw::Userinfo),
        (url.fragment().is_some(), Flaw::Fragment),
        (has_control_characters(url), Flaw::ControlCharacters),
    ]
    .into_iter()
    .filter_map(|(there, flaw)| there.then_some(flaw))
}

/// Whether the URL's host is this machine: 127.0.0.0/8, `::1` or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Checks what tokens are asked for: an absolute URI without a fragment (RFC 8707 §2), sent byte for
/// byte as it stands here. The error goes on after its name.
pub(crate) fn check_resource(resource: &str) -> Result<(), &'static str> {
    if resource.len() > RESOURCE_LIMIT {
        return Err("must not be longer than 2048 bytes");
    }
    if resource.contains('#') {
        return Err("must have no fragment");
    }
    let absolute =
        resource.bytes().all(|byte| byte.is_ascii_graphic()) && Url::parse(resource).is_ok();
    absolute
        .then_some(())
        .ok_or("must be an absolute URI, such as `https://api.example.com/`")
}

/// The parser lets a shell's characters pass in a name, and no name has them.
fn has_plain_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
        Some(_) => true,
        None => false,
    }
}

/// The parser drops or encodes bare ones, so the encoded form is what is left of them.
fn has_control_characters(url: &Url) -> bool {
    let bytes = url.as_str().as_bytes();
    let encoded = |w: &[u8]| {
        w[0] == b'%' && (matches!(w[1], b'0' | b'1') || w[1..].eq_ignore_ascii_case(b"7f"))
    };
    bytes.iter().any(u8::is_ascii_control) || bytes.windows(3).any(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_found_and_the_gravest_first() {
        let found = |text: &str| flaws(&Url::parse(text).unwrap()).collect::<Vec<_>>();
        assert_eq!(found("https://id.example.com/a?b=%20%7E&c"), []);
        assert_eq!(found("http://127.0.0.1:1/"), []);
        assert_eq!(
            found("http://u@$(x)/%1b#"),
            [
                Flaw::Scheme,
                Flaw::Host,
                Flaw::Userinfo,
                Flaw::Fragment,
                Flaw::ControlCharacters
            ]
        );
    }

    #[test]
    fn a_resource_is_an_absolute_uri_without_a_fragment() {
        for good in [
            "https://api.example.com",
            "https://api.example.com/v1?tenant=a",
            "api://7f1c",
            "urn:example:api",
        ] {
            assert_eq!(check_resource(good), Ok(()), "{good}");
        }
        let long = format!("https://api.example.com/{}", "x".repeat(RESOURCE_LIMIT));
        for (bad, why) in [
            ("", "absolute URI"),
            ("api.example.com", "absolute URI"),
            ("/v1", "absolute URI"),
            ("-v", "absolute URI"),
            ("https://", "absolute URI"),
            ("https://api.example.com/a b", "absolute URI"),
            ("https://api.example.com/\n", "absolute URI"),
            ("https://api.example.com/ü", "absolute URI"),
            ("https://api.example.com/#", "fragment"),
            (&long, "longer"),
        ] {
            assert!(check_resource(bad).unwrap_err().contains(why), "{bad}");
        }
    }
}
