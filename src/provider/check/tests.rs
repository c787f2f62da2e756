use super::check;
use crate::provider::Provider;
use crate::provider::fault::Fault;

/// What `check` says of a definition with `text` in it, by its key.
fn fault(text: &str) -> Option<Fault> {
    let base = "authorization_endpoint = 'https://id.example.com/a'\ntoken_endpoint = 'https://id.example.com/t'\n";
    let provider: Provider = toml::from_str(&format!("{base}{text}")).unwrap();
    check(&provider).err()
}

/// The key at fault, and a text that breaks its rule.
const WRONG: &[(&str, &str)] = &[
    ("exchange.audience", "exchange.audience = ''"),
    ("exchange.audience", "exchange.audience = 'a b'"),
    ("exchange.audience", "exchange.audience = \"a\\n\""),
    (
        "exchange.subject_token_type",
        "exchange.subject_token_type = 'id_token'",
    ),
    (
        "exchange.requested_token_type",
        "exchange.requested_token_type = ''",
    ),
    ("exchange.variables", "exchange.variables = ['A', '9B']"),
    ("exchange.variables", "exchange.variables = ['A=B']"),
    (
        "exchange.variables",
        "exchange.variables = ['KEYFOB_PASSPHRASE']",
    ),
    (
        "device_authorization_endpoint",
        "device_authorization_endpoint = 'http://id.example.com/d'",
    ),
    (
        "device_authorization_endpoint",
        "device_authorization_endpoint = 'https://id.example.com/d#a'",
    ),
    (
        "pushed_authorization_request_endpoint",
        "pushed_authorization_request_endpoint = 'file:///etc'",
    ),
    (
        "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests = true",
    ),
    (
        "device.verification_uri",
        "device.verification_uri = 'http://id.example.com'",
    ),
    (
        "device.verification_uri",
        "device.verification_uri = 'javascript:alert(1)'",
    ),
    (
        "given.userinfo_endpoint",
        "given.userinfo_endpoint = 'http://id.example.com/me'",
    ),
    (
        "given.userinfo_endpoint",
        "given.userinfo_endpoint = 'https://id.example.com/me#a'",
    ),
    ("given.page", "given.page = 'javascript:alert(1)'"),
    ("given.subject", "given.subject = 'id'"),
    ("given.username", "given.username = '/a~b'"),
    ("prefixes.access", "prefixes.access = ['a-', '']"),
    ("prefixes.refresh", "prefixes.refresh = ['a b']"),
    ("resource", "resource = ['https://api.example.com', '/api']"),
    ("resource", "resource = ['https://api.example.com/#a']"),
    ("resource", "resource = ['https://api.example.com/a b']"),
    ("audience", "audience = ''"),
    ("client_secret_required", "client_secret_required = true"),
    (
        "client_secret_required",
        "client_secret_required = true\nclient_auth = 'basic_without_secret'",
    ),
    ("presets.Read", "presets.Read = ['a']"),
    ("presets.9", "presets.9 = ['a']"),
    ("presets.-a", "presets.-a = ['a']"),
    ("presets.\"a b\"", "presets.'a b' = ['a']"),
    ("presets.\"\"", "presets.'' = ['a']"),
    ("presets.read", "presets.read = []"),
    ("presets.read", "presets.read = ['a', 'b c']"),
    (
        "presets.read",
        "scope_separator = ','\npresets.read = ['a,b']",
    ),
    ("token.unlisted_scopes", "token.unlisted_scopes = ['']"),
    (
        "token.granted_scope_aliases.a",
        "token.granted_scope_aliases.a = 'b c'",
    ),
    (
        "token.granted_scope_aliases.\"\"",
        "token.granted_scope_aliases.'' = 'b'",
    ),
    (
        "token.granted_scope_member",
        "token.granted_scope_member = ''",
    ),
    ("token.members", "token.members = 'authed_user'"),
    ("token.members", "token.members = '/a~2'"),
    ("token.headers.Cookie", "token.headers.Cookie = 'a=b'"),
    (
        "token.headers.content-type",
        "token.headers.content-type = 'text/plain'",
    ),
    ("token.headers.\"a b\"", "token.headers.'a b' = 'c'"),
    ("token.headers.X-A", "token.headers.X-A = \"\\u007f\""),
    (
        "identity.headers.Authorization",
        "identity.headers.Authorization = 'Bearer x'",
    ),
    ("redirect.no_loopback", "redirect.no_loopback = true"),
    ("redirect.shows_code", "redirect.shows_code = true"),
    ("redirect.manual", "redirect.manual = ''"),
    ("redirect.manual", "redirect.manual = '/callback'"),
    ("redirect.manual", "redirect.manual = 'file:///etc/passwd'"),
    ("redirect.manual", "redirect.manual = 'JavaScript:alert(1)'"),
    ("redirect.manual", "redirect.manual = 'data:text/html,x'"),
    (
        "redirect.manual",
        "redirect.manual = 'http://id.example.com/code'",
    ),
    (
        "redirect.manual",
        "redirect.manual = 'https://me:pw@id.example.com/code'",
    ),
    ("redirect.manual", "redirect.manual = 'app+x://me@code'"),
    ("redirect.manual", "redirect.manual = 'app+x://code#a'"),
    ("redirect.manual", "redirect.manual = 'app+x://co de'"),
    (
        "authorization.scope_parameter",
        "authorization.scope_parameter = 'state'",
    ),
    (
        "authorization.scope_parameter",
        "authorization.scope_parameter = ''",
    ),
    (
        "authorization.parameters.user_scope",
        "[authorization]\nscope_parameter = 'user_scope'\nparameters.user_scope = 'a'",
    ),
    (
        "authorization.parameters.client_secret",
        "authorization.parameters.client_secret = 'x'",
    ),
    (
        "device.parameters.client_id",
        "device.parameters.client_id = 'x'",
    ),
    (
        "device.parameters.device_code",
        "device.parameters.device_code = 'x'",
    ),
    ("device.parameters.\"\"", "device.parameters.'' = 'x'"),
    ("token.bearer_types", "token.bearer_types = ['user', '']"),
    (
        "device.parameters.scopes",
        "[device]\nscope_parameter = 'scopes'\nparameters.scopes = 'a'",
    ),
    (
        "device.scope_parameter",
        "device.scope_parameter = 'client_id'",
    ),
    (
        "device.verification_uri_member",
        "device.verification_uri_member = ''",
    ),
    ("device.error_member", "device.error_member = ''"),
    (
        "device.error_aliases.declined",
        "device.error_aliases.declined = 'denied'",
    ),
    (
        "device.error_aliases.\"\"",
        "device.error_aliases.'' = 'access_denied'",
    ),
    (
        "device.pending_statuses",
        "device.pending_statuses = [403, 200]",
    ),
    ("device.pending_statuses", "device.pending_statuses = [500]"),
    (
        "device.redirect_uri",
        "device.redirect_uri = 'https://id.example.com/c'",
    ),
    ("device.redirect_uri", "device.style = 'authorization_code'"),
    (
        "device.redirect_uri",
        "[device]\nstyle = 'authorization_code'\nredirect_uri = 'http://id.example.com/c'",
    ),
    (
        "device.redirect_uri",
        "[device]\nstyle = 'authorization_code'\nredirect_uri = 'https://id.example.com/c#a'",
    ),
    ("identity.tenant", "identity.tenant = 'tid'"),
    ("identity.subject", "identity.subject = '/a~b'"),
    ("identity.body", "identity.body = '{}'"),
    ("identity.body", "[identity]\nmethod = 'POST'\nbody = '{'"),
    (
        "identity.body",
        "[identity]\nmethod = 'POST'\nbody = '{} {}'",
    ),
    ("identity.scheme", "identity.scheme = 'OAuth 2'"),
    ("identity.scheme", "identity.scheme = ''"),
    ("environment.variables", "environment.variables = ['']"),
    ("environment.variables", "environment.variables = ['9A']"),
    ("environment.variables", "environment.variables = ['A-B']"),
    ("environment.variables", "environment.variables = ['A=B']"),
    ("environment.variables", "environment.variables = ['É']"),
    (
        "environment.variables",
        "environment.variables = ['A', 'PATH']",
    ),
    ("environment.variables", "environment.variables = ['Path']"),
    (
        "environment.variables",
        "environment.variables = ['LD_PRELOAD']",
    ),
    (
        "environment.variables",
        "environment.variables = ['KEYFOB_HOME']",
    ),
    (
        "environment.variables",
        "environment.variables = ['A', 'A']",
    ),
    ("lifetime.refresh_token", "lifetime.refresh_token = ''"),
    ("lifetime.refresh_token", "lifetime.refresh_token = '90'"),
    ("lifetime.refresh_token", "lifetime.refresh_token = '59s'"),
    (
        "lifetime.refresh_token",
        "lifetime.refresh_token = '101years'",
    ),
    (
        "lifetime.refresh_token_idle",
        "lifetime.refresh_token_idle = 'six months'",
    ),
    (
        "lifetime.refresh_token_idle",
        "lifetime.refresh_token_idle = '-1d'",
    ),
    ("prefixes.access", "prefixes.access = ['']"),
    ("prefixes.access", "prefixes.access = ['a b']"),
    ("prefixes.access", "prefixes.access = ['é']"),
    ("prefixes.access", "prefixes.access = ['a_', 'a_']"),
    (
        "prefixes.access",
        "prefixes.access = ['123456789012345678901234567890123']",
    ),
    ("prefixes.refresh", "prefixes.refresh = ['a\tb']"),
    (
        "prefixes.refresh",
        "[prefixes]\naccess = ['a_']\nrefresh = ['a_']",
    ),
];

#[test]
fn every_key_has_its_rule() {
    for (key, text) in WRONG {
        let fault = fault(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(fault.key, *key, "{text}: {}", fault.what);
    }
}

#[test]
fn what_servers_are_known_to_want_is_allowed() {
    for text in [
        "resource = ['https://api.example.com/', 'urn:example:api']",
        "presets.read-all2 = ['a']",
        "redirect.manual = 'http://127.0.0.1:8/code'",
        "redirect.manual = 'https://id.example.com/code?a=b'",
        "redirect.manual = 'urn:ietf:wg:oauth:2.0:oob'",
        "redirect.manual = 'app+x://host/id'\nredirect.no_loopback = true",
        "redirect.manual = 'https://id.example.com/code'\nredirect.shows_code = true",
        "authorization.scope_parameter = 'scope'",
        "authorization.parameters.code = 'true'",
        "device.parameters.response_type = 'device_code'",
        "device.scope_parameter = 'scopes'",
        "device.pending_statuses = [400, 499]",
        "[device]\nstyle = 'authorization_code'\nredirect_uri = 'https://id.example.com/c'",
        "client_secret_required = true\nclient_auth = 'client_secret_post'\ndevice.client_auth = 'none'",
        "client_auth = 'basic_without_secret'",
        "token.granted_scope_aliases.'https://example.com/a' = 'a'",
        "identity.subject = '/https:~1~1example.com/a~0b'",
        "[identity]\nmethod = 'POST'\nbody = 'null'\nscheme = 'OAuth'",
        "[identity.headers]\nAccept = 'application/json'\nClient-Id = '{client_id}'",
        "require_pushed_authorization_requests = true\npushed_authorization_request_endpoint = 'https://id.example.com/p'",
        "lifetime.refresh_token = '1m'",
        "lifetime.rotation = false",
        "[lifetime]\nrefresh_token_idle = '30d'\nrefresh_token = '12 weeks 6days'",
        "environment.variables = ['A', 'a', '_9', 'MY_TOKEN']",
        "[prefixes]\naccess = ['a_']\nrefresh = ['a__']",
        "require_pushed_authorization_requests = true\nissuer = 'https://id.example.com'",
    ] {
        let fault = fault(text);
        assert!(fault.is_none(), "{text}: {fault:?}");
    }
}
