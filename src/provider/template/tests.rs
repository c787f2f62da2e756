use tempfile::TempDir;
use url::Url;

use super::*;
use crate::paths::Paths;
use crate::provider::{IdentityRule, Registry, Source};
use keyfob_base::files;

/// A home of its own, with `files` in its `providers` folder.
fn home(files: &[(&str, &str)]) -> (TempDir, Registry) {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    for (name, text) in files {
        files::replace(&paths.providers().join(name), text.as_bytes()).unwrap();
    }
    (home, Registry::new(paths))
}

fn with(file: &str, text: &str) -> Provider {
    let (_home, registry) = home(&[(file, text)]);
    let name = file.strip_suffix(".toml").unwrap();
    registry
        .get(name)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The URLs of a definition, by what one looks for in the table below.
fn url(provider: &Provider, what: &str) -> String {
    let of = |url: &Option<Url>| url.as_ref().unwrap().to_string();
    match what {
        "issuer" => provider.issuer.clone().unwrap(),
        "token" => of(&provider.token_endpoint),
        "userinfo" => of(&provider.userinfo_endpoint),
        "revocation" => of(&provider.revocation_endpoint),
        "device" => of(&provider.device_authorization_endpoint),
        "page" => of(&provider.registration.page),
        _ => unreachable!("{what}"),
    }
}

/// A row, what a file adds, the URL that is looked at, and what it is then.
const FILLED: &[(&str, &str, &str, &str)] = &[
    ("gitlab", "", "issuer", "https://gitlab.com"),
    (
        "gitlab",
        "host = 'git.example.com'",
        "issuer",
        "https://git.example.com",
    ),
    (
        "gitlab",
        "host = 'git.example.com'",
        "device",
        "https://git.example.com/oauth/authorize_device",
    ),
    (
        "gitlab",
        "host = 'example.com/gitlab'",
        "issuer",
        "https://example.com/gitlab",
    ),
    (
        "gitlab",
        "host = 'example.com/gitlab'",
        "token",
        "https://example.com/gitlab/oauth/token",
    ),
    (
        "gitlab",
        "host = 'Example.COM:8443/Git/Lab/'",
        "token",
        "https://example.com:8443/Git/Lab/oauth/token",
    ),
    (
        "gitlab",
        "host = '[2001:db8::1]:8443'",
        "token",
        "https://[2001:db8::1]:8443/oauth/token",
    ),
    (
        "gitlab",
        "host = '10.0.0.1'",
        "page",
        "https://10.0.0.1/-/user_settings/applications",
    ),
    ("github", "", "userinfo", "https://api.github.com/user"),
    (
        "github",
        "host = 'GitHub.com'",
        "userinfo",
        "https://api.github.com/user",
    ),
    (
        "github",
        "host = 'ghe.example.com'",
        "userinfo",
        "https://ghe.example.com/api/v3/user",
    ),
    (
        "github",
        "host = 'ghe.example.com'",
        "token",
        "https://ghe.example.com/login/oauth/access_token",
    ),
    (
        "github",
        "host = 'ghe.example.com'",
        "device",
        "https://ghe.example.com/login/device/code",
    ),
    (
        "github",
        "host = 'ghe.example.com'",
        "revocation",
        "https://ghe.example.com/api/v3/applications/%7Bclient_id%7D/token",
    ),
    (
        "gitea",
        "host = 'git.example.com'",
        "userinfo",
        "https://git.example.com/login/oauth/userinfo",
    ),
    (
        "codeberg",
        "host = 'forge.example.com/f'",
        "token",
        "https://forge.example.com/f/login/oauth/access_token",
    ),
    (
        "microsoft",
        "",
        "token",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    ),
    (
        "microsoft",
        "tenant = 'contoso.onmicrosoft.com'",
        "device",
        "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/devicecode",
    ),
    (
        "microsoft",
        "tenant = 'consumers'",
        "issuer",
        "https://login.microsoftonline.com/{tid}/v2.0",
    ),
    (
        "okta",
        "host = 'acme.okta.com'",
        "issuer",
        "https://acme.okta.com/oauth2/default",
    ),
    (
        "okta",
        "host = 'acme.okta.com'\ntenant = 'aus1x'",
        "issuer",
        "https://acme.okta.com/oauth2/aus1x",
    ),
    (
        "okta",
        "host = 'acme.okta.com'\nissuer = 'https://{host}'",
        "issuer",
        "https://acme.okta.com",
    ),
    (
        "auth0",
        "host = 'acme.eu.auth0.com'",
        "issuer",
        "https://acme.eu.auth0.com/",
    ),
    (
        "keycloak",
        "host = 'sso.example.com'\ntenant = 'staff'",
        "issuer",
        "https://sso.example.com/realms/staff",
    ),
    (
        "keycloak",
        "host = 'sso.example.com/auth'\ntenant = 'staff'",
        "issuer",
        "https://sso.example.com/auth/realms/staff",
    ),
    (
        "salesforce",
        "host = 'test.salesforce.com'",
        "device",
        "https://test.salesforce.com/services/oauth2/token",
    ),
];

#[test]
fn a_host_and_a_tenant_stand_where_the_row_wants_them() {
    for (row, file, what, expected) in FILLED {
        let own = with(&format!("{row}.toml"), file);
        assert_eq!(url(&own, what), *expected, "{row}: {file}");
        let like = with("work.toml", &format!("like = '{row}'\n{file}"));
        assert_eq!(url(&like, what), *expected, "like {row}: {file}");
        assert!(like.missing.is_empty());
        assert_eq!(
            (like.name.as_str(), like.like.as_deref()),
            ("work", Some(*row))
        );
        assert_eq!(like.redirect_path(), "/callback/work");
    }
}

#[test]
fn a_server_of_ones_own_has_a_title_of_its_own() {
    assert_eq!(with("gitlab.toml", "").title, "GitLab");
    let title = |text: &str| with("work.toml", text).title;
    assert_eq!(title("like = 'gitlab'"), "GitLab");
    assert_eq!(
        title("like = 'gitlab'\nhost = 'git.example.com'"),
        "GitLab (git.example.com)"
    );
    assert_eq!(
        title("like = 'gitlab'\nhost = 'git.example.com'\ntitle = 'Work'"),
        "Work"
    );
}

#[test]
fn a_file_of_a_rows_name_may_start_from_another_row() {
    let zoom = with("zoom.toml", "like = 'gitea'\nhost = 'git.example.com'");
    assert_eq!(
        url(&zoom, "token"),
        "https://git.example.com/login/oauth/access_token"
    );
}

#[test]
fn a_file_may_use_blanks_of_its_own() {
    let text = "host = 'id.example.com'\ntenant = 'staff'\ndiscovery = false\n\
        issuer = 'https://{host}/{tid}'\n\
        authorization_endpoint = 'https://{host}/{tenant}/authorize'\n\
        token_endpoint = 'https://login.{host}/token'\n\
        revocation_endpoint = 'https://{host}/{client_id}/gone'\n\
        [registration]\nvalues = ['Realm: {tenant}', 'Redirect: {redirect_uri}']\n";
    let mine = with("mine.toml", text);
    assert_eq!(url(&mine, "issuer"), "https://id.example.com/{tid}");
    assert_eq!(url(&mine, "token"), "https://login.id.example.com/token");
    assert_eq!(
        url(&mine, "revocation"),
        "https://id.example.com/%7Bclient_id%7D/gone"
    );
    let authorize = mine.authorization_endpoint.as_ref().unwrap();
    assert_eq!(authorize.path(), "/staff/authorize");
    let values = mine.registration_values(&[]);
    assert_eq!(
        values,
        ["Realm: staff", "Redirect: http://127.0.0.1/callback/mine"]
    );
}

#[test]
fn what_is_missing_can_be_looked_at_and_not_used() {
    let (_home, registry) = home(&[
        ("mine.toml", "issuer = 'https://{host}/{tenant}'"),
        ("realm.toml", "like = 'keycloak'\ntenant = 'staff'"),
        (
            "elsewhere.toml",
            "like = 'okta'\nissuer = 'https://id.example.com'\nregistration.page = 'https://id.example.com'",
        ),
    ]);
    for (name, needs, hint, issuer) in [
        (
            "okta",
            "`okta` needs `host`, ",
            "`keyfob provider set okta host=YOUR_DOMAIN`",
            "https://dev-123456.okta.com/oauth2/default",
        ),
        (
            "realm",
            "`realm` needs `host`, ",
            "`keyfob provider set realm host=YOUR_DOMAIN`",
            "https://keycloak.example.com/realms/staff",
        ),
        (
            "keycloak",
            "`keycloak` needs `host` and `tenant`, ",
            "`keyfob provider set keycloak host=YOUR_DOMAIN tenant=YOUR_TENANT`",
            "https://keycloak.example.com/realms/myrealm",
        ),
        (
            "frameio",
            "`frameio` needs `redirect.manual`, ",
            "`keyfob provider set frameio redirect.manual=YOUR_REDIRECT_URI`",
            "https://ims-na1.adobelogin.com",
        ),
        (
            "mine",
            "`mine` needs `host` and `tenant`, ",
            "`keyfob provider set mine host=YOUR_DOMAIN tenant=YOUR_TENANT`",
            "https://host.example/example",
        ),
    ] {
        let error = registry.get(name).unwrap_err();
        assert_eq!(error.code, Code::ConfigInvalid, "{name}");
        assert!(error.message.starts_with(needs), "{error}");
        assert_eq!(error.hint.as_deref(), Some(hint));
        let described = registry.describe(name).unwrap();
        assert_eq!(url(&described, "issuer"), issuer);
        assert!(!described.missing.is_empty());
    }
    let elsewhere = registry.get("elsewhere").unwrap();
    assert_eq!(
        elsewhere.host, None,
        "nothing mentions it, so nobody has to say it"
    );
    registry.set_client("okta", "ours", None).unwrap();
    assert_eq!(
        registry.describe("okta").unwrap().client_id.as_deref(),
        Some("ours")
    );
    assert!(registry.get("okta").is_err());
}

#[test]
fn saying_what_was_missing_completes_a_definition() {
    let frameio = with(
        "frameio.toml",
        "redirect.manual = 'adobe+f00://adobeid/ours'",
    );
    assert!(frameio.redirect.no_loopback);
    assert_eq!(frameio.redirect_uris(), ["adobe+f00://adobeid/ours"]);
}

#[test]
fn sources_name_the_row_behind_a_file_and_hide_examples() {
    let text = "like = 'github'\nhost = 'ghe.example.com'\nscopes = ['repo']\n";
    let (home, registry) = home(&[("work.toml", text)]);
    let sources = registry.sources("work").unwrap();
    let path = home.path().join("config/providers/work.toml");
    for (key, line) in [("like", 1), ("host", 2), ("scopes", 3)] {
        assert_eq!(sources[key], Source::File(path.clone(), line), "{key}");
    }
    for key in [
        "token_endpoint",
        "userinfo_endpoint",
        "title",
        "device.client_auth",
    ] {
        assert_eq!(sources[key], Source::BuiltIn, "{key}");
    }
    assert!(!sources.keys().any(|key| key.starts_with("self_managed")));
    let okta = registry.sources("okta").unwrap();
    assert!(
        okta.contains_key("tenant") && !okta.contains_key("host"),
        "{okta:?}"
    );
    assert!(!okta.keys().any(|key| key.starts_with("placeholders")));
}

#[test]
fn wrong_hosts_tenants_and_rows_are_refused_where_they_stand_and_unshown() {
    for (key, value) in [
        ("host", "'https://hunter2.example.com'"),
        ("host", "'HTTP://hunter2.example.com'"),
        ("host", "'me:hunter2@example.com'"),
        ("host", "'hunter2.example.com?a'"),
        ("host", "'hunter2.example.com#a'"),
        ("host", "'hunter2 .example.com'"),
        ("host", "'hunter2.example.com/a b'"),
        ("host", "'hunter2.example.com/../a'"),
        ("host", "'hunter2.example.com/./a'"),
        ("host", "'hunter2.example.com/%2e%2e'"),
        ("host", "'hunter2.example.com//a'"),
        ("host", "'hunter2.example.com//'"),
        ("host", "'/hunter2'"),
        ("host", "'{tenant}.hunter2'"),
        ("host", "'hunter2.example.com/{tenant}'"),
        ("host", "'hunter2.example.com\\evil'"),
        ("host", "'hunter2.example.com:99999'"),
        ("host", "'hunter2.example.com:443'"),
        ("host", "'hunter2.example.com:'"),
        ("host", "'hünter2.example.com'"),
        ("host", "'0x7f.1'"),
        ("host", "''"),
        ("host", "'/'"),
        ("host", "7"),
        ("tenant", "'hunter2/a'"),
        ("tenant", "'..'"),
        ("tenant", "'.'"),
        ("tenant", "'hunter2..a'"),
        ("tenant", "'{host}'"),
        ("tenant", "'hunter2?a'"),
        ("tenant", "'hunter 2'"),
        ("tenant", "''"),
        ("tenant", "['hunter2']"),
        ("like", "'sandbox'"),
        ("like", "'hunter2'"),
        ("like", "'mine'"),
        ("like", "''"),
        ("placeholders.host", "'hunter2'"),
        ("self_managed.title", "'hunter2'"),
    ] {
        let text = format!("# first\nissuer = 'https://id.example.com'\n{key} = {value}\n");
        let (_home, registry) = home(&[("mine.toml", &text)]);
        let error = registry.describe("mine").expect_err(&text);
        assert_eq!(error.code, Code::ConfigInvalid, "{error}");
        let root = key.split('.').next().unwrap();
        let named = format!("mine.toml:3: `{root}");
        assert!(error.message.contains(&named), "{key} = {value}: {error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let (_home, registry) = home(&[("mine.toml", "host = 'https://git.example.com'")]);
    let error = registry.describe("mine").unwrap_err();
    assert!(error.message.contains("without a scheme"), "{error}");
}

#[test]
fn a_host_that_breaks_one_url_is_refused_at_that_url() {
    let text =
        "host = 'example.com:8443'\nlike = 'gitlab'\ntoken_endpoint = 'https://{host}:1/token'\n";
    let (_home, registry) = home(&[("mine.toml", text)]);
    let error = registry.get("mine").unwrap_err();
    assert!(
        error
            .message
            .contains("mine.toml:3: `token_endpoint`: expected a URL"),
        "{error}"
    );
}

#[test]
fn another_server_inherits_nothing_that_is_of_the_rows_own_alone() {
    let file = "like = 'huggingface'\nissuer = 'https://hub.example.com'\n\
                token_endpoint = 'https://hub.example.com/token'\n\
                userinfo_endpoint = 'https://hub.example.com/userinfo'\n";
    let provider = with("ours.toml", file);
    assert_eq!(provider.exchange.audience, None);
    assert!(provider.exchange.without_client, "a form, and no place");
    assert_eq!(provider.given.userinfo_endpoint, None);
    let given = provider.for_given();
    assert_eq!(url(&given, "userinfo"), "https://hub.example.com/userinfo");
    assert_eq!(given.identity.subject, IdentityRule::default().subject);

    let said = "[given]\nuserinfo_endpoint = 'https://hub.example.com/me'\n\
                [exchange]\naudience = 'ours'\n";
    let provider = with("ours.toml", &format!("{file}{said}"));
    assert_eq!(provider.exchange.audience.as_deref(), Some("ours"));
    assert_eq!(
        url(&provider.for_given(), "userinfo"),
        "https://hub.example.com/me"
    );

    let same = "like = 'huggingface'\ntoken_endpoint = 'https://huggingface.co/oauth/token'\n";
    let provider = with("ours.toml", same);
    let audience = provider.exchange.audience.as_deref();
    assert_eq!(audience, Some("https://huggingface.co"));
    assert!(provider.given.userinfo_endpoint.is_some());
}
