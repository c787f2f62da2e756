//! Where the browser comes back: ports and path on this machine, or a place elsewhere.

use url::Url;

use super::urls;
use crate::provider::RedirectRule;
use crate::provider::fault::{Checked, ensure};

/// Enough for every fixed list seen; each is one more port that something else may have taken.
const MOST_PORTS: usize = 16;

/// Schemes that a browser acts on by itself, in the place of handing them over.
const BROWSERS_OWN: [&str; 6] = ["about", "blob", "data", "file", "javascript", "vbscript"];

pub(super) fn check(redirect: &RedirectRule) -> Checked {
    ports(&redirect.ports)?;
    if let Some(path) = &redirect.path {
        let what = "must be a path beginning with `/`, without `..`, query, fragment or blanks";
        ensure(is_path(path), "redirect.path", what)?;
    }
    if let Some(manual) = &redirect.manual {
        return self::manual(manual);
    }
    let what = "needs `redirect.manual`, the redirect URI to use";
    ensure(!redirect.no_loopback, "redirect.no_loopback", what)?;
    let what = "needs `redirect.manual`, the page that shows the code";
    ensure(!redirect.shows_code, "redirect.shows_code", what)
}

fn ports(ports: &[u16]) -> Checked {
    let key = "redirect.ports";
    let what = "must not hold 0; leave the list empty for any port";
    ensure(!ports.contains(&0), key, what)?;
    let few = ports.len() <= MOST_PORTS;
    ensure(few, key, format!("must hold at most {MOST_PORTS} ports"))
}

/// A path that a URL parser leaves as it is reaches the listener as it was registered.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= 256
        && !path.contains("..")
        && Url::parse(&format!("http://127.0.0.1{path}")).is_ok_and(|url| {
            url.path() == path && url.query().is_none() && url.fragment().is_none()
        })
}

/// The code arrives there: not in the clear over a network, nor at what a browser runs itself.
fn manual(manual: &str) -> Checked {
    let key = "redirect.manual";
    let plain = manual.bytes().all(|b| b.is_ascii_graphic()) && !manual.contains('#');
    let what = "must be an absolute URI without fragment or blanks";
    ensure(plain, key, what)?;
    let Ok(url) = Url::parse(manual) else {
        return ensure(false, key, what);
    };
    let what = "must not have a scheme of the browser's own";
    ensure(!BROWSERS_OWN.contains(&url.scheme()), key, what)?;
    if matches!(url.scheme(), "http" | "https") {
        return urls::web(key, &url);
    }
    let anonymous = url.username().is_empty() && url.password().is_none();
    ensure(anonymous, key, "must hold no user name or password")
}
