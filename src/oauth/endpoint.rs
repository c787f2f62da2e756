//! What a URL must be before it is opened or called.

use url::Url;

pub(crate) use crate::web::is_loopback;
use crate::web::{Flaw, flaws};

/// The longest URL that a server may name, in bytes; it has to fit on a command line with a query.
const LONGEST: usize = 2048;

/// Control characters, which a parser would quietly drop, are refused first; what comes back is serialized
/// anew. The error is a predicate, and shows nothing of the text.
pub(crate) fn parse_url(text: &str) -> Result<Url, String> {
    if text.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err("holds control characters".into());
    }
    let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    check_url(&url)?;
    Ok(url)
}

/// https, or http to a loopback host; no user information, fragment or control characters. The error is a
/// predicate that shows nothing of the URL, to stand after its name: "`token_endpoint` has a fragment".
pub(crate) fn check_url(url: &Url) -> Result<(), String> {
    let Some(flaw) = flaws(url).next() else {
        return Ok(());
    };
    Err(match flaw {
        Flaw::Scheme => "is neither https nor http to a loopback host",
        Flaw::Host => "names no host",
        Flaw::Userinfo => "holds a user name or a password",
        Flaw::Fragment => "has a fragment",
        Flaw::ControlCharacters => "holds control characters",
    }
    .to_owned())
}

pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The host as messages name it, with the port where it is not the scheme's own.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
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

    /// What a hostile server may name as its authorization endpoint or its verification page.
    #[test]
    fn no_hostile_url_passes() {
        for hostile in [
            "",
            "-flag",
            "--new-window=https://evil.example",
            "&calc",
            "&calc.exe",
            "$(x)",
            "`x`",
            "|x",
            "\"https://id.example.com/\"",
            "'https://id.example.com/'",
            "/authorize",
            "//id.example.com/authorize",
            "id.example.com",
            "https://",
            "https:///",
            "https://id.example.com:port/",
            "https://id.example .com/",
            "https://$(x)/",
            "https://a&calc\"/",
            "file:///etc/passwd",
            "file://id.example.com/share/run.exe",
            "FILE:///C:/Windows/System32/calc.exe",
            "\\\\id.example.com\\share",
            "C:\\Windows\\System32\\calc.exe",
            "javascript:alert(1)",
            " JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            "vbscript:x",
            "data:text/html,<script>alert(1)</script>",
            "blob:https://id.example.com/x",
            "view-source:https://id.example.com/",
            "about:blank",
            "mailto:a@example.com",
            "ms-msdt:/id",
            "ssh://-oProxyCommand=x/",
            "ftp://id.example.com/",
            "ws://127.0.0.1/",
            "http://id.example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://192.168.0.1/",
            "http://0.0.0.0/",
            "http://[::]/",
            "https://user@id.example.com/",
            "https://user:word@id.example.com/",
            "https://id.example.com@evil.example/",
            "https://id.example.com/#fragment",
            "https://id.example.com/a\nb",
            "https://id.example.com/a\r\nHost: evil.example",
            "https://id.example.com/\t",
            "https://id.example.com/\0",
            "https://id.example.com/\u{1b}[2J",
            "https://id.example.com/\u{9b}2J",
            "https://id.example.com/%0A-flag",
            "https://id.example.com/?a=%00",
            &format!("https://id.example.com/{}", "x".repeat(LONGEST)),
        ] {
            let said = parse_url(hostile).expect_err(hostile);
            assert!(!said.contains("evil") && !said.contains("calc"), "{said}");
        }
    }

    #[test]
    fn what_passes_is_one_word_that_begins_with_its_scheme() {
        for (odd, serialized) in [
            (" HTTPS://ID.Example.COM ", "https://id.example.com/"),
            ("https:id.example.com/a b", "https://id.example.com/a%20b"),
            (
                "https://id.example.com\\@evil.example/",
                "https://id.example.com/@evil.example/",
            ),
            (
                "https://id.example.com/\"a\"?b='c'&\"d\"",
                "https://id.example.com/%22a%22?b=%27c%27&%22d%22",
            ),
            (
                "https://id.example.com/<a>?<b>",
                "https://id.example.com/%3Ca%3E?%3Cb%3E",
            ),
            (
                "https://id.example.com/a?b&calc;$(x)",
                "https://id.example.com/a?b&calc;$(x)",
            ),
            (
                "https://id.example.com/\u{202e}/日",
                "https://id.example.com/%E2%80%AE/%E6%97%A5",
            ),
            (
                "https://аpple.example/", // a Cyrillic letter
                "https://xn--pple-43d.example/",
            ),
        ] {
            let url = parse_url(odd).unwrap_or_else(|wrong| panic!("{odd} {wrong}"));
            assert_eq!(url.as_str(), serialized);
            let harmless = |c: char| c.is_ascii_graphic() && !"\"'<>".contains(c);
            assert!(url.as_str().chars().all(harmless), "{url}");
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
