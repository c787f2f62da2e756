//! Which servers may be sent what is secret at a provider: one policy for every endpoint, wherever it comes from.
//!
//! A server is trusted if its host is the issuer's or lies below that, if the provider's built-in row names it, or
//! if the person accepted it. A file under a row's name is judged by the row and not by what the file says, so that
//! it cannot bring a trust of its own. There is no list of public suffixes: a neighbour is a stranger.

use std::collections::{BTreeMap, BTreeSet};

use url::{Host, Url};

use super::registry::compose_row;
use super::{Endpoint, Provider, builtin};
use crate::web::is_loopback;

/// A server as people name it and as it is accepted: the host, on this machine with the port, for each port there
/// is another server.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default().filter(|_| is_loopback(url)) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The same of what somebody typed: a host, or a URL that has one. `None` for anything else.
pub(crate) fn parse_host(typed: &str) -> Option<String> {
    let url = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("https://{typed}/")
    };
    let url = Url::parse(&url).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    let bare = typed.contains("://") || !typed.contains(['/', '?', '#']);
    (plain && bare && url.host_str().is_some_and(|host| !host.is_empty())).then(|| host_of(&url))
}

/// Whether `url` is at the server of `anchor`, or below its host. What is reached by https is not reached by http.
pub(crate) fn is_within(anchor: &Url, url: &Url) -> bool {
    if anchor.scheme() == "https" && url.scheme() != "https" {
        return false;
    }
    if host_of(anchor) == host_of(url) {
        return true;
    }
    match (anchor.host(), url.host()) {
        (Some(Host::Domain(above)), Some(Host::Domain(host))) if !is_loopback(anchor) => host
            .strip_suffix(above)
            .is_some_and(|below| below.ends_with('.')),
        _ => false,
    }
}

/// A server that nothing vouches for, and what it would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stranger {
    pub host: String,
    pub endpoints: Vec<Endpoint>,
}

impl Stranger {
    /// "asks for your password and receives the code".
    pub(crate) fn describe(&self) -> String {
        let gets: Vec<&str> = self
            .endpoints
            .iter()
            .map(|endpoint| endpoint.receives())
            .collect();
        match gets.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// The servers of a built-in row.
pub(super) struct RowServers {
    /// Its issuer: whatever lies below is the row's too.
    issuer: Option<Url>,
    hosts: BTreeSet<String>,
}

impl RowServers {
    pub(super) fn of(row: &Provider) -> Self {
        let own = row.servers().map(host_of);
        Self {
            issuer: row.issuer_url(),
            hosts: own.chain(row.origins.iter().cloned()).collect(),
        }
    }

    pub(super) fn covers(&self, url: &Url) -> bool {
        let below = self.issuer.as_ref();
        // Rows name https alone.
        let named = url.scheme() == "https" && self.hosts.contains(&host_of(url));
        named || below.is_some_and(|issuer| is_within(issuer, url))
    }
}

impl Provider {
    /// Whether what is secret at this provider may be sent there.
    pub(crate) fn trusts(&self, url: &Url) -> bool {
        if self.embedded || self.accepted_origins.contains(&host_of(url)) {
            return true;
        }
        if let Some(row) = compose_row(&self.name, self.host.as_deref()) {
            return RowServers::of(&row).covers(url);
        }
        let Some(anchor) = self.anchor() else {
            return false;
        };
        is_within(&anchor, url) || self.rows_of(&anchor).any(|row| row.covers(url))
    }

    /// Whether the built-in row of the provider's name has that server, whatever the person's file says.
    pub(crate) fn is_of_own_row(&self, url: &Url) -> bool {
        compose_row(&self.name, None).is_some_and(|row| RowServers::of(&row).covers(url))
    }

    /// Those of these endpoints that are elsewhere than at a trusted server, by server.
    pub(crate) fn strangers(&self, endpoints: &[Endpoint]) -> Vec<Stranger> {
        let mut strangers: Vec<Stranger> = Vec::new();
        for endpoint in endpoints {
            let Some(url) = self.endpoint(*endpoint).filter(|url| !self.trusts(url)) else {
                continue;
            };
            let host = host_of(url);
            match strangers.iter_mut().find(|one| one.host == host) {
                Some(known) => known.endpoints.push(*endpoint),
                None => strangers.push(Stranger {
                    host,
                    endpoints: vec![*endpoint],
                }),
            }
        }
        strangers
    }

    /// The keys of a definition that lead to a server nothing vouches for, by server.
    pub(crate) fn departures(&self) -> BTreeMap<String, Vec<&'static str>> {
        let endpoints = Endpoint::ALL.into_iter();
        let mut all: Vec<(&str, Option<Url>)> = endpoints
            .map(|endpoint| (endpoint.key(), self.endpoint(endpoint).cloned()))
            .collect();
        let given = self.given.userinfo_endpoint.clone();
        all.extend([
            ("given.userinfo_endpoint", given),
            ("issuer", self.issuer_url()),
        ]);
        let mut departures: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        for (key, url) in all {
            if let Some(url) = url.filter(|url| !self.trusts(url)) {
                departures.entry(host_of(&url)).or_default().push(key);
            }
        }
        departures
    }

    /// Who a person means that signs in here.
    fn anchor(&self) -> Option<Url> {
        let stands_in = self
            .authorization_endpoint
            .as_ref()
            .or(self.device_authorization_endpoint.as_ref())
            .or(self.token_endpoint.as_ref());
        self.issuer_url().or_else(|| stands_in.cloned())
    }

    /// How people know the provider's server: that of its built-in row, else that of the definition.
    pub(crate) fn known_server(&self) -> Option<String> {
        let row = compose_row(&self.name, self.host.as_deref());
        let anchor = row.and_then(|row| row.anchor()).or_else(|| self.anchor());
        anchor.map(|anchor| host_of(&anchor))
    }

    fn issuer_url(&self) -> Option<Url> {
        Url::parse(self.issuer.as_deref()?).ok()
    }

    /// Every URL of a definition that something secret may go to.
    pub(super) fn servers(&self) -> impl Iterator<Item = &Url> {
        let all = Endpoint::ALL.into_iter();
        all.filter_map(|endpoint| self.endpoint(endpoint))
            .chain(&self.given.userinfo_endpoint)
    }

    /// The same, and the issuer.
    pub(super) fn leaves(&self, row: &RowServers) -> bool {
        let issuer = self.issuer_url();
        let mut all = self.servers().chain(&issuer);
        all.any(|url| !row.covers(url))
    }

    /// The rows whose server this definition's is: then it may name what they name.
    fn rows_of(&self, anchor: &Url) -> impl Iterator<Item = RowServers> {
        let like = self.like.as_deref();
        let like = like.and_then(|like| compose_row(like, self.host.as_deref()));
        let like = like.map(|row| RowServers::of(&row));
        let theirs = anchor.clone();
        let rows = builtin::names().filter_map(|name| compose_row(name, None));
        let rows = rows.filter(move |row| {
            let known = !row.missing.iter().any(|key| key == "host");
            let server = row.anchor().filter(|_| known);
            server.is_some_and(|server| host_of(&server) == host_of(&theirs))
        });
        let like = like.filter(|row| row.covers(anchor));
        like.into_iter().chain(rows.map(|row| RowServers::of(&row)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;
    use crate::provider::Registry;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_server_is_the_issuers_or_below_it_and_no_neighbour() {
        let within = |anchor: &str, other: &str| is_within(&url(anchor), &url(other));
        for (anchor, inside) in [
            ("https://id.acme.com", "https://id.acme.com/token"),
            ("https://id.acme.com", "https://id.acme.com:8443/token"),
            ("https://acme.com", "https://id.acme.com/token"),
            ("https://acme.com", "https://a.b.acme.com/token"),
            ("https://ACME.com", "https://id.acme.COM/token"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1/token"),
            ("http://[::1]:1", "http://[::1]:1/token"),
        ] {
            assert!(within(anchor, inside), "{anchor} {inside}");
        }
        for (anchor, outside) in [
            ("https://acme.okta.com", "https://evil.okta.com/token"),
            ("https://id.acme.com", "https://acme.com/token"),
            ("https://acme.com", "https://evilacme.com/token"),
            ("https://acme.com", "https://acme.com.evil.com/token"),
            ("https://acme.com", "https://evil.com/acme.com"),
            ("https://acme.com", "http://id.acme.com/token"),
            ("https://acme.com", "http://127.0.0.1:1/token"),
            ("https://10.0.0.1", "https://110.0.0.1/token"),
            ("http://127.0.0.1:1", "http://127.0.0.1:2/token"),
            ("https://127.0.0.1:1", "http://127.0.0.1:1/token"),
            ("http://localhost:1", "http://127.0.0.1:1/token"),
            ("http://localhost:1", "https://evil.localhost:1/token"),
        ] {
            assert!(!within(anchor, outside), "{anchor} {outside}");
        }
    }

    #[test]
    fn a_host_is_typed_as_it_is_shown() {
        for (typed, host) in [
            ("id.acme.com", Some("id.acme.com")),
            ("ID.acme.com", Some("id.acme.com")),
            ("id.acme.com:8443", Some("id.acme.com")),
            ("https://id.acme.com/token", Some("id.acme.com")),
            ("127.0.0.1:9400", Some("127.0.0.1:9400")),
            ("http://127.0.0.1:9400", Some("127.0.0.1:9400")),
            ("", None),
            ("a b", None),
            ("id.acme.com/token", None),
            ("me@id.acme.com", None),
        ] {
            assert_eq!(parse_host(typed).as_deref(), host, "{typed}");
        }
    }

    /// What rows' metadata is known to name beside the row.
    #[test]
    fn nobody_is_asked_at_a_built_in_row() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let registry = Registry::new(paths.clone());
        for name in builtin::names() {
            let row = registry.describe(name).unwrap();
            assert_eq!(row.strangers(&Endpoint::ALL), [], "{name}");
            assert!(row.servers().all(|url| row.trusts(url)), "{name}");
        }
        let google = url("https://openidconnect.googleapis.com/v1/userinfo");
        assert!(registry.get("google").unwrap().trusts(&google));
        for (name, text) in [
            ("auth0", "host = 'acme.eu.auth0.com'\n"),
            ("okta", "host = 'acme.okta.com'\ntenant = 'default'\n"),
            ("keycloak", "host = 'sso.acme.com/auth'\ntenant = 'x'\n"),
            ("work", "like = 'gitlab'\nhost = 'git.acme.com'\n"),
            ("ghe", "like = 'github'\nhost = 'git.acme.com'\n"),
            ("mine", "like = 'google'\n"),
            ("accounts", "issuer = 'https://accounts.google.com'\n"),
        ] {
            let file = paths.providers().join(format!("{name}.toml"));
            keyfob_base::files::replace(&file, text.as_bytes()).unwrap();
            let mut found = registry.describe(name).unwrap();
            if name == "accounts" {
                let google = registry.get("google").unwrap();
                for endpoint in Endpoint::ALL {
                    if let Some(url) = google.endpoint(endpoint) {
                        found.complete_endpoint(endpoint, url.clone());
                    }
                }
                found.userinfo_endpoint = Some(url("https://openidconnect.googleapis.com/v1/u"));
            }
            assert_eq!(found.strangers(&Endpoint::ALL), [], "{name}");
        }
    }

    #[test]
    fn what_a_file_says_elsewhere_is_a_strangers() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let registry = Registry::new(paths.clone());
        for (name, text) in [
            ("okta", "host='acme.okta.com'\ntenant='x'\nEVIL"),
            ("github", "EVIL"),
            ("github", "host = 'evil.okta.com'\n"),
            ("huggingface", "issuer = 'https://evil.okta.com'\nEVIL"),
            ("gitlab", "issuer = 'https://evil.okta.com'\nEVIL"),
            ("mine", "like = 'google'\nEVIL"),
            // It is the row's server that people know there, or the issuer; not both.
            (
                "mine",
                "like='huggingface'\nissuer='https://other.example'\nEVIL",
            ),
            ("mine", "issuer = 'https://acme.okta.com'\nEVIL"),
            (
                "mine",
                "authorization_endpoint = 'https://acme.okta.com/a'\nEVIL",
            ),
        ] {
            let text = text.replace("EVIL", "token_endpoint = 'https://evil.okta.com/t'\n");
            let file = paths.providers().join(format!("{name}.toml"));
            keyfob_base::files::replace(&file, text.as_bytes()).unwrap();
            let found = registry.describe(name).unwrap();
            let strangers = found.strangers(&[Endpoint::Token]);
            assert_eq!(strangers.len(), 1, "{name}: {text}");
            assert_eq!(strangers[0].host, "evil.okta.com");
        }
    }
}
