//! What the server says of itself, and what it answers.

use url::Url;

use super::check::{ServerCheck, fail, is_tls, judge_error, pass, unknown};
use super::client::check_client;
use crate::context::Context;
use crate::error::Result;
use crate::oauth::discovery::{self, Metadata};
use crate::oauth::{OauthError, probe};
use crate::provider::{Endpoint, Provider};
use keyfob_base::escape::escape_short;
use keyfob_base::timestamp::Timestamp;

type Answered<T> = std::result::Result<T, OauthError>;

/// How far two clocks may be apart, in seconds.
const SKEW: u64 = 60;

pub(crate) async fn run_checks(context: &Context, provider: &Provider) -> Result<Vec<ServerCheck>> {
    let read = match &provider.issuer {
        Some(issuer) if provider.discovery => {
            Some(discovery::discover(&context.http, issuer).await)
        }
        _ => None,
    };
    let published = read.as_ref().and_then(|read| read.as_ref().ok());
    let endpoint = provider
        .token_endpoint
        .as_ref()
        .or_else(|| published?.endpoints.get(&Endpoint::Token));
    let clock = match endpoint {
        Some(endpoint) => Some(probe::clock(&context.http, endpoint).await),
        None => None,
    };
    let mut checks = vec![
        check_tls(provider, endpoint, clock.as_ref(), read.as_ref()),
        check_metadata(provider, read.as_ref()),
    ];
    checks.extend(published.map(|metadata| check_endpoints(provider, metadata)));
    checks.push(check_pkce(published));
    checks.push(check_iss(provider, published));
    checks.push(check_device(provider, published));
    checks.push(check_client(context, provider, endpoint).await?);
    checks.push(check_clock(clock.as_ref(), Timestamp::now()));
    Ok(checks)
}

fn check_tls(
    provider: &Provider,
    endpoint: Option<&Url>,
    clock: Option<&Answered<Option<Timestamp>>>,
    read: Option<&Answered<Metadata>>,
) -> ServerCheck {
    let check = "tls";
    let failures = [
        clock.and_then(|clock| clock.as_ref().err()),
        read.and_then(|read| read.as_ref().err()),
    ];
    let failures: Vec<&OauthError> = failures.into_iter().flatten().collect();
    let network = |error: &&&OauthError| matches!(error, OauthError::Network(_));
    if let Some(error) = failures.iter().find(network) {
        return match error {
            OauthError::Network(cause) if is_tls(cause) => judge_error(check, error, ""),
            _ => unknown(check, format!("no connection was made: {error}")),
        };
    }
    let url = endpoint
        .cloned()
        .or_else(|| Url::parse(provider.issuer.as_deref()?).ok());
    match url {
        Some(url) if url.scheme() == "https" => pass(
            check,
            format!(
                "the certificate of {} is trusted",
                url.host_str().unwrap_or_default()
            ),
        ),
        Some(_) => unknown(check, "plain http, which stays on this machine"),
        None => unknown(check, "no address of the server is known"),
    }
}

fn check_metadata(provider: &Provider, read: Option<&Answered<Metadata>>) -> ServerCheck {
    let (check, name) = ("metadata", &provider.name);
    match (read, &provider.issuer) {
        (Some(Ok(metadata)), _) => pass(
            check,
            format!("{} publishes it, and it names that issuer", metadata.issuer),
        ),
        (Some(Err(error)), _) => judge_error(
            check,
            error,
            &format!(
                "check `issuer`; where the server publishes none, `keyfob provider set {name} discovery=false`"
            ),
        ),
        (None, Some(_)) => unknown(
            check,
            "not read, for the definition says `discovery = false`",
        ),
        (None, None) => unknown(check, "not read, for the definition names no issuer"),
    }
}

/// The endpoints that the definition has otherwise than the metadata.
fn check_endpoints(provider: &Provider, metadata: &Metadata) -> ServerCheck {
    let check = "endpoints";
    let both = |endpoint: Endpoint| {
        let theirs = metadata.endpoints.get(&endpoint);
        (endpoint.key(), provider.endpoint(endpoint), theirs)
    };
    for (key, ours, theirs) in [Endpoint::Authorization, Endpoint::Token].map(both) {
        if ours.is_none() && theirs.is_none() {
            let next = format!("`keyfob provider set {} {key}=URL`", provider.name);
            let reason = format!("neither definition nor metadata has `{key}`");
            return fail(check, reason, next);
        }
    }
    let differing: Vec<_> = Endpoint::ALL
        .into_iter()
        .map(both)
        .filter_map(|(key, ours, theirs)| Some((key, ours?, theirs?)))
        .filter(|(_, ours, theirs)| ours != theirs)
        .collect();
    if differing.is_empty() {
        return pass(check, "definition and metadata agree");
    }
    let (differences, keys): (Vec<String>, Vec<String>) = differing
        .into_iter()
        .map(|(key, ours, theirs)| {
            let difference = format!("`{key}` is {ours}, and {theirs} in the metadata");
            (difference, format!("{key}="))
        })
        .unzip();
    let next = format!(
        "take the metadata's with `keyfob provider set {0} {1}`, or keep yours with `keyfob provider set {0} discovery=false`",
        provider.name,
        keys.join(" ")
    );
    fail(check, differences.join("; "), next)
}

fn check_pkce(metadata: Option<&Metadata>) -> ServerCheck {
    let check = "pkce";
    let Some(metadata) = metadata else {
        return unknown(check, "no metadata says; S256 is sent all the same");
    };
    match &metadata.code_challenge_methods_supported {
        Some(methods) if methods.iter().any(|method| method == "S256") => {
            pass(check, "S256 is announced")
        }
        Some(methods) => fail(
            check,
            format!(
                "S256 is not announced, but {}",
                escape_short(&methods.join(", "), 80)
            ),
            "ask whoever runs the server to allow S256; keyfob sends no other method",
        ),
        None => unknown(check, "not announced; S256 is sent all the same"),
    }
}

fn check_iss(provider: &Provider, metadata: Option<&Metadata>) -> ServerCheck {
    let check = "iss";
    let announced =
        metadata.is_some_and(|metadata| metadata.authorization_response_iss_parameter_supported);
    match (announced, provider.iss_parameter) {
        (true, _) => pass(check, "announced, and demanded at each login"),
        (false, true) => unknown(
            check,
            "the definition demands it, and no metadata announces it",
        ),
        (false, false) => unknown(
            check,
            "not announced; the redirect's own path tells this server from others",
        ),
    }
}

fn check_device(provider: &Provider, metadata: Option<&Metadata>) -> ServerCheck {
    let check = "device";
    let announced =
        metadata.and_then(|metadata| metadata.endpoints.get(&Endpoint::DeviceAuthorization));
    match (announced, &provider.device_authorization_endpoint) {
        (Some(url), _) => pass(check, format!("announced at {url}")),
        (None, Some(url)) => unknown(
            check,
            format!("{url} by the definition; a sign-in would show whether it answers"),
        ),
        (None, None) => unknown(check, "no device endpoint is known"),
    }
}

fn check_clock(clock: Option<&Answered<Option<Timestamp>>>, now: Timestamp) -> ServerCheck {
    let check = "clock";
    let Some(Ok(Some(there))) = clock else {
        return unknown(check, "the server did not tell its time");
    };
    let (ahead, behind) = (now.since(*there), there.since(now));
    let apart = ahead.max(behind);
    if apart <= SKEW {
        return pass(check, format!("within {SKEW} s of the server's"));
    }
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    fail(
        check,
        format!("this machine is {apart} s {way} the server"),
        "set the clock; tokens seem to end too early or too late otherwise",
    )
}

#[cfg(test)]
mod tests {
    use super::super::check::CheckResult;
    use super::*;

    #[test]
    fn a_minute_of_skew_is_none() {
        let now = Timestamp::from_unix(1_000_000);
        let at = |seconds| Ok(Some(Timestamp::from_unix(seconds)));
        for (there, outcome) in [
            (at(1_000_000), CheckResult::Pass),
            (at(1_000_060), CheckResult::Pass),
            (at(999_940), CheckResult::Pass),
            (at(1_000_061), CheckResult::Fail),
            (at(999_939), CheckResult::Fail),
            (at(0), CheckResult::Fail),
            (Ok(None), CheckResult::Unknown),
            (Err(OauthError::Unauthorized), CheckResult::Unknown),
        ] {
            assert_eq!(check_clock(Some(&there), now).result, outcome, "{there:?}");
        }
        assert!(
            check_clock(Some(&at(999_000)), now)
                .reason
                .contains("1000 s ahead")
        );
        assert_eq!(check_clock(None, now).result, CheckResult::Unknown);
    }
}
