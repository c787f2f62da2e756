//! Which requests are redirects at all: `GET`, the exact path, a loopback `Host` with our port.
//! The `Host` shuts out web pages that reach the listener under a name of theirs (DNS rebinding).

use hyper::body::Body;
use hyper::header::HOST;
use hyper::{Method, Request, Uri};

use crate::provider::RedirectHost;
use keyfob_base::secret::Secret;

pub(super) struct Gate {
    path: String,
    hosts: Vec<String>,
}

impl Gate {
    pub(super) fn new(path: &str, port: u16) -> Self {
        let names = RedirectHost::ALL.map(RedirectHost::as_str);
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(names.map(String::from));
        }
        Self {
            path: path.to_owned(),
            hosts,
        }
    }

    /// The query string of a redirect, empty where it has none; `None` for anything else.
    pub(super) fn query<B: Body>(&self, request: &Request<B>) -> Option<Secret> {
        let redirect = request.method() == Method::GET
            && request.body().is_end_stream()
            && request.uri().path() == self.path
            && self.is_target(request.uri())
            && self.is_host(request);
        redirect.then(|| Secret::new(request.uri().query().unwrap_or_default()))
    }

    /// A target in absolute form (RFC 9112 §3.2.2) names a host of its own.
    fn is_target(&self, uri: &Uri) -> bool {
        uri.authority().is_none_or(|authority| {
            uri.scheme_str() == Some("http") && self.is_ours(authority.as_str().as_bytes())
        })
    }

    fn is_host<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) => self.is_ours(host.as_bytes()),
            _ => false,
        }
    }

    fn is_ours(&self, authority: &[u8]) -> bool {
        self.hosts
            .iter()
            .any(|host| host.as_bytes().eq_ignore_ascii_case(authority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(gate: &Gate, method: &str, target: &str, hosts: &[&str]) -> bool {
        let mut request = Request::builder().method(method).uri(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        gate.query(&request.body(String::new()).unwrap()).is_some()
    }

    #[test]
    fn only_get_on_the_path_with_a_loopback_host_passes() {
        let gate = Gate::new("/callback/x", 4711);
        for host in [
            "127.0.0.1:4711",
            "[::1]:4711",
            "localhost:4711",
            "LOCALHOST:4711",
        ] {
            assert!(
                passes(&gate, "GET", "/callback/x?code=a", &[host]),
                "{host}"
            );
        }
        assert!(passes(&gate, "GET", "/callback/x", &["127.0.0.1:4711"]));
        for host in [
            "127.0.0.1",
            "127.0.0.1:4712",
            "evil.example:4711",
            "127.0.0.1.evil.example:4711",
            "user@127.0.0.1:4711",
            "127.0.0.2:4711",
            "localhost.:4711",
            "",
        ] {
            assert!(
                !passes(&gate, "GET", "/callback/x?code=a", &[host]),
                "{host}"
            );
        }
        assert!(!passes(&gate, "GET", "/callback/x", &[]));
        assert!(!passes(
            &gate,
            "GET",
            "/callback/x",
            &["127.0.0.1:4711", "127.0.0.1:4711"]
        ));
        for method in ["POST", "HEAD", "OPTIONS", "PUT", "get"] {
            assert!(
                !passes(&gate, method, "/callback/x?code=a", &["127.0.0.1:4711"]),
                "{method}"
            );
        }
        for path in [
            "/",
            "/callback",
            "/callback/x/",
            "/callback/X",
            "//callback/x",
            "/callback/%78",
            "/favicon.ico",
        ] {
            assert!(!passes(&gate, "GET", path, &["127.0.0.1:4711"]), "{path}");
        }
    }

    #[test]
    fn the_absolute_form_must_name_us_too() {
        let gate = Gate::new("/cb", 4711);
        assert!(passes(
            &gate,
            "GET",
            "http://127.0.0.1:4711/cb?code=a",
            &["127.0.0.1:4711"]
        ));
        for target in [
            "http://evil.example/cb",
            "http://127.0.0.1/cb",
            "https://127.0.0.1:4711/cb",
            "http://user@127.0.0.1:4711/cb",
        ] {
            assert!(
                !passes(&gate, "GET", target, &["127.0.0.1:4711"]),
                "{target}"
            );
        }
    }

    #[test]
    fn browsers_leave_out_port_80() {
        assert!(passes(&Gate::new("/cb", 80), "GET", "/cb", &["localhost"]));
    }

    #[test]
    fn a_body_is_no_redirect() {
        let request = Request::get("/cb")
            .header(HOST, "127.0.0.1:1")
            .body("x".to_owned())
            .unwrap();
        assert!(Gate::new("/cb", 1).query(&request).is_none());
    }
}
