//! What a URL must be before it is opened or called.

use url::{Host, Url};

/// Checks a URL that is about to be opened or called: https, or http to a loopback host; no user
/// information, no fragment, no control characters. The error is a predicate that shows nothing of
/// the URL, to stand after its name: "`token_endpoint` has a fragment".
pub fn check_url(url: &Url) -> Result<(), String> {
    let wrong = match url.scheme() {
        "https" => None,
        "http" if is_loopback(url) => None,
        _ => Some("is neither https nor http to a loopback host"),
    };
    let wrong = wrong
        .or_else(|| url.host_str().is_none().then_some("names no host"))
        .or_else(|| has_userinfo(url).then_some("holds a user name or a password"))
        .or_else(|| url.fragment().is_some().then_some("has a fragment"))
        .or_else(|| has_control_characters(url).then_some("holds control characters"));
    wrong.map_or(Ok(()), |wrong| Err(wrong.to_owned()))
}

/// The origin, such as `https://id.example.com`: scheme, host, and the port where it is not the
/// scheme's own.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether the URL's host is this machine: 127.0.0.0/8, `::1` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The host as messages name it, with the port where it is not the scheme's own.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
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

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn https_and_loopback_http_pass() {
        for good in [
            "https://id.example.com/token?tenant=a%20b",
            "https://id.example.com:8443/",
            "http://127.0.0.1:8080/token",
            "http://127.9.9.9/",
            "http://[::1]:1/x",
            "http://LOCALHOST/x",
        ] {
            assert_eq!(check_url(&url(good)), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_the_url_is_not() {
        for (bad, why) in [
            ("http://id.example.com/", "neither https"),
            ("http://localhost.example.com/", "neither https"),
            ("http://0.0.0.0/", "neither https"),
            ("http://[::ffff:127.0.0.1]/", "neither https"),
            ("ftp://127.0.0.1/", "neither https"),
            ("javascript:alert(1)", "neither https"),
            ("file:///etc/passwd", "neither https"),
            ("https://hunter2@id.example.com/", "user name"),
            ("https://:hunter2@id.example.com/", "user name"),
            ("https://id.example.com/#hunter2", "fragment"),
            ("https://id.example.com/#", "fragment"),
            ("https://id.example.com/%0d%0aX", "control"),
            ("https://id.example.com/?a=%7F", "control"),
            ("https://id.example.com/?a=%1B", "control"),
        ] {
            let said = check_url(&url(bad)).unwrap_err();
            assert!(
                said.contains(why) && !said.contains("hunter2"),
                "{bad}: {said}"
            );
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_default_port() {
        assert_eq!(
            origin(&url("https://ID.example.com:443/a?b")),
            "https://id.example.com"
        );
        assert_eq!(origin(&url("http://[::1]:8080/a")), "http://[::1]:8080");
        assert_ne!(
            origin(&url("https://a.example")),
            origin(&url("https://a.example:444"))
        );
    }
}
