//! From an issuer's URL to a provider: the one that is known already, or a name for a new one.

use url::{Host, Url};

use super::{Registry, SANDBOX};
use crate::names::is_provider_name;

const LONGEST: usize = 32;

/// Second levels under which countries hand out names, as in `example.co.uk`.
const SECOND_LEVELS: [&str; 14] = [
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "ne", "net", "nom", "or", "org", "sch",
];

/// A name that is not among `taken`: `example` for `id.example.com`, `localhost-8080` with a port.
pub(crate) fn suggest(issuer: &str, taken: &[String]) -> String {
    let is_free = |name: &String| {
        is_provider_name(name) && name != SANDBOX && !taken.iter().any(|other| other == name)
    };
    let candidates = list_candidates(issuer);
    if let Some(free) = candidates.iter().find(|name| is_free(name)) {
        return free.clone();
    }
    let base = candidates.first().map_or("provider", String::as_str);
    (2..u32::MAX)
        .map(|number| {
            let number = format!("-{number}");
            let kept = base.len().min(LONGEST - number.len());
            format!("{}{number}", base[..kept].trim_end_matches('-'))
        })
        .find(is_free)
        .expect("there are more numbers than names")
}

fn list_candidates(issuer: &str) -> Vec<String> {
    let Ok(url) = Url::parse(issuer) else {
        return vec!["provider".into()];
    };
    let port = url
        .port()
        .map_or_else(String::new, |port| format!("-{port}"));
    match url.host() {
        Some(Host::Domain(host)) if host.contains('.') => derive_from_domain(host),
        Some(host) => vec![fit(&format!("{host}{port}"))],
        None => vec!["provider".into()],
    }
}

/// The label that was registered; the same with the host's first, for a service with a host a customer.
fn derive_from_domain(host: &str) -> Vec<String> {
    let labels: Vec<&str> = host.split('.').filter(|label| !label.is_empty()).collect();
    let suffix = match labels.as_slice() {
        [.., _, second, country] if country.len() == 2 && SECOND_LEVELS.contains(second) => 2,
        _ => 1,
    };
    let Some(own) = labels.len().checked_sub(suffix + 1).map(|at| labels[at]) else {
        return vec![fit(host)];
    };
    let mut names = vec![fit(own)];
    if labels[0] != own {
        names.push(fit(&format!("{own}-{}", labels[0])));
    }
    names
}

/// `text` by the grammar of names: other characters become `-`.
fn fit(text: &str) -> String {
    let mut name = String::new();
    for c in text.to_ascii_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(LONGEST); // all ASCII by now
    let name = name.trim_end_matches('-');
    if name.is_empty() {
        "provider".into()
    } else {
        name.into()
    }
}

impl Registry {
    /// With or without a slash at the end. Definitions that cannot be read are passed over.
    pub(crate) fn with_issuer(&self, issuer: &str) -> Option<String> {
        let bare = |issuer: &str| issuer.trim_end_matches('/').to_owned();
        let wanted = bare(issuer);
        self.names().into_iter().find(|name| {
            self.get(name)
                .is_ok_and(|provider| provider.issuer.as_deref().map(bare) == Some(wanted.clone()))
        })
    }

    /// A free name for the provider at `issuer`, and none of those that are `taken` besides.
    pub(crate) fn suggest(&self, issuer: &str, taken: impl IntoIterator<Item = String>) -> String {
        let mut names = self.names();
        names.extend(taken);
        suggest(issuer, &names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;

    #[test]
    fn names_come_from_the_host() {
        for (issuer, name) in [
            ("https://id.example.com", "example"),
            ("https://example.com/realms/staff", "example"),
            ("https://login.corp.example.co.uk", "example"),
            ("https://example.co", "example"),
            ("https://co.uk", "co"),
            ("https://git.example.dev:8443", "example"),
            ("https://intranet", "intranet"),
            ("http://localhost:8080", "localhost-8080"),
            ("http://localhost", "localhost"),
            ("http://127.0.0.1:9400", "127-0-0-1-9400"),
            ("http://[::1]:9400", "1-9400"),
            ("https://192.0.2.1", "192-0-2-1"),
            ("https://bücher.example", "xn-bcher-kva"),
            ("https://my_host.example", "my-host"),
            ("https://example.com.", "example"),
            ("not a URL", "provider"),
            ("", "provider"),
            ("mailto:ada@example.com", "provider"),
        ] {
            assert_eq!(suggest(issuer, &[]), name, "{issuer}");
            assert!(is_provider_name(name));
        }
    }

    #[test]
    fn a_name_is_free_and_fits_whatever_the_host() {
        let long = format!("https://id.{}-.example", "a-".repeat(20));
        for issuer in [
            "https://dev-1.okta.com",
            &long,
            "https://sandbox.example",
            "http://[::1]",
        ] {
            let mut taken = vec!["okta".to_owned()];
            for _ in 0..30 {
                let name = suggest(issuer, &taken);
                assert!(is_provider_name(&name) && name != SANDBOX, "{name}");
                assert!(!taken.contains(&name), "{name}");
                taken.push(name);
            }
        }
        assert_eq!(
            suggest("https://dev-1.okta.com", &["okta".into()]),
            "okta-dev-1"
        );
        let both = ["okta".to_owned(), "okta-dev-1".to_owned()];
        assert_eq!(suggest("https://dev-1.okta.com", &both), "okta-2");
    }

    #[test]
    fn a_known_issuer_is_found_with_and_without_its_slash() {
        let home = tempfile::tempdir().unwrap();
        let registry = Registry::new(Paths::under(home.path()));
        for issuer in ["https://huggingface.co", "https://huggingface.co/"] {
            assert_eq!(registry.with_issuer(issuer).as_deref(), Some("huggingface"));
        }
        assert_eq!(registry.with_issuer("https://huggingface.co/other"), None);
    }
}
