use super::*;
use crate::names::is_provider_name;
use crate::paths::Paths;
use crate::provider::{
    ClientAuth, DeviceStyle, Endpoint, ExchangeRule, PrefixRule, Provider, RESERVED_PARAMETERS,
    RedirectHost, Registry, ResourceForm, RevocationStyle, SANDBOX, TokenBody,
};

/// Every row as a person without any file looks at it, and its text.
fn rows() -> Vec<(Provider, &'static str)> {
    let home = tempfile::tempdir().unwrap();
    let registry = Registry::new(Paths::under(home.path()));
    let rows = ROWS.iter().map(|(name, text)| {
        let provider = registry.describe(name);
        (
            provider.unwrap_or_else(|error| panic!("{name}: {error}")),
            *text,
        )
    });
    rows.collect()
}

fn others() -> impl Iterator<Item = Provider> {
    let providers = rows().into_iter().map(|(provider, _)| provider);
    providers.filter(|provider| !provider.embedded)
}

#[test]
fn every_row_stands_alone_and_keeps_the_rules_of_files() {
    for (provider, text) in rows() {
        let name = provider.name.as_str();
        assert!(is_provider_name(name));
        assert!(!provider.title.is_empty(), "{name}");
        assert_eq!(provider.embedded, name == SANDBOX);
        let ships = provider.client_id.is_some();
        assert_eq!(ships, provider.embedded, "{name} ships a client id");
        let header = text.lines().take_while(|line| line.starts_with('#'));
        let header = header.count();
        assert!(
            (2..=5).contains(&header),
            "{name}: {header} lines of header"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 130),
            "{name}"
        );
    }
    assert!(ROWS.is_sorted_by(|(a, _), (b, _)| a < b));
}

/// A host that a user gives is checked once; a row that puts it elsewhere would need more.
#[test]
fn hosts_stand_only_where_a_host_does() {
    for (name, text) in ROWS {
        for (before, after) in text.match_indices("\"https://{host}").map(|(at, found)| {
            let rest = &text[at + found.len()..];
            (&text[at..at + found.len()], rest.chars().next().unwrap())
        }) {
            assert!(matches!(after, '/' | '"'), "{name}: {before}{after}");
        }
        let keys: toml::Table = text.parse().unwrap();
        let urls = keys.iter().filter(|(key, _)| key.ends_with("_endpoint"));
        for (key, url) in urls {
            let url = url.as_str().unwrap();
            let bare = url.strip_prefix("https://{host}/").unwrap_or(url);
            assert!(!bare.contains("{host}"), "{name}: {key}");
        }
    }
}

#[test]
fn every_row_for_other_peoples_servers_calls_https_alone() {
    for (provider, _) in rows() {
        let name = provider.name.as_str();
        let pages = [
            &provider.device.verification_uri,
            &provider.given.userinfo_endpoint,
            &provider.given.page,
            &provider.revocation.page,
            &provider.registration.page,
        ];
        let endpoints = Endpoint::ALL.map(|endpoint| provider.endpoint(endpoint));
        let urls = endpoints
            .into_iter()
            .chain(pages.map(Option::as_ref))
            .collect::<Vec<_>>();
        for url in urls.iter().flatten() {
            assert_eq!(url.scheme(), "https", "{name}: {url}");
            assert_eq!(url.fragment(), None, "{name}: {url}");
            let client_id = url.as_str().replace("%7Bclient_id%7D", "");
            assert!(!client_id.contains(['{', '}', '%']), "{name}: {url}");
        }
        let none = urls.iter().all(Option::is_none);
        assert_eq!(none, provider.embedded, "{name}");
        let parameters = &provider.authorization.parameters;
        let own = RESERVED_PARAMETERS
            .iter()
            .any(|own| parameters.contains_key(*own));
        assert!(!own, "{name}");
    }
}

#[test]
fn every_row_says_where_and_what_to_register() {
    for provider in others() {
        let name = provider.name.as_str();
        let values = provider.registration_values(&provider.scopes);
        let unregistrable = ["claude", "codex"].contains(&name);
        assert_eq!(
            provider.registration.page.is_none(),
            unregistrable,
            "{name}"
        );
        let says_so = values
            .iter()
            .any(|value| value.contains("registers no third-party clients"));
        assert_eq!(says_so, unregistrable, "{name}");
        let uris = provider.redirect_uris();
        assert!(!uris.is_empty(), "{name}");
        for uri in uris {
            let told = values.iter().any(|value| value.contains(&uri));
            assert!(told, "{name}: {uri}");
        }
        assert!(!values.concat().contains(['{', '}']), "{name}: {values:?}");
    }
}

/// RFC 9700 §4.4.2: a code for one server is never delivered where another's is awaited.
#[test]
fn redirects_to_this_machine_differ_from_server_to_server() {
    let own = ["claude", "codex"];
    let mut paths: Vec<_> = others()
        .map(|provider| {
            let path = provider.redirect_path();
            let usual = path == format!("/callback/{}", provider.name);
            assert_eq!(usual, !own.contains(&provider.name.as_str()), "{path}");
            path
        })
        .collect();
    let all = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), all);
}

#[test]
fn a_preset_asks_for_what_a_sign_in_asks_and_for_more() {
    for provider in others() {
        for (preset, scopes) in &provider.presets {
            let kept = provider.scopes.iter().all(|scope| scopes.contains(scope));
            assert!(kept, "{}: {preset} drops a scope", provider.name);
            assert!(
                scopes.len() > provider.scopes.len(),
                "{}: {preset}",
                provider.name
            );
        }
    }
    let preset = |row: &str, preset: &str| {
        let provider = others().find(|provider| provider.name == row).unwrap();
        provider.presets[preset].join(" ")
    };
    for (row, name, scopes) in [
        (
            "huggingface",
            "read",
            "openid profile read-repos gated-repos",
        ),
        ("huggingface", "inference", "openid profile inference-api"),
        ("huggingface", "publish", "openid profile write-repos"),
        ("gitlab", "pull", "openid profile email read_repository"),
        ("github", "git", "read:user user:email repo"),
    ] {
        assert_eq!(preset(row, name), scopes, "{row}");
    }
}

#[test]
fn one_row_says_how_identity_tokens_are_exchanged() {
    for provider in others() {
        let rule = match provider.name.as_str() {
            "huggingface" => ExchangeRule {
                audience: Some("https://huggingface.co".into()),
                body: Some(TokenBody::Json),
                subject_token_type: Some("urn:ietf:params:oauth:token-type:id_token".into()),
                requested_token_type: None,
                without_client: true,
                resource: ResourceForm::Name,
                variables: vec!["HF_OIDC_ID_TOKEN".into()],
            },
            _ => ExchangeRule::default(),
        };
        assert_eq!(provider.exchange, rule, "{}", provider.name);
    }
}

#[test]
fn what_only_the_user_can_say_is_named() {
    for provider in others() {
        let missing: &[&str] = match provider.name.as_str() {
            "okta" | "auth0" => &["host"],
            "keycloak" => &["host", "tenant"],
            "frameio" => &["redirect.manual"],
            _ => &[],
        };
        assert_eq!(provider.missing, missing, "{}", provider.name);
    }
}

/// The redirect, as `HOST:PORTS` or `manual`.
fn redirect(provider: &Provider) -> String {
    let host = match provider.redirect.host {
        RedirectHost::Ipv4 => "127.0.0.1",
        RedirectHost::Ipv6 => "[::1]",
        RedirectHost::Localhost => "localhost",
    };
    let ports: Vec<_> = provider.redirect.ports.iter().map(u16::to_string).collect();
    match (provider.redirect.no_loopback, ports.as_slice()) {
        (true, _) => "manual".into(),
        (false, []) => format!("{host}:any"),
        (false, ports) => format!("{host}:{}", ports.join(",")),
    }
}

/// The authentication of a flow, with `!` where a secret is needed.
fn auth(auth: ClientAuth) -> &'static str {
    match auth {
        ClientAuth::None => "none",
        ClientAuth::ClientSecretBasic => "basic",
        ClientAuth::ClientSecretPost => "post",
        ClientAuth::BasicWithoutSecret => "empty",
    }
}

fn device(provider: &Provider) -> &'static str {
    let left_open = provider.discovery && provider.authorization_endpoint.is_none();
    match (&provider.device_authorization_endpoint, left_open) {
        (None, true) => "metadata",
        (None, false) => "no",
        (Some(_), _) if provider.device.style == DeviceStyle::AuthorizationCode => "code",
        (Some(_), _) => auth(provider.device.client_auth.unwrap_or(provider.client_auth)),
    }
}

fn revocation(provider: &Provider) -> &'static str {
    let left_open = provider.discovery && provider.authorization_endpoint.is_none();
    if provider.revocation_endpoint.is_none() && !left_open {
        assert!(provider.revocation.page.is_some(), "{}", provider.name);
        return "page";
    }
    match provider.revocation.style {
        RevocationStyle::Rfc7009 if provider.revocation.refresh_tokens_only => "refresh",
        RevocationStyle::Rfc7009 => "rfc7009",
        RevocationStyle::TokenOnly => "token",
        RevocationStyle::DeleteToken => "delete",
        RevocationStyle::Bearer => "bearer",
        RevocationStyle::Json => "json",
    }
}

/// A variable says whose token it holds, and a prefix says it of a token.
#[test]
fn no_variable_and_no_prefix_is_of_two_servers() {
    let mut seen = std::collections::BTreeMap::new();
    for provider in others() {
        let prefixes = &provider.prefixes;
        let prefixes = prefixes.access.iter().chain(&prefixes.refresh).cloned();
        for sign in provider.token_variables().into_iter().chain(prefixes) {
            let other = seen.insert(sign.clone(), provider.name.clone());
            assert_eq!(other, None, "{sign}: {}", provider.name);
        }
    }
}

#[test]
fn the_variables_of_each_server_are_these() {
    let table = [
        ("claude", "CLAUDE_CODE_OAUTH_TOKEN ANTHROPIC_AUTH_TOKEN"),
        ("discord", "DISCORD_ACCESS_TOKEN"),
        ("dropbox", "DBX_OAUTH_TOKEN"),
        ("frameio", "FRAMEIO_TOKEN"),
        ("gitea", "GITEA_TOKEN GITEA_SERVER_TOKEN"),
        ("github", "GH_TOKEN GITHUB_TOKEN"),
        ("gitlab", "GITLAB_TOKEN GITLAB_ACCESS_TOKEN"),
        (
            "google",
            "GOOGLE_OAUTH_ACCESS_TOKEN CLOUDSDK_AUTH_ACCESS_TOKEN",
        ),
        ("huggingface", "HF_TOKEN HUGGING_FACE_HUB_TOKEN"),
        ("linear", "LINEAR_ACCESS_TOKEN"),
        ("notion", "NOTION_TOKEN"),
        ("salesforce", "SF_ACCESS_TOKEN"),
        ("slack", "SLACK_USER_TOKEN"),
    ];
    let known: Vec<_> = others()
        .filter(|provider| !provider.environment.variables.is_empty())
        .map(|provider| (provider.name.clone(), provider.token_variables().join(" ")))
        .collect();
    let table = table.map(|(name, variables)| (name.to_owned(), variables.to_owned()));
    assert_eq!(known, table);
    let bots = ["DISCORD_TOKEN", "SLACK_TOKEN", "SLACK_BOT_TOKEN"];
    for provider in others() {
        let variables = provider.token_variables();
        let foreign = bots.iter().any(|bot| variables.iter().any(|v| v == bot));
        assert!(!foreign, "{}: {variables:?}", provider.name);
    }
}

#[test]
fn servers_of_ones_own_have_variables_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    for (name, text, variables) in [
        (
            "github",
            "host = 'git.example.com'",
            "GH_ENTERPRISE_TOKEN GITHUB_ENTERPRISE_TOKEN",
        ),
        ("codeberg", "host = 'git.example.com'", "FORGEJO_TOKEN"),
        ("codeberg", "host = 'codeberg.org'", "CODEBERG_TOKEN"),
        ("work", "like = 'github'", "GH_TOKEN GITHUB_TOKEN"),
    ] {
        let file = paths.providers().join(format!("{name}.toml"));
        keyfob_base::files::replace(&file, text.as_bytes()).unwrap();
        let provider = Registry::new(paths.clone()).describe(name).unwrap();
        assert_eq!(provider.token_variables().join(" "), variables, "{name}");
    }
}

#[test]
fn the_prefixes_of_each_server_are_these() {
    let table = [
        ("claude", "sk-ant-oat01- sk-ant-api03-", "sk-ant-ort01-"),
        ("dropbox", "sl.", ""),
        ("github", "gho_ ghp_ ghs_ ghu_ github_pat_", "ghr_"),
        ("gitlab", "glpat-", ""),
        ("google", "ya29.", "1//"),
        ("huggingface", "hf_ hf_oauth_ hf_jwt_", "hf_oauth__refresh_"),
        ("linear", "lin_oauth_ lin_api_", ""),
        ("notion", "ntn_", "nrt_"),
        ("slack", "xoxp- xoxb- xapp- xoxe.xoxp-", "xoxe-"),
    ];
    let known: Vec<_> = others()
        .map(|provider| {
            let PrefixRule { access, refresh } = &provider.prefixes;
            (provider.name.clone(), access.join(" "), refresh.join(" "))
        })
        .filter(|(_, access, refresh)| !access.is_empty() || !refresh.is_empty())
        .collect();
    let table = table.map(|(name, access, refresh)| (name.into(), access.into(), refresh.into()));
    assert_eq!(known, table);
}

#[test]
fn the_sign_ins_that_end_are_these() {
    let table = [
        // name, without a refresh, from the sign-in
        ("atlassian", "90d", "365d"),
        ("codeberg", "730h", ""),
        ("frameio", "14d", ""),
        ("gitea", "730h", ""),
        ("github", "180d", ""),
        ("google", "180d", ""),
        ("microsoft", "90d", ""),
        ("slack", "30d", ""),
        ("spotify", "", "180d"),
        ("twitch", "30d", ""),
        ("zoom", "90d", ""),
    ];
    let known: Vec<_> = others()
        .map(|provider| {
            let said = |span: &Option<String>| span.clone().unwrap_or_default();
            let rule = &provider.lifetime;
            let (idle, all) = (said(&rule.refresh_token_idle), said(&rule.refresh_token));
            (provider.name, idle, all)
        })
        .filter(|(_, idle, all)| !idle.is_empty() || !all.is_empty())
        .collect();
    let table = table.map(|(name, idle, all)| (name.into(), idle.into(), all.into()));
    assert_eq!(known, table);
}

#[test]
fn the_servers_that_are_known_to_rotate_or_not_are_these() {
    let rotating = [
        "atlassian",
        "claude",
        "codex",
        "gitlab",
        "huggingface",
        "slack",
        "spotify",
        "twitch",
    ];
    for provider in others() {
        let name = provider.name.as_str();
        let known = match name {
            // Of these a copy of a refresh token may live in two places; a wrong name here ends sign-ins.
            "dropbox" | "google" => Some(false),
            name if rotating.contains(&name) => Some(true),
            _ => None,
        };
        assert_eq!(provider.lifetime.rotation, known, "{name}");
    }
}

#[test]
fn the_facts_of_each_server_are_these() {
    let fixed = "127.0.0.1:53682,53683";
    let named = "localhost:53682,53683";
    let table = [
        // name, redirect, client authentication, secret needed, device flow, revocation
        ("atlassian", "localhost:53682", "post", true, "no", "page"),
        ("auth0", fixed, "none", false, "metadata", "refresh"),
        ("bitbucket", "localhost:53682", "basic", true, "no", "page"),
        ("claude", "localhost:any", "none", false, "no", "page"),
        ("codeberg", "127.0.0.1:any", "none", false, "no", "page"),
        ("codex", "localhost:1455", "none", false, "code", "json"),
        ("discord", fixed, "none", false, "no", "rfc7009"),
        ("dropbox", fixed, "none", false, "no", "bearer"),
        ("frameio", "manual", "none", false, "no", "rfc7009"),
        ("gitea", "127.0.0.1:any", "none", false, "no", "page"),
        ("github", "127.0.0.1:any", "post", true, "none", "delete"),
        ("gitlab", "127.0.0.1:any", "none", false, "none", "rfc7009"),
        ("google", "127.0.0.1:any", "post", true, "post", "token"),
        (
            "huggingface",
            "127.0.0.1:any",
            "none",
            false,
            "none",
            "page",
        ),
        (
            "keycloak",
            "127.0.0.1:any",
            "none",
            false,
            "metadata",
            "rfc7009",
        ),
        ("linear", fixed, "none", false, "no", "rfc7009"),
        ("microsoft", "localhost:any", "none", false, "none", "page"),
        ("notion", named, "basic", true, "no", "json"),
        ("okta", fixed, "none", false, "metadata", "rfc7009"),
        ("reddit", "127.0.0.1:53682", "empty", false, "no", "rfc7009"),
        ("salesforce", named, "none", false, "none", "rfc7009"),
        ("slack", named, "none", false, "no", "bearer"),
        ("spotify", "127.0.0.1:any", "none", false, "no", "page"),
        ("twitch", named, "post", true, "none", "rfc7009"),
        ("zoom", "127.0.0.1:any", "none", false, "basic", "rfc7009"),
    ];
    let rows: Vec<_> = others().collect();
    let facts: Vec<_> = rows
        .iter()
        .map(|provider| {
            (
                provider.name.as_str(),
                redirect(provider),
                auth(provider.client_auth),
                provider.client_secret_required,
                device(provider),
                revocation(provider),
            )
        })
        .collect();
    for (fact, row) in facts.iter().zip(table) {
        let row = (row.0, row.1.to_owned(), row.2, row.3, row.4, row.5);
        assert_eq!(*fact, row);
    }
    assert_eq!(facts.len(), table.len());
}
