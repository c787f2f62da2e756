//! A provider as a token meets it that somebody had already: no client has a part in it.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{IdentityMethod, IdentitySource, Provider};

/// How a given token is asked about and where it comes from, where that is not as for a login's.
#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct GivenRule {
    /// Where a given token says whose it is, by `GET`; `userinfo_endpoint` where absent, and then as
    /// `identity` says.
    pub userinfo_endpoint: Option<Url>,
    /// The stable identifier there; `identity.subject` where absent.
    pub subject: Option<String>,
    /// What people call the account there; `identity.username` where absent.
    pub username: Option<String>,
    /// Where a person makes such tokens and revokes them; `revocation.page` where absent.
    pub page: Option<Url>,
}

impl GivenRule {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Provider {
    /// The definition by which a given token is asked about and taken back: where `given` says something
    /// else than the rest, that. Headers that name the client are left out.
    #[must_use]
    pub fn for_given(mut self) -> Self {
        let given = &self.given;
        let identity = &mut self.identity;
        if let Some(endpoint) = &given.userinfo_endpoint {
            self.userinfo_endpoint = Some(endpoint.clone());
            identity.method = IdentityMethod::Get;
            identity.body = None;
        }
        for (own, given) in [
            (&mut identity.subject, &given.subject),
            (&mut identity.username, &given.username),
        ] {
            if let Some(given) = given {
                own.clone_from(given);
            }
        }
        identity.from = IdentitySource::Userinfo;
        identity
            .headers
            .retain(|_, value| !value.contains("{client_id}"));
        if given.page.is_some() {
            self.revocation.page.clone_from(&given.page);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Paths;
    use crate::provider::{GivenRule, IdentityRule, Registry};

    fn url(path: &str) -> Option<Url> {
        Url::parse(&format!("https://id.example.com/{path}")).ok()
    }

    fn graphql() -> Provider {
        Provider {
            userinfo_endpoint: url("graphql"),
            identity: IdentityRule {
                from: IdentitySource::IdToken,
                subject: "/data/id".into(),
                username: "/data/name".into(),
                method: IdentityMethod::Post,
                body: Some("{}".into()),
                headers: [
                    ("Client-Id".to_owned(), "{client_id}".to_owned()),
                    ("Version".to_owned(), "2".to_owned()),
                ]
                .into(),
                ..IdentityRule::default()
            },
            ..Provider::default()
        }
    }

    #[test]
    fn without_a_rule_of_its_own_a_given_token_is_asked_about_as_a_logins_is() {
        let provider = graphql().for_given();
        assert_eq!(provider.userinfo_endpoint, url("graphql"));
        let rule = &provider.identity;
        assert_eq!(rule.method, IdentityMethod::Post);
        assert_eq!(rule.body.as_deref(), Some("{}"));
        assert_eq!(rule.subject, "/data/id");
        assert_eq!(rule.from, IdentitySource::Userinfo, "there is no id token");
        let headers: Vec<&String> = rule.headers.keys().collect();
        assert_eq!(headers, ["Version"], "there is no client");
    }

    #[test]
    fn an_endpoint_of_its_own_is_asked_by_get_and_the_rest_stays_the_logins() {
        let mut provider = graphql();
        provider.revocation.page = url("apps");
        provider.given = GivenRule {
            userinfo_endpoint: url("whoami"),
            subject: Some("/id".into()),
            username: None,
            page: url("tokens"),
        };
        let provider = provider.for_given();
        assert_eq!(provider.userinfo_endpoint, url("whoami"));
        let rule = &provider.identity;
        assert_eq!((rule.method, &rule.body), (IdentityMethod::Get, &None));
        assert_eq!((&*rule.subject, &*rule.username), ("/id", "/data/name"));
        assert_eq!(provider.revocation.page, url("tokens"));
    }

    #[test]
    fn the_hub_and_any_gitlab_are_asked_at_their_own_apis() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        std::fs::create_dir_all(paths.providers()).unwrap();
        let ours = "like = \"gitlab\"\nhost = \"git.example.com/lab\"\n";
        std::fs::write(paths.providers().join("ours.toml"), ours).unwrap();
        let registry = Registry::new(paths);
        for (name, endpoint, subject, username) in [
            (
                "huggingface",
                "https://huggingface.co/api/whoami-v2",
                "/id",
                "/name",
            ),
            (
                "gitlab",
                "https://gitlab.com/api/v4/user",
                "/id",
                "/username",
            ),
            (
                "ours",
                "https://git.example.com/lab/api/v4/user",
                "/id",
                "/username",
            ),
            ("github", "https://api.github.com/user", "/id", "/login"),
        ] {
            let provider = registry.get(name).unwrap().for_given();
            let asked = provider.userinfo_endpoint.unwrap();
            assert_eq!(asked.as_str(), endpoint);
            let rule = &provider.identity;
            assert_eq!(
                (&*rule.subject, &*rule.username),
                (subject, username),
                "{name}"
            );
            let page = provider.revocation.page.unwrap();
            assert!(page.path().ends_with("tokens"), "{name}: {page}");
            assert_eq!(page.scheme(), "https");
        }
    }
}
