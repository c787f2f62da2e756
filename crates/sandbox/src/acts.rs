//! The quirks that are plain switches, by the names that `sandbox serve --act` takes.

use super::client::AuthMethod;
use super::{Options, Revocation};

/// A way to act, by name.
pub struct Act {
    /// What is typed.
    pub name: &'static str,
    /// What it does, in a few words.
    pub help: &'static str,
    /// Switches it on.
    pub apply: fn(&mut Options),
}

const fn act(name: &'static str, help: &'static str, apply: fn(&mut Options)) -> Act {
    Act { name, help, apply }
}

/// Every such way.
pub const ACTS: [Act; 30] = [
    act(
        "bare-code",
        "Show the code without `#STATE` at /callback/code",
        |o| {
            o.quirks.shows_bare_code = true;
        },
    ),
    act(
        "basic-auth",
        "Demand HTTP Basic with an empty password",
        |o| {
            o.quirks.client_auth = Some(AuthMethod::BasicWithoutSecret);
        },
    ),
    act(
        "commas",
        "Separate scopes by commas in requests and answers",
        |o| {
            o.quirks.scope_separator = Some(",".into());
            o.quirks.granted_scope_separator = Some(",".into());
        },
    ),
    act(
        "device-by-code",
        "End the device flow, in JSON, in an authorization code",
        |o| {
            o.quirks.device_by_code = true;
        },
    ),
    act(
        "device-client-id-in-query",
        "Read the device request's client_id from the query",
        |o| {
            o.quirks.device_client_id_in_query = true;
        },
    ),
    act(
        "device-errors-in-message",
        "Put the error of a poll into `message`",
        |o| {
            o.quirks.device_error_member = Some("message".into());
        },
    ),
    act(
        "device-numbers-as-strings",
        "Write the device answer's numbers as strings",
        |o| {
            o.quirks.device_numbers_as_strings = true;
        },
    ),
    act(
        "device-pending-403",
        "Answer a pending poll with 403 and an empty object",
        |o| {
            o.quirks.device_pending_status = Some(403);
        },
    ),
    act(
        "errors-under-200",
        "Send the token endpoint's errors with status 200",
        |o| {
            o.quirks.errors_under_200 = true;
        },
    ),
    act(
        "exchange-by-json",
        "Take JSON for a token exchange, and no forms",
        |o| {
            o.quirks.exchange_by_json = true;
        },
    ),
    act(
        "exchange-by-name",
        "Demand one name as the resource of a token exchange",
        |o| {
            o.quirks.exchange_by_name = true;
        },
    ),
    act(
        "exchange-demands-state",
        "Refuse to exchange a code without `state`",
        |o| {
            o.quirks.exchange_demands_state = true;
        },
    ),
    act(
        "exchange-without-client",
        "Refuse token exchanges that a client has a part in",
        |o| {
            o.quirks.exchange_without_client = true;
        },
    ),
    act(
        "give-secrets",
        "Give registered clients a secret that they did not ask for",
        |o| {
            o.quirks.registration_gives_secret = true;
        },
    ),
    act(
        "json-bodies",
        "Take JSON at the token endpoint, and no forms",
        |o| {
            o.quirks.json_bodies = true;
        },
    ),
    act(
        "localhost-only",
        "Take redirect URIs of `localhost` alone",
        |o| {
            o.quirks.redirect_host = Some("localhost".into());
        },
    ),
    act("nested-claims", "Put userinfo claims below `data`", |o| {
        o.quirks.userinfo_members = Some("/data".into());
    }),
    act(
        "nested-tokens",
        "Put token answers below `authed_user`",
        |o| {
            o.quirks.members = Some("/authed_user".into());
        },
    ),
    act("no-iss", "Send no `iss`, and announce none", |o| {
        o.quirks.iss_omitted = true;
        o.quirks.iss_unannounced = true;
    }),
    act(
        "no-verification-uri",
        "Leave the page out of the device answer",
        |o| {
            o.quirks.verification_uri_omitted = true;
        },
    ),
    act(
        "refresh-demands-redirect-uri",
        "Refuse a refresh without `redirect_uri`",
        |o| {
            o.quirks.refresh_demands_redirect_uri = true;
        },
    ),
    act(
        "refresh-demands-scope",
        "Refuse a refresh without `scope`",
        |o| {
            o.quirks.refresh_demands_scope = true;
        },
    ),
    act(
        "require-par",
        "Take pushed authorization requests alone",
        |o| {
            o.require_pushed_requests = true;
        },
    ),
    act(
        "revoke-by-bearer",
        "Revoke the token that is sent as Bearer",
        |o| {
            o.quirks.revocation = Revocation::Bearer;
        },
    ),
    act(
        "revoke-by-delete",
        "Revoke by DELETE /applications/CLIENT_ID/token",
        |o| {
            o.quirks.revocation = Revocation::DeleteToken;
        },
    ),
    act(
        "revoke-by-json",
        "Take JSON for a revocation, and no forms",
        |o| {
            o.quirks.revocation = Revocation::Json;
        },
    ),
    act(
        "revoke-refresh-tokens",
        "Revoke refresh tokens alone",
        |o| {
            o.quirks.revokes_refresh_tokens_only = true;
        },
    ),
    act(
        "revoke-token-only",
        "Take `token` alone for a revocation",
        |o| {
            o.quirks.revocation = Revocation::TokenOnly;
        },
    ),
    act("userinfo-by-post", "Answer userinfo to POST alone", |o| {
        o.quirks.userinfo_by_post = true;
    }),
    act(
        "verification-url",
        "Name the device page `verification_url`",
        |o| {
            o.quirks.verification_uri_member = Some("verification_url".into());
        },
    ),
];
