//! What types cannot say about a definition: the rules that every row and every merged file keeps.

mod environment;
mod exchange;
mod given;
mod identity;
mod lifetime;
mod redirect;
mod requests;
mod scopes;
mod urls;

#[cfg(test)]
mod tests;

use super::fault::Fault;
use super::{ClientAuth, Provider};

type Checked = Result<(), Fault>;

/// Checks a whole definition; the first fault is enough to mend one thing.
pub(super) fn check(provider: &Provider) -> Checked {
    urls::check(provider)?;
    sufficient(provider)?;
    client(provider)?;
    scopes::check(provider)?;
    redirect::check(&provider.redirect)?;
    requests::check(provider)?;
    identity::check(&provider.identity)?;
    lifetime::check(&provider.lifetime)?;
    environment::check(provider)?;
    exchange::check(&provider.exchange)?;
    given::check(provider)
}

/// Says what is wrong with a client id, if anything is: it goes into URLs, headers and messages.
pub(super) fn client_id(id: &str) -> Result<(), &'static str> {
    let fits = (1..=1024).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    fits.then_some(())
        .ok_or("must be 1 to 1024 printable ASCII characters without blanks")
}

fn ensure(holds: bool, key: impl Into<String>, what: impl Into<String>) -> Checked {
    let fault = || Fault {
        key: key.into(),
        what: what.into(),
    };
    if holds { Ok(()) } else { Err(fault()) }
}

/// A login needs both endpoints, or metadata that names them.
fn sufficient(provider: &Provider) -> Checked {
    let discovered = provider.discovery && provider.issuer.is_some();
    if provider.embedded || discovered {
        return Ok(());
    }
    for (key, endpoint) in [
        ("authorization_endpoint", &provider.authorization_endpoint),
        ("token_endpoint", &provider.token_endpoint),
    ] {
        let what = if provider.discovery {
            "is missing; give it, or an `issuer` whose metadata names it"
        } else {
            "is missing, and `discovery = false` leaves nowhere to read it"
        };
        ensure(endpoint.is_some(), key, what)?;
    }
    ensure(
        !provider.require_pushed_authorization_requests
            || provider.pushed_authorization_request_endpoint.is_some(),
        "pushed_authorization_request_endpoint",
        "is missing, and `require_pushed_authorization_requests` is set",
    )
}

fn client(provider: &Provider) -> Checked {
    if let Some(Err(what)) = provider.client_id.as_deref().map(client_id) {
        ensure(false, "client_id", what)?;
    }
    let secret_is_sent = matches!(
        provider.client_auth,
        ClientAuth::ClientSecretBasic | ClientAuth::ClientSecretPost
    );
    let what = "needs `client_auth` to be `client_secret_post` or `client_secret_basic`";
    let holds = !provider.client_secret_required || secret_is_sent;
    ensure(holds, "client_secret_required", what)
}
