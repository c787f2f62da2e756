//! How requests leave: the proxy, as the HTTP client finds it. Of its address no more is shown than where it is:
//! the rest may be a password.

use url::Url;

use super::Finding;

const CHECK: &str = "proxy";

/// In the order in which the HTTP client looks. The first that is set counts, an empty one too.
const PROXIES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What the client can speak to.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Says which proxy is used, and warns of one that cannot be.
pub fn proxy() -> Vec<Finding> {
    let set = PROXIES
        .iter()
        .filter_map(first)
        .filter(|(_, value)| !value.is_empty());
    let mut findings = Vec::new();
    for (name, value) in set {
        match said(&value) {
            Some(said) => {
                findings.push(Finding::pass(
                    CHECK,
                    format!("{name} {said}{}", exceptions()),
                ));
                break;
            }
            None => findings.push(Finding::warn(
                CHECK,
                format!("{name} is no address of a proxy, and is ignored"),
                format!("set {name} to such as `http://proxy.example.com:3128`, or unset it"),
            )),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::pass(
            CHECK,
            "none is set, so providers are reached directly",
        ));
    }
    findings
}

fn first(names: &[&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .iter()
        .find_map(|name| Some((*name, std::env::var(name).ok()?)))
}

/// Scheme, host and port; `None` where the client would not use it. A lone word may be anything, a token too, and
/// is not shown.
fn said(value: &str) -> Option<String> {
    let whole = value.contains("://");
    let url = if whole {
        Url::parse(value).ok()?
    } else {
        Url::parse(&format!("http://{value}")).ok()?
    };
    let (host, port) = (url.host_str()?, url.port());
    if !SCHEMES.contains(&url.scheme()) {
        return None;
    }
    let is_place = host.contains(['.', ':']) || host == "localhost" || port.is_some();
    if !whole && !is_place {
        return Some("is set".into());
    }
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let named = !url.username().is_empty() || url.password().is_some();
    let user = if named { "[redacted]@" } else { "" };
    Some(format!("is {}://{user}{host}{port}", url.scheme()))
}

fn exceptions() -> String {
    let value = first(&EXCEPTIONS)
        .map(|(_, value)| value)
        .unwrap_or_default();
    let count = value
        .split(',')
        .filter(|entry| !entry.trim().is_empty())
        .count();
    match count {
        0 => String::new(),
        1 => ", but for 1 entry of NO_PROXY".into(),
        count => format!(", but for {count} entries of NO_PROXY"),
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn a_proxy_is_shown_without_what_may_be_a_password() {
        for (value, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            (
                "proxy.example.com:3128/path?x",
                "http://proxy.example.com:3128",
            ),
            ("http://ada:hunter2@proxy", "http://[redacted]@proxy"),
            ("ada:hunter2@proxy:1", "http://[redacted]@proxy:1"),
            ("proxy:3128", "http://proxy:3128"),
            ("localhost", "http://localhost"),
            ("[::1]", "http://[::1]"),
            (
                "socks5h://hunter2@[::1]:9050",
                "socks5h://[redacted]@[::1]:9050",
            ),
        ] {
            let words = format!("is {shown}");
            assert_eq!(said(value), Some(words), "{value}");
        }
        for value in [
            "ftp://hunter2@proxy",
            "http://",
            "http://hunter2:a/b@c d",
            "://",
        ] {
            assert_eq!(said(value), None, "{value}");
        }
        for value in ["hunter2", "hunter2/path", "ada@hunter2", "hunter2?x.y:1"] {
            assert_eq!(said(value).as_deref(), Some("is set"), "{value}");
        }
    }
}
