//! Dialects of the device flow.

use keyfob_sandbox::{AuthMethod, Options};

use super::row::{PLAIN, Row};

#[test]
fn device() {
    super::practise(&ROWS);
}

const DEVICE: Row = Row {
    drill: |stage| stage.whole_by_device(),
    ..PLAIN
};

/// What the flow that ends in a code says elsewhere.
const BY_CODE: &str = "device.verification_uri = \"{base}/device\"
device.pending_statuses = [403]";

fn by_code(options: &mut Options) {
    options.quirks.device_by_code = true;
}

pub const ROWS: [Row; 13] = [
    Row {
        key: "device.style",
        with: "device.style = \"rfc8628\"",
        without: "device.style = \"authorization_code\"
device.redirect_uri = \"{base}/device_authorization/callback\"",
        fails: "404",
        ..DEVICE
    },
    Row {
        key: "device.style",
        acts: by_code,
        given: BY_CODE,
        with: "device.style = \"authorization_code\"
device.redirect_uri = \"{base}/device_authorization/callback\"",
        fails: "404",
        ..DEVICE
    },
    Row {
        key: "device.redirect_uri",
        acts: by_code,
        given: BY_CODE,
        with: "device.style = \"authorization_code\"
device.redirect_uri = \"{base}/device_authorization/callback\"",
        without: "device.style = \"authorization_code\"
device.redirect_uri = \"{base}/callback\"",
        fails: "invalid_grant",
        ..DEVICE
    },
    Row {
        key: "device.client_auth",
        acts: |o| o.quirks.device_client_auth = Some(AuthMethod::BasicWithoutSecret),
        with: "device.client_auth = \"basic_without_secret\"",
        fails: "invalid_client",
        ..DEVICE
    },
    Row {
        key: "device.client_id_in_query",
        acts: |o| o.quirks.device_client_id_in_query = true,
        with: "device.client_id_in_query = true",
        fails: "`client_id` is missing",
        ..DEVICE
    },
    Row {
        key: "device.scope_parameter",
        acts: |o| o.quirks.device_scope_parameter = Some("scopes".into()),
        with: "device.scope_parameter = \"scopes\"",
        fails: "`scopes` is missing",
        ..DEVICE
    },
    Row {
        key: "device.parameters",
        acts: |o| {
            o.quirks.device_parameters = vec![("response_type".into(), "device_code".into())];
        },
        with: "device.parameters.response_type = \"device_code\"",
        fails: "`response_type` is missing",
        ..DEVICE
    },
    Row {
        key: "device.verification_uri_member",
        acts: |o| o.quirks.verification_uri_member = Some("verification_url".into()),
        with: "device.verification_uri_member = \"verification_url\"",
        fails: "`verification_uri` is missing",
        ..DEVICE
    },
    Row {
        key: "device.verification_uri",
        acts: |o| o.quirks.verification_uri_omitted = true,
        with: "device.verification_uri = \"{base}/device\"",
        fails: "`verification_uri` is missing",
        ..DEVICE
    },
    Row {
        key: "device.error_member",
        acts: |o| o.quirks.device_error_member = Some("message".into()),
        with: "device.error_member = \"message\"",
        fails: "answered 400",
        ..DEVICE
    },
    Row {
        key: "device.error_aliases",
        acts: |o| {
            o.quirks.device_error_words = vec![("authorization_pending".into(), "wait".into())];
        },
        with: "device.error_aliases.wait = \"authorization_pending\"",
        fails: "wait",
        ..DEVICE
    },
    Row {
        key: "device.pending_statuses",
        acts: |o| o.quirks.device_pending_status = Some(428),
        with: "device.pending_statuses = [428]",
        fails: "answered 428",
        ..DEVICE
    },
    Row {
        key: "token.errors_under_200", // pending polls are understood in either case
        acts: |o| {
            o.quirks.errors_under_200 = true;
            o.quirks.device_error_member = Some("message".into());
        },
        given: "device.error_member = \"message\"",
        with: "token.errors_under_200 = true",
        fails: "`access_token` is missing",
        ..DEVICE
    },
];
