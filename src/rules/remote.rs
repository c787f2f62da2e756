//! A remote of a repository, and what `remote` in `config.toml` covers.

use std::fmt;

use serde::Deserialize;

/// What a URL is of, to which it is compared: the host and the path, however it is reached. Letters of either
/// case are the same, as they are at the well-known hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Remote {
    host: String,
    path: Vec<String>,
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.path.iter().try_for_each(|part| write!(f, "/{part}"))
    }
}

impl TryFrom<String> for Remote {
    type Error = &'static str;

    fn try_from(written: String) -> Result<Self, Self::Error> {
        let (host, path) = written.split_once('/').unwrap_or((&written, ""));
        let remote = Self::new(host, path).filter(|_| is_host(host));
        remote.ok_or("a remote is written as host and path, such as `github.com/acme`")
    }
}

impl Remote {
    fn new(host: &str, path: &str) -> Option<Self> {
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).to_lowercase();
        let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        let parts = if path.is_empty() { Vec::new() } else { parts };
        let odd = |part: &String| matches!(part.as_str(), "" | "." | "..");
        (!host.is_empty() && !parts.iter().any(odd)).then(|| Self {
            host: host.to_lowercase(),
            path: parts,
        })
    }

    /// What a URL is of; `None` for a folder and what else has no host. Neither the way nor who asks counts,
    /// so the password in a URL is in none.
    pub fn of_url(url: &str) -> Option<Self> {
        let (authority, path) = match url.split_once("://") {
            Some(("http" | "https" | "ssh" | "git" | "git+ssh" | "ssh+git", rest)) => {
                let rest = rest.split(['?', '#']).next().unwrap_or(rest);
                rest.split_once('/').unwrap_or((rest, ""))
            }
            Some(_) => return None,
            None => url
                .split_once(':')
                .filter(|(host, path)| !host.contains('/') && !path.starts_with(':'))?,
        };
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => host,
        };
        Self::new(host, path)
    }

    /// Whether another is this one, or below it by whole parts of the path.
    pub fn covers(&self, other: &Self) -> bool {
        self.host == other.host && other.path.starts_with(&self.path)
    }
}

fn is_host(host: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !host.is_empty() && host.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> String {
        Remote::of_url(url).map_or("none".into(), |remote| remote.to_string())
    }

    #[test]
    fn every_form_of_a_url_is_the_same_remote() {
        for url in [
            "https://github.com/acme/model",
            "https://github.com/acme/model.git",
            "https://github.com/acme/model.git/",
            "https://GitHub.com/Acme/model/",
            "https://ada:hunter2@github.com/acme/model.git",
            "https://github.com:443/acme/model?x=1#y",
            "http://github.com/acme/model",
            "ssh://git@github.com/acme/model.git",
            "ssh://git@github.com:2222/acme/model.git",
            "git://github.com/acme/model.git",
            "git+ssh://git@github.com/acme/model",
            "git@github.com:acme/model.git",
            "github.com:acme/model",
            "github.com:/acme/model.git",
        ] {
            assert_eq!(of(url), "github.com/acme/model", "{url}");
        }
        assert_eq!(of("https://github.com"), "github.com");
    }

    #[test]
    fn what_has_no_host_or_an_odd_path_is_none() {
        for url in [
            "",
            "/srv/git/model.git",
            "../model",
            "./github.com:acme/model",
            "file:///srv/git/model.git",
            "ext::sh -c true github.com/acme",
            "https:///acme/model",
            "https://evil.example/@github.com/../acme",
            "https://github.com/acme/../evil/model",
            "git@github.com:acme/../evil/model",
            "https://github.com//acme//model",
        ] {
            assert_eq!(of(url), "none", "{url}");
        }
        assert_eq!(
            of("https://github.com:80@evil.example/acme"),
            "evil.example/acme"
        );
    }

    #[test]
    fn a_rule_covers_whole_parts() {
        let rule = |text: &str| Remote::try_from(text.to_owned()).unwrap();
        let model = Remote::of_url("git@github.com:acme/tools/model.git").unwrap();
        for covers in [
            "github.com",
            "github.com/",
            "github.com/acme",
            "GitHub.com/Acme/",
            "github.com/acme/tools/model.git",
        ] {
            assert!(rule(covers).covers(&model), "{covers}");
        }
        for not in [
            "github.com/acm",
            "github.com/acme/tool",
            "github.com/acme/tools/model/x",
            "hub.com/acme",
            "gitlab.com/acme",
        ] {
            assert!(!rule(not).covers(&model), "{not}");
        }
        for wrong in [
            "",
            "/acme",
            "https://github.com/acme",
            "git@github.com/acme",
            "github.com:acme",
            "github.com:443/acme",
            "github.com/a//b",
            "github.com/../acme",
            "*/acme",
        ] {
            assert!(Remote::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
