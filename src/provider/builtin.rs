//! The built-in rows: one TOML file each, compiled in and parsed only when asked for.

/// Name and text of every row, sorted by name. The sandbox's is there with its feature alone.
const ROWS: &[(&str, &str)] = &[
    ("codeberg", include_str!("builtin/codeberg.toml")),
    ("discord", include_str!("builtin/discord.toml")),
    ("gitea", include_str!("builtin/gitea.toml")),
    ("github", include_str!("builtin/github.toml")),
    ("gitlab", include_str!("builtin/gitlab.toml")),
    ("google", include_str!("builtin/google.toml")),
    ("huggingface", include_str!("builtin/huggingface.toml")),
    ("microsoft", include_str!("builtin/microsoft.toml")),
    #[cfg(feature = "sandbox")]
    (super::SANDBOX, include_str!("builtin/sandbox.toml")),
    ("spotify", include_str!("builtin/spotify.toml")),
];

/// The names of all rows.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|(name, _)| *name)
}

/// One row as a table; `None` where no row has that name.
pub(super) fn row(name: &str) -> Option<toml::Table> {
    let (_, text) = ROWS.iter().find(|(row, _)| *row == name)?;
    Some(text.parse().expect("a test parses every built-in row"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::is_provider_name;
    use crate::provider::check::check;
    use crate::provider::{Provider, RedirectHost};

    fn parsed(name: &str, text: &str) -> Provider {
        let mut provider: Provider =
            toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        provider.name = name.into();
        provider
    }

    #[test]
    fn every_row_stands_alone_and_keeps_the_rules_of_files() {
        for (name, text) in ROWS {
            let provider = parsed(name, text);
            check(&provider).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
            assert!(is_provider_name(name));
            assert!(!provider.title.is_empty(), "{name}");
            assert!(!provider.scopes.is_empty(), "{name}");
            assert_eq!(provider.embedded, *name == crate::provider::SANDBOX);
            assert_eq!(
                provider.client_id.is_some(),
                provider.embedded,
                "{name} ships a client id"
            );
            let header = text
                .lines()
                .take_while(|line| line.starts_with('#'))
                .count();
            assert!(
                (2..=5).contains(&header),
                "{name}: {header} lines of header"
            );
        }
        assert!(ROWS.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn every_row_for_other_peoples_servers_calls_https_alone() {
        for (name, text) in ROWS {
            let provider = parsed(name, text);
            let urls = [
                &provider.authorization_endpoint,
                &provider.token_endpoint,
                &provider.userinfo_endpoint,
                &provider.revocation_endpoint,
                &provider.registration_endpoint,
                &provider.revocation.page,
                &provider.registration.page,
            ];
            for url in urls.into_iter().flatten() {
                assert_eq!(url.scheme(), "https", "{name}: {url}");
            }
            assert_eq!(
                urls.iter().all(|url| url.is_none()),
                provider.embedded,
                "{name}"
            );
        }
    }

    #[test]
    fn every_row_says_where_and_what_to_register() {
        for (name, text) in ROWS {
            let provider = parsed(name, text);
            if provider.embedded {
                continue;
            }
            assert!(provider.registration.page.is_some(), "{name}");
            let values = provider.registration_values(&provider.scopes);
            for uri in provider.redirect_uris() {
                assert!(uri.ends_with(&format!("/callback/{name}")), "{uri}");
                assert!(
                    values.iter().any(|value| value.ends_with(&uri)),
                    "{name}: {uri}"
                );
            }
            assert!(!values.concat().contains(['{', '}']), "{name}: {values:?}");
        }
    }

    #[test]
    fn redirects_are_what_each_server_takes() {
        for (name, text) in ROWS {
            let redirect = parsed(name, text).redirect;
            let host = match *name {
                "microsoft" => RedirectHost::Localhost,
                _ => RedirectHost::Ipv4,
            };
            let ports: &[u16] = match *name {
                "discord" => &[53682, 53683],
                _ => &[],
            };
            assert_eq!(
                (redirect.host, redirect.ports.as_slice()),
                (host, ports),
                "{name}"
            );
        }
    }
}
