//! Where the server is: the issuer, its metadata, and each endpoint by hand.

use keyfob_sandbox::Options;

use super::row::{PLAIN, Row};
use crate::stage::ENDPOINTS;

#[test]
fn endpoints() {
    super::practise(&ROWS);
}

/// An issuer that names the tenant, whose metadata has a template.
fn templated(options: &mut Options) {
    options.issuer = Some("http://127.0.0.1/T1/v2".into());
    options.quirks.issuer_template = Some("http://127.0.0.1/{tid}/v2".into());
    options.quirks.tenant = Some("T1".into());
}

pub const ROWS: [Row; 15] = [
    Row {
        key: "issuer",
        with: "issuer = \"{base}\"",
        without: "!issuer",
        fails: "`authorization_endpoint`: is missing",
        ..PLAIN
    },
    Row {
        key: "issuer",
        acts: templated,
        given: ENDPOINTS,
        with: "issuer = \"http://127.0.0.1/{tid}/v2\"",
        without: "issuer = \"http://127.0.0.1/common/v2\"",
        fails: "does not name the issuer",
        ..PLAIN
    },
    Row {
        key: "issuer",
        acts: |o| {
            templated(o);
            o.quirks.iss_omitted = true;
        },
        given: ENDPOINTS,
        with: "issuer = \"http://127.0.0.1/{tid}/v2\"",
        without: "issuer = \"http://127.0.0.1/{tid}/v1\"",
        fails: "is not for this login",
        ..PLAIN
    },
    Row {
        key: "discovery",
        acts: |o| o.quirks.iss_omitted = true, // announced all the same
        given: ENDPOINTS,
        with: "discovery = false",
        without: "discovery = true",
        fails: "does not name the issuer",
        ..PLAIN
    },
    Row {
        key: "iss_parameter",
        acts: |o| {
            o.quirks.iss_omitted = true;
            o.quirks.iss_unannounced = true;
        },
        with: "iss_parameter = true",
        drill: |s| match s.login(&[]) {
            Err(said) if said.contains("does not name the issuer") => Ok(()),
            other => Err(format!("{other:?}")),
        },
        fails: "signed in to Practice",
        ..PLAIN
    },
    Row {
        key: "authorization_endpoint",
        given: ENDPOINTS,
        without: "!authorization_endpoint",
        fails: "`authorization_endpoint`: is missing",
        ..PLAIN
    },
    Row {
        key: "token_endpoint",
        given: ENDPOINTS,
        without: "!token_endpoint",
        fails: "`token_endpoint`: is missing",
        ..PLAIN
    },
    Row {
        key: "userinfo_endpoint",
        given: ENDPOINTS,
        without: "!userinfo_endpoint",
        fails: "has no userinfo endpoint",
        ..PLAIN
    },
    Row {
        key: "revocation_endpoint",
        given: ENDPOINTS,
        without: "!revocation_endpoint",
        fails: "this provider cannot revoke tokens",
        ..PLAIN
    },
    Row {
        key: "registration_endpoint",
        given: ENDPOINTS,
        with: "registration_endpoint = \"{base}/register\"\n!client_id",
        without: "!client_id",
        drill: |s| s.login(&["--register"]).map(drop),
        fails: "no client id is known for Practice",
        ..PLAIN
    },
    Row {
        key: "device_authorization_endpoint",
        given: ENDPOINTS,
        with: "device_authorization_endpoint = \"{base}/device_authorization\"",
        drill: |s| s.whole_by_device(),
        fails: "no device flow is known for Practice",
        ..PLAIN
    },
    Row {
        key: "pushed_authorization_request_endpoint",
        acts: |o| o.require_pushed_requests = true,
        given: ENDPOINTS,
        with: "pushed_authorization_request_endpoint = \"{base}/par\"",
        fails: "has to be pushed",
        ..PLAIN
    },
    Row {
        key: "pushed_authorization_request_endpoint",
        given: ENDPOINTS,
        with: "pushed_authorization_request_endpoint = \"{base}/par\"",
        drill: |s| {
            s.login(&[])?;
            let asked = s.running.recorded();
            asked
                .iter()
                .any(|asked| asked.path == "/par")
                .then_some(())
                .ok_or("not pushed".into())
        },
        fails: "not pushed",
        ..PLAIN
    },
    Row {
        key: "require_pushed_authorization_requests",
        given: ENDPOINTS,
        with: "pushed_authorization_request_endpoint = \"{base}/nowhere\"
require_pushed_authorization_requests = true",
        without: "pushed_authorization_request_endpoint = \"{base}/nowhere\"",
        drill: |s| s.refused(&[], "answered 404"),
        fails: "the browser was opened",
        ..PLAIN
    },
    Row {
        key: "require_pushed_authorization_requests",
        given: ENDPOINTS,
        with: "require_pushed_authorization_requests = true",
        drill: |s| s.refused(&[], "`pushed_authorization_request_endpoint`: is missing"),
        fails: "the browser was opened",
        ..PLAIN
    },
];
